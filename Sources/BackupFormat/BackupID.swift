public import Foundation

/// A backup's id: `20261121T030000Z-k3x9ab`, the start in UTC and six random base32 characters. Ids sort by time.
public struct BackupID: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// RFC 4648 base32 in lower case.
  static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

  public let rawValue: String
  /// When the run began, to the second.
  public let date: Date

  public init(date: Date, using generator: inout some RandomNumberGenerator) {
    let suffix = (0..<6).map { _ in Self.alphabet[Int.random(in: 0..<32, using: &generator)] }
    self.init(date: date, suffix: String(decoding: suffix, as: UTF8.self))
  }

  private init(date: Date, suffix: String) {
    let whole = Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down))
    self.date = whole
    self.rawValue = Self.stamp(whole) + "-" + suffix
  }

  /// - Returns: nil where `text` is not an id.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 23, bytes[16] == 0x2D, bytes[17...].allSatisfy(Self.isSuffixCharacter),
      let date = Self.date(fromStamp: String(decoding: bytes[..<16], as: UTF8.self))
    else { return nil }
    self.rawValue = text
    self.date = date
  }

  public var description: String { rawValue }

  public static func < (left: BackupID, right: BackupID) -> Bool { left.rawValue < right.rawValue }

  /// Readers take any lower-case letter or digit, so that ids written by hand or by later versions are accepted.
  private static func isSuffixCharacter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
  }

  private static func stamp(_ date: Date) -> String {
    date.formatted(style).filter { $0 != "-" && $0 != ":" }
  }

  private static func date(fromStamp stamp: String) -> Date? {
    let characters = Array(stamp)
    guard characters.count == 16, characters[8] == "T", characters[15] == "Z",
      (characters[..<8] + characters[9..<15]).allSatisfy({ $0.isASCII && $0.isNumber })
    else { return nil }
    let text =
      "\(String(characters[0..<4]))-\(String(characters[4..<6]))-\(String(characters[6..<8]))T"
      + "\(String(characters[9..<11])):\(String(characters[11..<13])):\(String(characters[13..<15]))Z"
    guard let date = try? style.parse(text), Self.stamp(date) == stamp else { return nil }
    return date
  }

  private static let style = Date.ISO8601FormatStyle(timeZone: .gmt)
}

extension BackupID: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let id = BackupID(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not a backup id")
    }
    self = id
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}
