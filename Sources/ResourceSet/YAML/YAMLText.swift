internal import NIOCore

/// How a text is written in YAML: bare, as a block of lines, or in double quotes.
enum YAMLText {
  /// Words that some parser takes for a truth value, nothing or a number (YAML 1.1 has more of them than 1.2).
  private static let reserved: Set<String> = [
    "true", "false", "yes", "no", "on", "off", "y", "n", "null", "inf", "nan", "infinity",
  ]

  /// Whether every parser reads the bare text as this text: it begins with a letter or slash and holds nothing special.
  static func isPlain(_ text: String) -> Bool {
    guard text.utf8.count <= 512 else { return false }
    var previous: UInt8 = 0
    for (index, byte) in text.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "/"): break
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "+"), UInt8(ascii: "@"), UInt8(ascii: "="):
        if index == 0 { return false }
      case UInt8(ascii: ":"), UInt8(ascii: " "):
        // A colon before a space or the end makes a key; so does one after it, before a comment.
        if index == 0 || previous == UInt8(ascii: " ") || previous == UInt8(ascii: ":") { return false }
      default: return false
      }
      previous = byte
    }
    let ends = previous == UInt8(ascii: ":") || previous == UInt8(ascii: " ")
    return previous != 0 && !ends && !(text.utf8.count <= 8 && reserved.contains(text.lowercased()))
  }

  /// Lines of a text that a block keeps as they are; nil where it would not, or where it is one line.
  static func block(_ text: String) -> (lines: [ArraySlice<UInt8>], endsWithNewline: Bool)? {
    let bytes = Array(text.utf8)
    let newline = UInt8(ascii: "\n")
    guard bytes.contains(newline), let first = bytes.first, first != UInt8(ascii: " "), first != newline,
      first != UInt8(ascii: "\t")
    else { return nil }
    guard isPrintable(text) else { return nil }
    var lines = bytes.split(separator: newline, omittingEmptySubsequences: false)
    let endsWithNewline = bytes.last == newline
    if endsWithNewline { lines.removeLast() }
    // More line breaks at the end, and lines of spaces, are what parsers differ about.
    guard lines.last?.isEmpty == false else { return nil }
    let isBlank = { (line: ArraySlice<UInt8>) in line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }
    guard !lines.contains(where: { !$0.isEmpty && isBlank($0) }) else { return nil }
    return (lines, endsWithNewline)
  }

  /// JSON's form of the text, which is YAML too.
  static func writeQuoted(_ text: String, into out: inout ByteBuffer) {
    out.writeStaticString("\"")
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out.writeStaticString("\\\"")
      case "\\": out.writeStaticString("\\\\")
      case "\n": out.writeStaticString("\\n")
      case "\r": out.writeStaticString("\\r")
      case "\t": out.writeStaticString("\\t")
      case _ where isPrintable(scalar): out.writeBytes(UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter)
      default: writeEscape(scalar.value, into: &out)
      }
    }
    out.writeStaticString("\"")
  }

  private static func writeEscape(_ value: UInt32, into out: inout ByteBuffer) {
    let digits = String(value, radix: 16)
    let width = value > 0xFFFF ? 8 : 4
    out.writeString((width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits)
  }

  private static func isPrintable(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || isPrintable($0) }
  }

  /// What parsers take as it stands: https://yaml.org/spec/1.2.2/#51-character-set, less what they take for a line break,
  /// and less marks that are not seen.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD: true
    case 0x1_0000...0x10_FFFF: true
    default: false
    }
  }
}
