/// A value as OpenZiti's storage writes it: a byte for the type, and the payload in little-endian order.
///
/// Source: github.com/openziti/storage, boltz/typed_bucket.go.
enum TypedValue: Hashable {
  case bool(Bool)
  case int32(Int32)
  case int64(Int64)
  case string(String)
  /// A floating-point number, a time, nothing, or a type of a later version.
  case other

  /// - Returns: Nil where the payload does not fit the type.
  init?(_ bytes: [UInt8]) {
    guard let type = bytes.first else { return nil }
    let payload = bytes.dropFirst()
    switch type {
    case 1:
      guard payload.count == 1, let flag = payload.first else { return nil }
      self = .bool(flag != 0)
    case 2:
      guard let value = Self.integer(payload, UInt32.self) else { return nil }
      self = .int32(Int32(bitPattern: value))
    case 3:
      guard let value = Self.integer(payload, UInt64.self) else { return nil }
      self = .int64(Int64(bitPattern: value))
    case 5:
      guard let text = String(validating: payload, as: UTF8.self) else { return nil }
      self = .string(text)
    default: self = .other
    }
  }

  private static func integer<Value: FixedWidthInteger & UnsignedInteger>(
    _ payload: ArraySlice<UInt8>, _ type: Value.Type
  ) -> Value? {
    guard payload.count == MemoryLayout<Value>.size else { return nil }
    return payload.reversed().reduce(0) { $0 << 8 | Value($1) }
  }

  var integer: Int64? {
    switch self {
    case .int32(let value): Int64(value)
    case .int64(let value): value
    default: nil
    }
  }

  var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  var flag: Bool? {
    guard case .bool(let flag) = self else { return nil }
    return flag
  }

  /// The bytes of a boolean, for a probe.
  var bytes: [UInt8] {
    switch self {
    case .bool(let flag): [1, flag ? 1 : 0]
    default: []
    }
  }
}
