import Foundation
import NIOCore

struct FakeState {
  struct Grant {
    var permissions: String
    var expires: Date
  }
  var containers: [String: FakeContainer] = [:]
  var tokens: [String: Grant] = [:]
  var hasShortPages = false
  var refusal: FakeError?
  /// Grows with each write, for ETags.
  var revision: UInt64 = 0x8DD_0000_0000_0000
  var listings = 0

  mutating func newETag() -> String {
    revision += 1
    return "\"0x\(String(revision, radix: 16, uppercase: true))\""
  }
}

struct FakeContainer {
  var options: FakeAzure.ContainerOptions
  var blobs: [String: FakeBlob] = [:]
  var uncommitted: [String: FakeHeap] = [:]

  init(options: FakeAzure.ContainerOptions) {
    self.options = options
  }
}

struct FakeBlock {
  /// Encoded.
  var id: String
  var body: ByteBuffer
}

/// Blocks of a key that nobody committed. Gone a week after the last came.
struct FakeHeap {
  var blocks: [FakeBlock] = []
  var touched: Date
}

struct FakeBlob {
  /// One unnamed block where the blob came in one request.
  var blocks: [FakeBlock]
  var isFromBlocks: Bool
  var etag: String
  var created: Date
  var modified: Date
  var contentType: String
  var md5: String?
  var metadata: [(name: String, value: String)] = []
  var writeHeaders: [String: String] = [:]
  var lockedUntil: Date?
  var lockMode: String?
  var hasLegalHold = false
  var hasSnapshots = false

  var size: Int { blocks.reduce(0) { $0 + $1.body.readableBytes } }

  var body: ByteBuffer {
    var body = ByteBuffer()
    for block in blocks { body.writeImmutableBuffer(block.body) }
    return body
  }
}

/// RFC 1123.
enum FakeDate {
  static func format(_ date: Date) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents([.year, .month, .day, .weekday, .hour, .minute, .second], from: date)
    let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][(parts.weekday ?? 1) - 1]
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
      (parts.month ?? 1) - 1]
    let time = String(format: "%02d:%02d:%02d", parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0)
    return "\(day), \(String(format: "%02d", parts.day ?? 0)) \(month) \(parts.year ?? 0) \(time) GMT"
  }
}

enum FakeXML {
  static func escape(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;")
  }
}

/// Bit by bit in the table, byte by byte in the data: another way than the store's.
enum FakeCRC64 {
  private static let table: [UInt64] = (0..<256).map { byte in
    (0..<8).reduce(UInt64(byte)) { value, _ in value & 1 == 1 ? (value >> 1) ^ 0x9A6C_9329_AC4B_C9B5 : value >> 1 }
  }

  static func header(_ body: ByteBuffer) -> String {
    var crc = UInt64.max
    body.withUnsafeReadableBytes { bytes in
      table.withUnsafeBufferPointer { table in
        for byte in bytes { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ (crc >> 8) }
      }
    }
    return withUnsafeBytes(of: (~crc).littleEndian) { Data($0) }.base64EncodedString()
  }
}
