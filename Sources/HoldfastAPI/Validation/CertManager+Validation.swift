import KubernetesModel

extension Source.CertManager {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues = issuers?.issues("\(field).issuers") ?? []
    issues += clusterIssuers?.issues("\(field).clusterIssuers") ?? []
    issues += bundles?.issues("\(field).bundles") ?? []
    issues += certificateSelector?.issues("\(field).certificateSelector") ?? []
    if let extraSecrets, extraSecrets.count > 256 {
      issues.add("\(field).extraSecrets", "has \(extraSecrets.count) entries; use at most 256")
    }
    for (index, name) in (extraSecrets ?? []).enumerated().prefix(256) {
      issues.add("\(field).extraSecrets[\(index)]", Syntax.dnsSubdomain(name))
    }
    issues.add("\(field).clusterResourceNamespace", clusterResourceNamespace.flatMap(Syntax.dnsLabel))
    issues.add("\(field).trustNamespace", trustNamespace.flatMap(Syntax.dnsLabel))
    return issues
  }
}
