internal import KubernetesModel
internal import NIOCore

/// Writes JSON values as YAML that people read and that every parser reads back as the same values: block style, members
/// sorted, text quoted wherever a parser of YAML 1.1 or 1.2 could take it for something else.
enum YAMLWriter {
  /// Members that come first in an object, as people write manifests.
  private static let leading = ["apiVersion", "kind", "metadata"]

  static func document(_ value: JSONValue) -> ByteBuffer {
    var out = ByteBuffer()
    switch value {
    case .object(let members) where !members.isEmpty: write(members, indent: 0, isTop: true, into: &out)
    case .array(let items) where !items.isEmpty: write(items, indent: 0, into: &out)
    default:
      writeScalar(value, indent: 0, into: &out)
    }
    return out
  }

  private static func write(
    _ members: [String: JSONValue], indent: Int, isTop: Bool = false, into out: inout ByteBuffer
  ) {
    var keys = members.keys.sorted()
    if isTop {
      let first = leading.filter { members[$0] != nil }
      keys = first + keys.filter { !first.contains($0) }
    }
    for (index, key) in keys.enumerated() {
      if index > 0 || !isTop || indent > 0 { pad(index == 0 && !isTop ? 0 : indent, into: &out) }
      writeKey(key, indent: indent, into: &out)
      out.writeStaticString(":")
      writeMember(members[key] ?? .null, indent: indent, into: &out)
    }
  }

  /// A bare or quoted key ends at 1,024 characters; a longer one is marked as a key.
  private static func writeKey(_ key: String, indent: Int, into out: inout ByteBuffer) {
    guard key.utf8.count > 500 else { return writeText(key, indent: nil, into: &out) }
    out.writeStaticString("? ")
    YAMLText.writeQuoted(key, into: &out)
    out.writeStaticString("\n")
    pad(indent, into: &out)
  }

  /// What follows `key:`.
  private static func writeMember(_ value: JSONValue, indent: Int, into out: inout ByteBuffer) {
    switch value {
    case .object(let members) where !members.isEmpty:
      out.writeStaticString("\n")
      pad(indent + 2, into: &out)
      write(members, indent: indent + 2, into: &out)
    case .array(let items) where !items.isEmpty:
      out.writeStaticString("\n")
      write(items, indent: indent, into: &out)
    default:
      out.writeStaticString(" ")
      writeScalar(value, indent: indent + 2, into: &out)
    }
  }

  private static func write(_ items: [JSONValue], indent: Int, into out: inout ByteBuffer) {
    for item in items {
      pad(indent, into: &out)
      out.writeStaticString("-")
      switch item {
      case .object(let members) where !members.isEmpty:
        out.writeStaticString(" ")
        write(members, indent: indent + 2, into: &out)
      case .array(let inner) where !inner.isEmpty:
        out.writeStaticString("\n")
        write(inner, indent: indent + 2, into: &out)
      default:
        out.writeStaticString(" ")
        writeScalar(item, indent: indent + 2, into: &out)
      }
    }
  }

  /// A value that is one line, or a block of lines at `indent`; ends with a line break.
  private static func writeScalar(_ value: JSONValue, indent: Int, into out: inout ByteBuffer) {
    switch value {
    case .null: out.writeStaticString("null")
    case .bool(let flag): out.writeString(flag ? "true" : "false")
    case .integer(let number): out.writeString(String(number))
    case .number(let number): out.writeString(text(of: number))
    case .string(let text):
      writeText(text, indent: indent, into: &out)
      return out.writeNewline(unlessThere: true)
    case .array: out.writeStaticString("[]")
    case .object: out.writeStaticString("{}")
    }
    out.writeStaticString("\n")
  }

  // `1e-07` without a point is text to some parsers.
  private static func text(of number: Double) -> String {
    let text = "\(number)"
    guard let exponent = text.firstIndex(of: "e"), !text[..<exponent].contains(".") else { return text }
    return "\(text[..<exponent]).0\(text[exponent...])"
  }

  /// - Parameter indent: Where a block of lines may go; nil for a key, which is one line.
  private static func writeText(_ text: String, indent: Int?, into out: inout ByteBuffer) {
    if YAMLText.isPlain(text) {
      out.writeString(text)
    } else if let indent, indent > 0, let block = YAMLText.block(text) {
      out.writeStaticString(block.endsWithNewline ? "|\n" : "|-\n")
      for line in block.lines {
        if !line.isEmpty { pad(indent, into: &out) }
        out.writeBytes(line)
        out.writeStaticString("\n")
      }
    } else {
      YAMLText.writeQuoted(text, into: &out)
    }
  }

  private static func pad(_ count: Int, into out: inout ByteBuffer) {
    out.writeRepeatingByte(UInt8(ascii: " "), count: count)
  }
}

extension ByteBuffer {
  fileprivate mutating func writeNewline(unlessThere: Bool) {
    let last = getInteger(at: writerIndex - 1, as: UInt8.self)
    if last != UInt8(ascii: "\n") { writeStaticString("\n") }
  }
}
