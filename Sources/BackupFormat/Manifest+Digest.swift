internal import Crypto
import Foundation

/// The manifest's own digest: the member `manifestSHA256` is the SHA-256 of the manifest's bytes with 64 zeros in its place.
///
/// It tells damage, in members that nothing else speaks for too. Who can write the bucket can make it anew: what that does
/// not help with is the age layer.
extension Manifest {
  /// The first minor version whose manifests have the digest.
  static let digestMinorVersion = 1
  static let digestMember = "manifestSHA256"
  static let digestPlaceholder = String(repeating: "0", count: 64)

  /// The manifest with the member in place, not yet computed.
  struct WithPlaceholder: Encodable {
    var manifest: Manifest

    private struct Key: CodingKey {
      var stringValue: String { Manifest.digestMember }
      var intValue: Int? { nil }
      init() {}
      init?(stringValue: String) {}
      init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
      try manifest.encode(to: encoder)
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(Manifest.digestPlaceholder, forKey: Key())
    }
  }

  /// Puts the digest in.
  /// - Throws: ``ManifestError`` where there is not exactly one member for it.
  static func sealed(_ data: Data) throws(ManifestError) -> Data {
    guard let place = placeOfDigest(in: data) else { throw damaged("it has no place for its digest") }
    var data = data
    data.replaceSubrange(place, with: digest(of: data, at: place).utf8)
    return data
  }

  /// - Parameter isRequired: Whether a manifest of this version has to have one.
  static func checkDigest(of data: Data, isRequired: Bool) throws(ManifestError) {
    guard let place = placeOfDigest(in: data) else {
      if isRequired { throw damaged("its member \(digestMember) is missing, or there twice") }
      return
    }
    guard data[place].elementsEqual(digest(of: data, at: place).utf8) else {
      throw damaged("its bytes are not those that \(digestMember) speaks for")
    }
  }

  private static func digest(of data: Data, at place: Range<Data.Index>) -> String {
    var hash = SHA256()
    hash.update(data: data[data.startIndex..<place.lowerBound])
    hash.update(data: Data(digestPlaceholder.utf8))
    hash.update(data: data[place.upperBound...])
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The 64 characters of the digest; nil where the member is not there exactly once.
  private static func placeOfDigest(in data: Data) -> Range<Data.Index>? {
    let name = Data("\"\(digestMember)\"".utf8)
    guard let found = data.range(of: name), data.range(of: name, in: found.upperBound..<data.endIndex) == nil else {
      return nil
    }
    let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
    var index = found.upperBound
    func skipBlanks() { while index < data.endIndex, blanks.contains(data[index]) { index += 1 } }
    func take(_ byte: UInt8) -> Bool {
      guard index < data.endIndex, data[index] == byte else { return false }
      index += 1
      return true
    }
    skipBlanks()
    guard take(UInt8(ascii: ":")) else { return nil }
    skipBlanks()
    guard take(UInt8(ascii: "\"")), index + 64 < data.endIndex, data[index + 64] == UInt8(ascii: "\"") else {
      return nil
    }
    return index..<(index + 64)
  }

  private static func damaged(_ what: String) -> ManifestError {
    ManifestError(code: .malformed, message: "the manifest is damaged: \(what)")
  }
}
