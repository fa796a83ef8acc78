import KubernetesModel

extension NameReference {
  func issues(_ field: String) -> [ValidationIssue] {
    Syntax.dnsSubdomain(name).map { [ValidationIssue(field: "\(field).name", message: $0)] } ?? []
  }
}

extension TLSSettings {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues = caBundle?.issues("\(field).caBundle") ?? []
    issues += clientCertificateSecretRef?.issues("\(field).clientCertificateSecretRef") ?? []
    issues.add("\(field).serverName", serverName.flatMap { Syntax.dnsSubdomain($0.lowercased()) })
    if insecureSkipVerify == true, caBundle != nil {
      issues.add("\(field).insecureSkipVerify", "takes any certificate, so that caBundle has no effect; keep one")
    }
    return issues
  }
}

extension NameSelection {
  /// - Parameter limit: Of a list of names.
  func issues(_ field: String, limit: Int = 256) -> [ValidationIssue] {
    guard case .names(let names) = self else { return [] }
    var issues: [ValidationIssue] = []
    if names.isEmpty { issues.add(field, "is an empty list; write All, None, or names") }
    if names.count > limit { issues.add(field, "has \(names.count) entries; use at most \(limit)") }
    for (index, name) in names.enumerated().prefix(limit) {
      issues.add("\(field)[\(index)]", Syntax.dnsSubdomain(name))
    }
    return issues
  }
}

extension LabelSelector {
  /// - Parameter isEmptyRefused: An empty selector, which selects everything, is a mistake here.
  func issues(_ field: String, isEmptyRefused: Bool = false) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if isEmptyRefused, (matchLabels ?? [:]).isEmpty, (matchExpressions ?? []).isEmpty {
      issues.add(field, "selects every pod; name at least one label in matchLabels or matchExpressions")
    }
    for (key, value) in (matchLabels ?? [:]).sorted(by: { $0.key < $1.key }) {
      issues.add("\(field).matchLabels", Syntax.qualifiedName(key))
      issues.add("\(field).matchLabels[\(key)]", Syntax.labelValue(value))
    }
    for (index, expression) in (matchExpressions ?? []).enumerated() {
      let field = "\(field).matchExpressions[\(index)]"
      issues.add("\(field).key", Syntax.qualifiedName(expression.key))
      for value in expression.values ?? [] { issues.add("\(field).values", Syntax.labelValue(value)) }
      do {
        _ = try LabelSelector(matchExpressions: [expression]).selectorString()
      } catch {
        issues.add(field, "is not valid: \(error)")
      }
    }
    return issues
  }
}

extension PodSelection {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues = podSelector.issues("\(field).podSelector", isEmptyRefused: true)
    issues.add("\(field).container", container.flatMap(Syntax.dnsLabel))
    return issues
  }
}

extension Syntax {
  /// A path from the root without detours: what it names is within reach of a prefix comparison.
  static func absolutePath(_ text: String) -> String? {
    if let problem = line(text, limit: 4_096) { return problem }
    guard text.hasPrefix("/") else { return "\(quoted(text)) is not an absolute path; begin it with '/'" }
    let segments = text.split(separator: "/")
    return segments.contains { $0 == "." || $0 == ".." }
      ? "\(quoted(text)) contains '.' or '..'; write the path without them" : nil
  }

  /// A command and its arguments.
  static func commandIssues(_ command: [String]?, _ field: String) -> [ValidationIssue] {
    guard let command else { return [] }
    var issues: [ValidationIssue] = []
    if command.isEmpty { issues.add(field, "is empty; name a program, or leave it out") }
    if command.count > 64 { issues.add(field, "has \(command.count) entries; use at most 64") }
    for (index, argument) in command.enumerated().prefix(64) {
      issues.add("\(field)[\(index)]", line(argument, limit: 4_096))
    }
    return issues
  }
}
