/// A `resource.Quantity`: a number with a binary (`Mi`) or decimal (`M`, `m`, `e3`) suffix.
///
/// The text is kept as it was written; two quantities are equal where their values are, whatever their texts
/// (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
public struct Quantity: Sendable, CustomStringConvertible {
  /// Why a text is not a quantity.
  public struct ParseError: Error, Sendable, Hashable, CustomStringConvertible {
    public let text: String
    public let message: String

    public var description: String { "'\(text)' is not a quantity: \(message)" }
  }

  public let description: String

  // value = coefficient * 10^power10 * 2^power2, exactly. The coefficient has no trailing zero.
  private let coefficient: Int128
  private let power10: Int
  private let power2: Int

  /// - Parameter text: For example `10Mi`, `1.5G`, `250m`, `1e3`.
  /// - Throws: ``ParseError`` where the text has another form, more than 30 digits or an exponent beyond ±50.
  public init(_ text: String) throws {
    func failure(_ message: String) -> ParseError { ParseError(text: text, message: message) }
    var rest = Substring(text)
    var negative = false
    if let sign = rest.first, sign == "+" || sign == "-" {
      negative = sign == "-"
      rest.removeFirst()
    }
    let whole = rest.prefix(while: \.isASCIIDigit)
    rest = rest[whole.endIndex...]
    var fraction: Substring = ""
    if rest.first == "." {
      rest.removeFirst()
      fraction = rest.prefix(while: \.isASCIIDigit)
      rest = rest[fraction.endIndex...]
    }
    guard !whole.isEmpty || !fraction.isEmpty else { throw failure("it has no digits") }
    let digits = whole + fraction
    guard digits.count <= 30, var value = Int128(digits) else { throw failure("it has more than 30 digits") }
    guard let suffix = Self.suffix(rest) else {
      throw failure("unknown suffix '\(rest)'; use Ki, Mi, Gi, Ti, Pi, Ei, n, u, m, k, M, G, T, P, E or an exponent")
    }
    var power10 = suffix.power10 - fraction.count
    while value != 0, value % 10 == 0 {
      value /= 10
      power10 += 1
    }
    self.description = text
    self.coefficient = negative ? -value : value
    self.power10 = value == 0 ? 0 : power10
    self.power2 = value == 0 ? 0 : suffix.power2
  }

  /// A whole number, written without a suffix.
  public init(_ value: Int64) {
    var rest = Int128(value)
    var power10 = 0
    while rest != 0, rest % 10 == 0 {
      rest /= 10
      power10 += 1
    }
    self.description = String(value)
    self.coefficient = rest
    self.power10 = power10
    self.power2 = 0
  }

  /// The value where it is whole and fits; nil otherwise.
  public var exactInteger: Int64? {
    guard let (numerator, denominator) = ratio, numerator % denominator == 0 else { return nil }
    return Int64(exactly: numerator / denominator)
  }

  /// The value rounded away from zero to a whole number, as the API server's `Value()` does; nil where it does not fit.
  public var roundedInteger: Int64? {
    guard let (numerator, denominator) = ratio else { return nil }
    let quotient = numerator / denominator
    let remainder = numerator % denominator
    return Int64(exactly: remainder == 0 ? quotient : quotient + (numerator < 0 ? -1 : 1))
  }

  /// The nearest double.
  public var doubleValue: Double {
    if let (numerator, denominator) = ratio { return Double(numerator) / Double(denominator) }
    var value = Double(coefficient)
    for _ in 0..<power2 { value *= 2 }
    for _ in 0..<abs(power10) { value = power10 < 0 ? value / 10 : value * 10 }
    return value
  }

  /// Numerator and denominator; nil where the numerator passes 127 bits.
  private var ratio: (Int128, Int128)? {
    var numerator = coefficient
    var denominator: Int128 = 1
    for _ in 0..<power2 {
      let (product, overflow) = numerator.multipliedReportingOverflow(by: 2)
      if overflow { return nil }
      numerator = product
    }
    for _ in 0..<abs(power10) {
      let (product, overflow) = (power10 < 0 ? denominator : numerator).multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      if power10 < 0 { denominator = product } else { numerator = product }
    }
    return (numerator, denominator)
  }

  private static func suffix(_ text: Substring) -> (power10: Int, power2: Int)? {
    switch text {
    case "": return (0, 0)
    case "n": return (-9, 0)
    case "u": return (-6, 0)
    case "m": return (-3, 0)
    case "k": return (3, 0)
    case "M": return (6, 0)
    case "G": return (9, 0)
    case "T": return (12, 0)
    case "P": return (15, 0)
    case "E": return (18, 0)
    case "Ki": return (0, 10)
    case "Mi": return (0, 20)
    case "Gi": return (0, 30)
    case "Ti": return (0, 40)
    case "Pi": return (0, 50)
    case "Ei": return (0, 60)
    default:
      guard let first = text.first, first == "e" || first == "E", let exponent = Int(text.dropFirst()),
        (-50...50).contains(exponent)
      else { return nil }
      return (exponent, 0)
    }
  }
}

extension Quantity: Hashable {
  public static func == (left: Quantity, right: Quantity) -> Bool {
    if let a = left.ratio, let b = right.ratio {
      let (x, overflowX) = a.0.multipliedReportingOverflow(by: b.1)
      let (y, overflowY) = b.0.multipliedReportingOverflow(by: a.1)
      if !overflowX, !overflowY { return x == y }
    }
    return left.doubleValue == right.doubleValue
  }

  // Equal values have equal doubles, since both are the correctly rounded quotient of the same number or its
  // approximation; unequal ones may collide, which a hash allows.
  public func hash(into hasher: inout Hasher) { hasher.combine(Float(doubleValue)) }
}

extension Quantity: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int64.self) {
      self.init(number)
      return
    }
    let text = (try? container.decode(Double.self)).map { "\($0)" }
    do {
      try self.init(text ?? container.decode(String.self))
    } catch let error as ParseError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Quantity: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int64) { self.init(value) }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
