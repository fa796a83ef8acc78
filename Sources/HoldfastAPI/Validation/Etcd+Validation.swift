extension Source.Etcd {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if endpoints.isEmpty {
      issues.add("\(field).endpoints", "is empty; name at least one member, for example https://10.0.0.11:2379")
    }
    if endpoints.count > 32 { issues.add("\(field).endpoints", "has \(endpoints.count) entries; use at most 32") }
    for (index, endpoint) in endpoints.enumerated().prefix(32) {
      issues.add("\(field).endpoints[\(index)]", WebAddress.problem(endpoint))
      if tls != nil, endpoint.lowercased().hasPrefix("http://") {
        issues.add("\(field).endpoints[\(index)]", "is without TLS, and tls is set; write https:// or remove tls")
      }
    }
    issues += tls?.issues("\(field).tls") ?? []
    issues += authSecretRef?.issues("\(field).authSecretRef") ?? []
    issues.add("\(field).timeout", timeout.flatMap(DurationText.positiveProblem))
    return issues
  }
}
