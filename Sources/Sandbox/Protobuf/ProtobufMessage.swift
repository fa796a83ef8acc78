/// The fields of one protobuf message, as they are on the wire (https://protobuf.dev/programming-guides/encoding/).
struct ProtobufMessage {
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes(ArraySlice<UInt8>)
  }

  struct Malformed: Error {}

  /// By field number, in the order of the wire.
  private(set) var fields: [Int: [Value]] = [:]

  /// - Throws: ``Malformed`` where the bytes are no message.
  init(_ bytes: ArraySlice<UInt8>) throws(Malformed) {
    var rest = bytes
    while !rest.isEmpty {
      let tag = try Self.varint(&rest)
      guard let number = Int(exactly: tag >> 3), number > 0 else { throw Malformed() }
      let value: Value
      switch tag & 7 {
      case 0: value = .varint(try Self.varint(&rest))
      case 1: value = .fixed64(try Self.littleEndian(&rest, count: 8))
      case 2:
        guard let count = Int(exactly: try Self.varint(&rest)), count <= rest.count else { throw Malformed() }
        value = .bytes(rest.prefix(count))
        rest = rest.dropFirst(count)
      case 5: value = .fixed32(UInt32(truncatingIfNeeded: try Self.littleEndian(&rest, count: 4)))
      default: throw Malformed()
      }
      fields[number, default: []].append(value)
    }
  }

  /// The last value of a field, which is the one that counts.
  subscript(number: Int) -> Value? { fields[number]?.last }

  func bytes(_ number: Int) -> ArraySlice<UInt8>? {
    if case .bytes(let bytes)? = self[number] { bytes } else { nil }
  }

  func integer(_ number: Int) -> Int64? {
    if case .varint(let value)? = self[number] { Int64(bitPattern: value) } else { nil }
  }

  func text(_ number: Int) -> String? { bytes(number).map { String(decoding: $0, as: UTF8.self) } }

  static func varint(_ bytes: inout ArraySlice<UInt8>) throws(Malformed) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard let byte = bytes.popFirst() else { throw Malformed() }
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte & 0x80 == 0 { return value }
    }
    throw Malformed()
  }

  private static func littleEndian(_ bytes: inout ArraySlice<UInt8>, count: Int) throws(Malformed) -> UInt64 {
    guard bytes.count >= count else { throw Malformed() }
    var value: UInt64 = 0
    for (index, byte) in bytes.prefix(count).enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
    bytes = bytes.dropFirst(count)
    return value
  }
}
