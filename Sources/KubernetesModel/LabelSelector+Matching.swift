extension LabelSelector {
  /// Why a selector means nothing.
  public struct InvalidSelector: Error, Sendable, Hashable, CustomStringConvertible {
    public let message: String

    public var description: String { message }
  }

  /// Whether an object with these labels is selected. An empty selector selects everything, as in the API.
  /// - Throws: ``InvalidSelector`` for an unknown operator or a wrong number of values.
  public func matches(_ labels: [String: String]?) throws -> Bool {
    let labels = labels ?? [:]
    for (key, value) in matchLabels ?? [:] where labels[key] != value { return false }
    for requirement in matchExpressions ?? [] where try !requirement.matches(labels) { return false }
    return true
  }

  /// The form that the `labelSelector` query parameter takes, with its terms sorted; empty where all is selected.
  /// - Throws: ``InvalidSelector`` for an unknown operator or a wrong number of values.
  public func selectorString() throws -> String {
    var terms = (matchLabels ?? [:]).map { "\($0.key)=\($0.value)" }
    for requirement in matchExpressions ?? [] { terms.append(try requirement.selectorString()) }
    return terms.sorted().joined(separator: ",")
  }
}

extension LabelSelector.Requirement {
  private enum Test { case isIn, isNotIn, exists, doesNotExist }

  private func test() throws -> Test {
    let test: Test
    switch self.operator {
    case "In": test = .isIn
    case "NotIn": test = .isNotIn
    case "Exists": test = .exists
    case "DoesNotExist": test = .doesNotExist
    default:
      throw LabelSelector.InvalidSelector(
        message: "the operator of '\(key)' is '\(self.operator)'; use In, NotIn, Exists or DoesNotExist")
    }
    let needsValues = test == .isIn || test == .isNotIn
    if needsValues == (values ?? []).isEmpty {
      throw LabelSelector.InvalidSelector(
        message: "'\(key) \(self.operator)' \(needsValues ? "needs at least one value" : "takes no values")")
    }
    return test
  }

  func matches(_ labels: [String: String]) throws -> Bool {
    switch try test() {
    case .isIn: labels[key].map { (values ?? []).contains($0) } ?? false
    // As in the API, an object without the label passes NotIn.
    case .isNotIn: labels[key].map { !(values ?? []).contains($0) } ?? true
    case .exists: labels[key] != nil
    case .doesNotExist: labels[key] == nil
    }
  }

  func selectorString() throws -> String {
    let list = (values ?? []).sorted().joined(separator: ",")
    return switch try test() {
    case .isIn: "\(key) in (\(list))"
    case .isNotIn: "\(key) notin (\(list))"
    case .exists: key
    case .doesNotExist: "!\(key)"
    }
  }
}
