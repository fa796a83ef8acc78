import KubernetesModel
import NIOCore

/// Writes JSON text with sorted keys.
enum JSONWriter {
  static func buffer(_ value: JSONValue) -> ByteBuffer { ByteBuffer(bytes: bytes(value)) }

  static func text(_ value: JSONValue) -> String { String(decoding: bytes(value), as: UTF8.self) }

  static func bytes(_ value: JSONValue) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(512)
    write(value, into: &output)
    return output
  }

  private static func write(_ value: JSONValue, into output: inout [UInt8]) {
    switch value {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): output.append(contentsOf: String(value).utf8)
    case .number(let value): write(value, into: &output)
    case .string(let value): write(value, into: &output)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        write(element, into: &output)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let members):
      output.append(UInt8(ascii: "{"))
      for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        write(member.key, into: &output)
        output.append(UInt8(ascii: ":"))
        write(member.value, into: &output)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ value: Double, into output: inout [UInt8]) {
    if let integer = Int64(exactly: value) {
      output.append(contentsOf: String(integer).utf8)
    } else {
      output.append(contentsOf: "\(value)".utf8)
    }
  }

  private static func write(_ text: String, into output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { bytes in
      if bytes.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
        output.append(contentsOf: bytes)
        return
      }
      for byte in bytes { escape(byte, into: &output) }
    }
    output.append(UInt8(ascii: "\""))
  }

  private static func escape(_ byte: UInt8, into output: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""): output.append(contentsOf: "\\\"".utf8)
    case UInt8(ascii: "\\"): output.append(contentsOf: "\\\\".utf8)
    case 0x0A: output.append(contentsOf: "\\n".utf8)
    case 0x0D: output.append(contentsOf: "\\r".utf8)
    case 0x09: output.append(contentsOf: "\\t".utf8)
    case 0..<0x20:
      let digits = String(byte, radix: 16)
      output.append(contentsOf: "\\u00".utf8)
      if digits.utf8.count == 1 { output.append(UInt8(ascii: "0")) }
      output.append(contentsOf: digits.utf8)
    default: output.append(byte)
    }
  }
}
