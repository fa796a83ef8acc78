import KubernetesModel

extension Source.Files {
  func issues(_ field: String, isPlan: Bool) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if pod != nil, persistentVolumeClaim != nil {
      issues.add(field, "has two places; keep either pod or persistentVolumeClaim")
    }
    if pod == nil, persistentVolumeClaim == nil, !isPlan {
      issues.add(
        field, "has no place; set either pod or persistentVolumeClaim (paths alone are for holdfast backup --plan)")
    }
    issues += pod?.issues("\(field).pod") ?? []
    if let claim = persistentVolumeClaim {
      issues.add("\(field).persistentVolumeClaim.claimName", Syntax.dnsSubdomain(claim.claimName))
      issues +=
        claim.podSelector?.issues("\(field).persistentVolumeClaim.podSelector", isEmptyRefused: true) ?? []
      if paths != nil, claim.paths != nil {
        issues.add("\(field).paths", "and persistentVolumeClaim.paths mean the same; keep one")
      }
    }
    issues += pathIssues(
      resolvedPaths, persistentVolumeClaim?.paths == nil ? "\(field).paths" : "\(field).persistentVolumeClaim.paths")
    if let exclude, exclude.count > 256 {
      issues.add("\(field).exclude", "has \(exclude.count) entries; use at most 256")
    }
    for (index, pattern) in (exclude ?? []).enumerated().prefix(256) {
      issues.add("\(field).exclude[\(index)]", Syntax.line(pattern, limit: 4_096))
      if pattern.contains("/"), !pattern.hasPrefix("/") || pattern.hasSuffix("/") {
        issues.add(
          "\(field).exclude[\(index)]",
          "has a slash and is matched against whole paths; begin it with '/' and do not end it with one")
      }
    }
    return issues
  }

  private func pathIssues(_ paths: [String], _ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if paths.isEmpty { issues.add(field, "is required; name at least one file or folder, for example /etc/ziti") }
    if paths.count > 256 { issues.add(field, "has \(paths.count) entries; use at most 256") }
    for (index, path) in paths.enumerated().prefix(256) { issues.add("\(field)[\(index)]", Syntax.absolutePath(path)) }
    return issues
  }
}
