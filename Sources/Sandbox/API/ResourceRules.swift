import Foundation
import KubernetesModel

/// What one kind demands beyond its schema: the strategy of a real API server's registry.
protocol ResourceRules: Sendable {
  var nameStyle: NameStyle { get }

  /// Whether a PUT without a `resourceVersion` overwrites.
  var allowsUnconditionalUpdate: Bool { get }

  /// Whether `metadata.generation` counts the changes of what a user wants.
  var hasGeneration: Bool { get }

  /// Fills in defaults; on every write.
  func applyDefaults(_ object: inout JSONValue)

  /// Sets what a new object starts with, such as a phase.
  func prepareForCreate(_ object: inout JSONValue)

  /// Carries over what an update may not touch.
  func prepareForUpdate(_ object: inout JSONValue, old: JSONValue)

  func validate(_ object: JSONValue) -> [FieldError]

  func validateUpdate(_ object: JSONValue, old: JSONValue) -> [FieldError]
}

extension ResourceRules {
  var nameStyle: NameStyle { .subdomain }
  var allowsUnconditionalUpdate: Bool { true }
  var hasGeneration: Bool { false }
  func applyDefaults(_ object: inout JSONValue) {}
  func prepareForCreate(_ object: inout JSONValue) {}
  func prepareForUpdate(_ object: inout JSONValue, old: JSONValue) {}
  func validate(_ object: JSONValue) -> [FieldError] { [] }
  func validateUpdate(_ object: JSONValue, old: JSONValue) -> [FieldError] { [] }
}

/// Stored as it is, with the schema's check alone.
struct StoredOnlyRules: ResourceRules {
  var nameStyle = NameStyle.subdomain
  var hasGeneration = false
}

/// What `metadata.name` may be (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/).
enum NameStyle: Sendable {
  /// RFC 1123 subdomain, 253 characters.
  case subdomain
  /// RFC 1123 label, 63 characters.
  case label
  /// RFC 1035 label, 63 characters.
  case startsWithLetter
  /// Anything that can be a path segment, such as `system:node`.
  case pathSegment

  /// - Returns: What is wrong; empty where nothing is.
  func problems(_ name: String) -> [String] {
    switch self {
    case .subdomain: Self.subdomain(name)
    case .label: Self.label(name)
    case .startsWithLetter:
      Self.check(
        name, maximum: 63, pattern: "^[a-z]([-a-z0-9]*[a-z0-9])?$",
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
          + "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
          + "'[a-z]([-a-z0-9]*[a-z0-9])?')")
    case .pathSegment: Self.pathSegment(name)
    }
  }

  static func subdomain(_ name: String) -> [String] {
    check(
      name, maximum: 253, pattern: #"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"#,
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")
  }

  static func label(_ name: String) -> [String] {
    check(
      name, maximum: 63, pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
        + "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')")
  }

  private static func check(_ name: String, maximum: Int, pattern: String, _ message: String) -> [String] {
    var problems: [String] = []
    if name.utf8.count > maximum { problems.append("must be no more than \(maximum) bytes") }
    if !PatternCache.shared.matches(name, pattern) { problems.append(message) }
    return problems
  }

  private static func pathSegment(_ name: String) -> [String] {
    if name == "." || name == ".." { return ["may not be '\(name)'"] }
    return ["/", "%"].filter { name.contains($0) }.map { "may not contain '\($0)'" }
  }
}
