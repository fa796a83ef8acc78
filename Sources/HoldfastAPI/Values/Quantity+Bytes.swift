import KubernetesModel

extension IntOrString {
  /// Bytes of an integer or of a quantity such as `20Mi`; nil where it is not a whole number of bytes.
  var bytes: Int64? {
    switch self {
    case .int(let value): value
    case .string(let text): (try? Quantity(text))?.exactInteger
    }
  }
}
