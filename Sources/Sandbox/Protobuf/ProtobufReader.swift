/// The protobuf wire format (https://protobuf.dev/programming-guides/encoding/), read without ever trusting a length.
struct ProtobufReader {
  struct FormatError: Error { let message: String }

  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes(ArraySlice<UInt8>)
    case fixed32(UInt32)
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// - Returns: nil at the end.
  mutating func next() throws(FormatError) -> (number: Int, value: Value)? {
    if rest.isEmpty { return nil }
    let key = try varint()
    guard key >> 3 > 0, key >> 3 <= 0x1FFF_FFFF else { throw FormatError(message: "bad field number") }
    let number = Int(key >> 3)
    switch key & 7 {
    case 0: return (number, .varint(try varint()))
    case 1: return (number, .fixed64(try fixed(8)))
    case 2:
      let length = try varint()
      guard length <= UInt64(rest.count) else { throw FormatError(message: "unexpected end") }
      let bytes = rest.prefix(Int(length))
      rest = rest.dropFirst(Int(length))
      return (number, .bytes(bytes))
    case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
    default: throw FormatError(message: "unknown wire type \(key & 7)")
    }
  }

  private mutating func varint() throws(FormatError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard let byte = rest.popFirst() else { throw FormatError(message: "unexpected end") }
      if shift < 64 { value |= UInt64(byte & 0x7F) << UInt64(shift) }
      if byte & 0x80 == 0 { return value }
    }
    throw FormatError(message: "a number of more than ten bytes")
  }

  private mutating func fixed(_ count: Int) throws(FormatError) -> UInt64 {
    guard rest.count >= count else { throw FormatError(message: "unexpected end") }
    var value: UInt64 = 0
    for (index, byte) in rest.prefix(count).enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
    rest = rest.dropFirst(count)
    return value
  }
}
