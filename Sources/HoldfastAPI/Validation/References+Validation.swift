extension SecretReference {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).name", Syntax.dnsSubdomain(name))
    issues.add("\(field).key", key.flatMap(Syntax.dataKey))
    return issues
  }
}

extension KeyReference {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).name", Syntax.dnsSubdomain(name))
    issues.add("\(field).key", Syntax.dataKey(key))
    return issues
  }
}

extension CABundle {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues = (secretRef?.issues("\(field).secretRef") ?? [])
    issues += configMapRef?.issues("\(field).configMapRef") ?? []
    if (secretRef == nil) == (configMapRef == nil) {
      issues.add(field, "needs exactly one of secretRef and configMapRef, each with name and key")
    }
    return issues
  }
}

/// Names of objects of ours: what becomes the value of a label.
enum ObjectName {
  static func problem(_ name: String) -> String? {
    guard name.utf8.count <= 63 else {
      return "is \(name.utf8.count) characters long; use at most 63, since the name becomes the value of a label"
    }
    return Syntax.dnsSubdomain(name)
  }
}
