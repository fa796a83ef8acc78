import KubernetesModel

/// Validates `metadata` (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/).
enum MetadataRules {
  static func validate(_ object: JSONValue, _ resource: ServedResource) -> [FieldError] {
    let metadata = object["metadata"] ?? [:]
    let path = FieldPath("metadata")
    var errors: [FieldError] = []
    let name = metadata["name"]?.stringValue ?? ""
    if name.isEmpty {
      errors.append(.required(path.child("name"), "name or generateName is required"))
    } else {
      errors += resource.rules.nameStyle.problems(name).map { .invalid(path.child("name"), .string(name), $0) }
    }
    errors += labels(metadata["labels"], path.child("labels"))
    errors += annotations(metadata["annotations"], path.child("annotations"))
    errors += finalizers(metadata["finalizers"], path.child("finalizers"))
    errors += ownerReferences(metadata["ownerReferences"], path.child("ownerReferences"))
    return errors
  }

  static func labels(_ labels: JSONValue?, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    for (key, value) in (labels?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
      errors += qualifiedName(key).map { .invalid(path, .string(key), $0) }
      errors += labelValue(value.stringValue ?? "").map { .invalid(path, value, $0) }
    }
    return errors
  }

  private static func annotations(_ annotations: JSONValue?, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    var total = 0
    for (key, value) in (annotations?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
      errors += qualifiedName(key.lowercased()).map { .invalid(path, .string(key), $0) }
      total += key.utf8.count + (value.stringValue?.utf8.count ?? 0)
    }
    if total > 256 * 1024 { errors.append(.tooLong(path, maximum: 256 * 1024)) }
    return errors
  }

  private static func finalizers(_ finalizers: JSONValue?, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    let names = (finalizers?.arrayValue ?? []).compactMap(\.stringValue)
    for (index, name) in names.enumerated() {
      let problems = qualifiedName(name)
      errors += problems.map { .invalid(path.index(index), .string(name), $0) }
      if problems.isEmpty, !name.contains("/"), !["orphan", "foregroundDeletion", "kubernetes"].contains(name) {
        errors.append(
          .invalid(
            path.index(index), .string(name),
            "name is neither a standard finalizer name nor is it fully qualified"))
      }
    }
    if names.contains("orphan"), names.contains("foregroundDeletion") {
      errors.append(
        .invalid(path, .array(names.map { .string($0) }), "finalizer orphan and foregroundDeletion cannot be both set"))
    }
    return errors
  }

  private static func ownerReferences(_ owners: JSONValue?, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    var controller: String?
    for (index, owner) in (owners?.arrayValue ?? []).enumerated() {
      for member in ["apiVersion", "kind", "name", "uid"] where (owner[member]?.stringValue ?? "").isEmpty {
        errors.append(.invalid(path.index(index).child(member), owner[member] ?? "", "must not be empty"))
      }
      guard owner["controller"]?.boolValue == true else { continue }
      if let first = controller {
        errors.append(
          .invalid(
            path, owners,
            "Only one reference can have Controller set to true. Found \"true\" in references for \(first) and "
              + "\(owner["name"]?.stringValue ?? "")"))
      }
      controller = owner["name"]?.stringValue ?? ""
    }
    return errors
  }

  /// A name with an optional prefix, such as `holdfast.dev/policy`.
  static func qualifiedName(_ name: String) -> [String] {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count > 2 {
      return [
        "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
          + "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
          + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. "
          + "'example.com/MyName')"
      ]
    }
    var problems: [String] = []
    if parts.count == 2 {
      problems +=
        parts[0].isEmpty
        ? ["prefix part must be non-empty"] : NameStyle.subdomain(String(parts[0])).map { "prefix part \($0)" }
    }
    let last = String(parts.last ?? "")
    if last.isEmpty { return problems + ["name part must be non-empty"] }
    if last.utf8.count > 63 { problems.append("name part must be no more than 63 bytes") }
    if !PatternCache.shared.matches(last, "^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$") {
      problems.append(
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
          + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
          + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')")
    }
    return problems
  }

  static func labelValue(_ value: String) -> [String] {
    var problems: [String] = []
    if value.utf8.count > 63 { problems.append("must be no more than 63 bytes") }
    if !value.isEmpty, !PatternCache.shared.matches(value, "^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$") {
      problems.append(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
          + "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
          + "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")
    }
    return problems
  }
}
