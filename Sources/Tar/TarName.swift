/// A path in an archive, or a link's target: bytes without a NUL, for a file system's names need not be text.
public struct TarName: Sendable, Hashable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible {
  public var bytes: [UInt8]

  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
  public init(_ text: String) { bytes = Array(text.utf8) }
  public init(stringLiteral text: String) { self.init(text) }

  /// The name as text; nil where it is not UTF-8.
  public var string: String? { String(validating: bytes, as: UTF8.self) }

  /// For people: control characters and bytes that are not UTF-8 are escaped, long names are cut.
  public var description: String {
    var text = ""
    for scalar in String(decoding: bytes.prefix(512), as: UTF8.self).unicodeScalars {
      // Also the marks that change the direction of text, which can make a name look like another one.
      let isHidden = scalar.properties.generalCategory == .format || scalar.properties.generalCategory == .control
      text += isHidden ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
    return bytes.count > 512 ? text + "…" : text
  }

  public static func < (left: TarName, right: TarName) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }

  /// Why a program that extracts the archive must not follow this name without care.
  public enum Hazard: String, Sendable, Hashable {
    /// The name begins with a slash.
    case absolute
    /// A component is `..`.
    case parent
    /// The name is empty, or holds a NUL.
    case malformed
  }

  public var hazard: Hazard? {
    if bytes.isEmpty || bytes.contains(0) { return .malformed }
    if bytes[0] == UInt8(ascii: "/") { return .absolute }
    return bytes.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) } ? .parent : nil
  }

  /// After the last slash that is not the last byte.
  var lastComponent: [UInt8] { Array(bytes.split(separator: UInt8(ascii: "/")).last ?? []) }

  var isASCII: Bool { bytes.allSatisfy { $0 < 0x80 } }
}
