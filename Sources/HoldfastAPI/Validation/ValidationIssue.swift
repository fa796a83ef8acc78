/// One thing that is wrong with an object: which field, what about it, and what to do.
public struct ValidationIssue: Error, Sendable, Hashable, CustomStringConvertible {
  /// A path such as `spec.sources[0].openBao.address`; empty for the object as a whole.
  public var field: String
  /// Follows the field's name: `is required; write …`. Holds no secret.
  public var message: String

  public init(field: String, message: String) {
    self.field = field
    self.message = message
  }

  public var description: String { field.isEmpty ? message : "\(field) \(message)" }
}

extension [ValidationIssue] {
  /// All issues as one sentence list for a condition's message; at most `limit` characters.
  public func summary(limit: Int = 1_024) -> String {
    var text = ""
    for (index, issue) in enumerated() {
      let next = (index == 0 ? "" : "; ") + issue.description
      guard text.count + next.count <= limit || index == 0 else { return text + "; and \(count - index) more" }
      text += next
    }
    return text
  }

  /// Adds an issue where there is a problem.
  mutating func add(_ field: String, _ problem: String?) {
    if let problem { append(ValidationIssue(field: field, message: problem)) }
  }
}
