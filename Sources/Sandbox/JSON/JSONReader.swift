import KubernetesModel

/// Parses JSON text into values, strictly (RFC 8259), and tells which members occur twice.
///
/// An own parser, since strict field validation has to name duplicate members, which Foundation's drops silently.
struct JSONReader {
  struct SyntaxError: Error {
    var message: String
  }

  /// The paths of members that an object names twice, such as `spec.schedule`; the last one counts.
  private(set) var duplicates: [String] = []

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var path: [String] = []
  private static let maximumDepth = 512

  private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// - Throws: ``SyntaxError`` where the text is not exactly one JSON value.
  static func parse(_ text: some Sequence<UInt8>) throws(SyntaxError) -> (value: JSONValue, duplicates: [String]) {
    let result: Result<(JSONValue, [String]), SyntaxError> = Array(text).withUnsafeBufferPointer { buffer in
      var reader = JSONReader(buffer)
      do throws(SyntaxError) {
        let value = try reader.value()
        reader.skipSpace()
        guard reader.position == buffer.count else { throw reader.failure("unexpected text after the value") }
        return .success((value, reader.duplicates))
      } catch {
        return .failure(error)
      }
    }
    let (value, duplicates) = try result.get()
    return (value, duplicates)
  }

  private func failure(_ message: String) -> SyntaxError {
    SyntaxError(message: "\(message) at offset \(position)")
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func value() throws(SyntaxError) -> JSONValue {
    skipSpace()
    guard position < bytes.count else { throw failure("unexpected end of JSON input") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: return try number()
    }
  }

  private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(SyntaxError) -> JSONValue {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count else { throw failure("unexpected end of JSON input") }
    for index in 0..<count where bytes[position + index] != text.utf8Start[index] {
      throw failure("invalid character '\(Unicode.Scalar(bytes[position]))'")
    }
    position += count
    return value
  }

  private mutating func object() throws(SyntaxError) -> JSONValue {
    guard path.count < Self.maximumDepth else { throw failure("exceeded max depth") }
    position += 1
    var members: [String: JSONValue] = [:]
    skipSpace()
    if try take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw failure("expected a member name")
      }
      let name = try string()
      skipSpace()
      guard try take(UInt8(ascii: ":")) else { throw failure("expected ':' after a member name") }
      path.append(path.isEmpty ? name : ".\(name)")
      let value = try value()
      if members.updateValue(value, forKey: name) != nil { duplicates.append(path.joined()) }
      path.removeLast()
      skipSpace()
      if try take(UInt8(ascii: ",")) { continue }
      if try take(UInt8(ascii: "}")) { return .object(members) }
      throw failure("expected ',' or '}' in an object")
    }
  }

  private mutating func array() throws(SyntaxError) -> JSONValue {
    guard path.count < Self.maximumDepth else { throw failure("exceeded max depth") }
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if try take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      path.append("[\(elements.count)]")
      elements.append(try value())
      path.removeLast()
      skipSpace()
      if try take(UInt8(ascii: ",")) { continue }
      if try take(UInt8(ascii: "]")) { return .array(elements) }
      throw failure("expected ',' or ']' in an array")
    }
  }

  private mutating func take(_ byte: UInt8) throws(SyntaxError) -> Bool {
    guard position < bytes.count else { throw failure("unexpected end of JSON input") }
    guard bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func number() throws(SyntaxError) -> JSONValue {
    let start = position
    var isInteger = true
    scan: while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
      case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"): isInteger = false
      default: break scan
      }
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int64(text) { return .integer(value) }
    guard let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first),
      text.utf8.last != UInt8(ascii: "."), let value = Double(text), value.isFinite
    else {
      position = start
      throw failure("invalid value")
    }
    return .number(value)
  }

  private mutating func string() throws(SyntaxError) -> String {
    position += 1
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        position += 1
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case 0..<0x20: throw failure("control character in a string")
      default: position += 1
      }
    }
    throw failure("unexpected end of JSON input")
  }

  private mutating func escapedString(from start: Int) throws(SyntaxError) -> String {
    var text = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw failure("control character in a string")
      default: text.append(byte)
      }
    }
    throw failure("unexpected end of JSON input")
  }

  private mutating func escape(into text: inout [UInt8]) throws(SyntaxError) {
    guard position < bytes.count else { throw failure("unexpected end of JSON input") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: String(try unicodeEscape()).utf8)
    default: throw failure("invalid escape in a string")
    }
  }

  private mutating func unicodeEscape() throws(SyntaxError) -> Character {
    let replacement: Character = "\u{FFFD}"
    let first = try hexadecimal()
    if !(0xD800...0xDFFF).contains(first) { return Unicode.Scalar(first).map(Character.init) ?? replacement }
    // A high surrogate needs its low one; a lone surrogate becomes U+FFFD, as Go's decoder does it.
    guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    else { return replacement }
    position += 2
    let second = try hexadecimal()
    guard (0xDC00...0xDFFF).contains(second) else { return replacement }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)).map(Character.init) ?? replacement
  }

  private mutating func hexadecimal() throws(SyntaxError) -> UInt32 {
    guard position + 4 <= bytes.count,
      let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw failure("invalid \\u escape") }
    position += 4
    return value
  }
}
