import KubernetesModel

extension Source.Resources {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues = namespaceIssues("\(field).namespaces")
    for (name, selectors) in [("include", include), ("exclude", exclude)] {
      guard let selectors else { continue }
      if selectors.isEmpty { issues.add("\(field).\(name)", "is empty; leave it out, or name kinds") }
      if selectors.count > 64 { issues.add("\(field).\(name)", "has \(selectors.count) entries; use at most 64") }
      for (index, selector) in selectors.enumerated().prefix(64) {
        issues += selector.issues("\(field).\(name)[\(index)]")
      }
    }
    issues += labelSelector?.issues("\(field).labelSelector") ?? []
    issues.add("\(field).fieldSelector", fieldSelector.flatMap(Self.fieldSelectorProblem))
    if let pageSize, !(1...1_000).contains(pageSize) {
      issues.add("\(field).pageSize", "is \(pageSize); use 1 to 1000 objects")
    }
    return issues
  }

  private func namespaceIssues(_ field: String) -> [ValidationIssue] {
    guard let namespaces else { return [] }
    var issues: [ValidationIssue] = []
    if namespaces.isEmpty { issues.add(field, "is empty; leave it out for the policy's own namespace") }
    if namespaces.count > 64 {
      issues.add(field, "has \(namespaces.count) entries; use at most 64, or [\"*\"] for all")
    }
    if namespaces.count > 1, namespaces.contains(Self.allNamespaces) {
      issues.add(field, "names '*' besides others; keep '*' alone for all namespaces")
    }
    var seen: Set<String> = []
    for (index, name) in namespaces.enumerated().prefix(64) where name != Self.allNamespaces {
      issues.add("\(field)[\(index)]", Syntax.dnsLabel(name))
      if !seen.insert(name).inserted { issues.add("\(field)[\(index)]", "is a duplicate; remove it") }
    }
    return issues
  }

  /// The grammar of the `fieldSelector` parameter: `path=value`, `path==value` or `path!=value`, joined by commas.
  private static func fieldSelectorProblem(_ text: String) -> String? {
    if let problem = Syntax.line(text, limit: 1_024) { return problem }
    for term in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let index = term.firstIndex(where: { $0 == "=" || $0 == "!" }), index > term.startIndex,
        term[index] == "=" || term[index...].hasPrefix("!=")
      else {
        return "\(Syntax.quoted(text)) is not a field selector; write for example metadata.name!=kube-root-ca.crt"
      }
    }
    return nil
  }
}

extension Source.Resources.Selector {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if group == nil, kind == nil {
      issues.add(field, "names neither group nor kind; write for example {group: apps, kind: Deployment}")
    }
    if let group, !group.isEmpty, group != "*" { issues.add("\(field).group", Syntax.dnsSubdomain(group)) }
    if let kind, kind != "*" {
      let isValid =
        (1...63).contains(kind.utf8.count) && kind.utf8.allSatisfy(Syntax.isAlphanumeric)
        && kind.first?.isUppercase == true
      if !isValid {
        issues.add(
          "\(field).kind", "\(Syntax.quoted(kind)) is not a kind; write it as in a manifest, for example ConfigMap")
      }
    }
    issues.add("\(field).version", version.flatMap(Syntax.dnsLabel))
    if let names {
      if names.isEmpty { issues.add("\(field).names", "is empty; leave it out for all") }
      for (index, name) in names.enumerated().prefix(256) {
        issues.add("\(field).names[\(index)]", Syntax.line(name, limit: 253))
      }
    }
    return issues
  }
}
