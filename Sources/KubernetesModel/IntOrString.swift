/// `intstr.IntOrString`: a number, or text such as a quantity or a percentage.
public enum IntOrString: Codable, Sendable, Hashable {
  case int(Int64)
  case string(String)

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Int64.self) {
      self = .int(value)
    } else {
      self = .string(try container.decode(String.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .int(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    }
  }
}

extension IntOrString: CustomStringConvertible, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  public var description: String {
    switch self {
    case .int(let value): String(value)
    case .string(let value): value
    }
  }

  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(stringLiteral value: String) { self = .string(value) }

  /// The value as a quantity, whether it is written as a number or as text.
  /// - Throws: ``Quantity/ParseError``.
  public func quantity() throws -> Quantity {
    switch self {
    case .int(let value): Quantity(value)
    case .string(let text): try Quantity(text)
    }
  }
}
