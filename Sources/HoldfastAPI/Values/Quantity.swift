public import KubernetesModel

/// Whole bytes as Kubernetes writes quantities: `20Mi`, `1G`, `5e6`, `10485760`
/// (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
public enum Quantity {
  private static let suffixes: [String: Int64] = [
    "": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000, "P": 1_000_000_000_000_000,
    "E": 1_000_000_000_000_000_000,
    "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "Ei": 1 << 60,
  ]

  /// - Returns: nil where `text` is no quantity, is not a whole number of bytes, or passes 2^63 - 1.
  public static func bytes(_ text: String) -> Int64? {
    guard let number = Number(text), let unit = suffixes[number.suffix] else { return nil }
    // value = digits x unit / 10^scale
    guard let digits = Int64(number.digits) else { return nil }
    let (product, overflow) = digits.multipliedReportingOverflow(by: unit)
    if !overflow {
      guard let divisor = power(number.scale) else { return digits == 0 ? 0 : nil }
      return product.isMultiple(of: divisor) ? product / divisor : nil
    }
    return nil
  }

  /// Bytes of an integer or a quantity; nil where it is not a whole number of bytes.
  public static func bytes(_ value: IntOrString) -> Int64? {
    switch value {
    case .int(let value): value
    case .string(let text): bytes(text)
    }
  }

  /// Whether `text` is any quantity, also one that is no whole number such as `100m`.
  static func isQuantity(_ text: String) -> Bool {
    guard let number = Number(text) else { return false }
    return suffixes[number.suffix] != nil || ["m", "u", "n"].contains(number.suffix)
  }

  private static func power(_ exponent: Int) -> Int64? {
    guard exponent <= 18 else { return nil }
    return (0..<exponent).reduce(1) { value, _ in value * 10 }
  }

  /// A quantity taken apart: the digits without the point, how many of them are behind it, and the suffix.
  private struct Number {
    var digits: String
    var scale: Int
    var suffix: String

    init?(_ text: String) {
      var rest = Substring(text)
      var sign = ""
      if let first = rest.first, "+-".contains(first) {
        sign = first == "-" ? "-" : ""
        rest = rest.dropFirst()
      }
      let whole = rest.prefix { $0.isASCIIDigit }
      rest = rest.dropFirst(whole.count)
      var fraction: Substring = ""
      if rest.first == "." {
        rest = rest.dropFirst()
        fraction = rest.prefix { $0.isASCIIDigit }
        rest = rest.dropFirst(fraction.count)
      }
      guard !(whole.isEmpty && fraction.isEmpty) else { return nil }
      digits = sign + whole + fraction
      scale = fraction.count
      suffix = String(rest)
      // `5e6` and `5E6` are exponents, `5E` is exa.
      if let first = rest.first, "eE".contains(first), let exponent = Int(rest.dropFirst()), abs(exponent) <= 18 {
        suffix = ""
        if exponent >= scale {
          digits += String(repeating: "0", count: exponent - scale)
          scale = 0
        } else {
          scale -= exponent
        }
      }
    }
  }
}
