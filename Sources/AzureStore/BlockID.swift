import Foundation
import ObjectStore

/// The name of a block: which upload it belongs to, when that began, and the part's number.
///
/// Azure knows no uploads: blocks that are not committed are one heap for each key. The upload's random id in each name
/// keeps two uploads of one key apart, and its time tells how old the heap is, which Azure does not say. All names have
/// one length, as Azure wants it, and no padding in base64.
/// https://learn.microsoft.com/rest/api/storageservices/put-block#uri-parameters
struct BlockID: Sendable, Hashable {
  /// `<seconds since 1970>-<random>`, both in hex.
  var upload: String
  /// 0 for the block that an upload begins with.
  var number: Int

  private static let mark = "hf1-"

  init(upload: String, number: Int) {
    self.upload = upload
    self.number = number
  }

  static func newUpload(_ date: Date, random: UInt64 = .random(in: .min ... .max)) -> String {
    String(format: "%08x-%016llx", UInt32(clamping: Int64(date.timeIntervalSince1970)), random)
  }

  /// 36 bytes, 48 in base64.
  var encoded: String {
    Data((Self.mark + upload + String(format: "-%06d", number)).utf8).base64EncodedString()
  }

  /// nil for a block that another program sent.
  init?(encoded: String) {
    guard let data = Data(base64Encoded: encoded), data.count == 36,
      let text = String(data: data, encoding: .utf8), text.hasPrefix(Self.mark)
    else { return nil }
    let parts = text.dropFirst(Self.mark.count).split(separator: "-")
    guard parts.count == 3, parts[0].count == 8, let number = Int(parts[2]) else { return nil }
    self.init(upload: "\(parts[0])-\(parts[1])", number: number)
  }

  var started: Date? {
    UInt32(upload.prefix { $0 != "-" }, radix: 16).map { Date(timeIntervalSince1970: Double($0)) }
  }
}
