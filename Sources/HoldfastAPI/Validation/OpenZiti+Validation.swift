import KubernetesModel

extension Source.OpenZiti {
  func issues(_ field: String, isPlan: Bool) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).release", release.flatMap { Syntax.releaseName($0) })
    issues += podSelector?.issues("\(field).podSelector", isEmptyRefused: true) ?? []
    issues.add("\(field).container", container.flatMap(Syntax.dnsLabel))
    issues.add("\(field).databasePath", databasePath.flatMap(Syntax.absolutePath))
    issues.add("\(field).timeout", timeout.flatMap(DurationText.positiveProblem))
    issues += Syntax.commandIssues(agent?.command, "\(field).agent.command")
    issues += managementAPI?.issues("\(field).managementAPI") ?? []
    issues += claimIssues("\(field).persistentVolumeClaim")
    return issues + (host == nil ? wayIssues(field) : hostIssues("\(field).host", isPlan: isPlan))
  }

  /// What the chosen ways of taking and fetching a snapshot need. A release brings all of it.
  private func wayIssues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if release == nil, podSelector == nil {
      issues.add(field, "does not say which pods are the controller; set release, or podSelector")
    }
    if resolvedSnapshot == .managementAPI, release == nil {
      if managementAPI?.url == nil {
        issues.add("\(field).managementAPI.url", "is required for snapshot: managementAPI without release")
      }
      if let managementAPI, managementAPI.adminSecretRef == nil, managementAPI.clientCertificateSecretRef == nil {
        issues.add(
          "\(field).managementAPI", "has no login; set either adminSecretRef or clientCertificateSecretRef")
      }
    }
    if resolvedRetrieval == .volume, release == nil, persistentVolumeClaim == nil {
      issues.add(
        "\(field).persistentVolumeClaim",
        "is required for retrieval: volume without release; name the controller's claim")
    }
    return issues
  }

  private func claimIssues(_ field: String) -> [ValidationIssue] {
    guard let claim = persistentVolumeClaim else { return [] }
    var issues: [ValidationIssue] = []
    issues.add("\(field).claimName", Syntax.dnsSubdomain(claim.claimName))
    issues.add("\(field).mountPath", claim.mountPath.flatMap(Syntax.absolutePath))
    let root = claim.mountPath ?? Self.defaultClaimMountPath
    let folder = root.hasSuffix("/") ? root : root + "/"
    if issues.isEmpty, Syntax.absolutePath(resolvedDatabasePath) == nil, !resolvedDatabasePath.hasPrefix(folder) {
      issues.add(
        "\(field).mountPath",
        "is \(Syntax.quoted(root)), and databasePath \(Syntax.quoted(resolvedDatabasePath)) is not below it; write where "
          + "the controller mounts the claim")
    }
    return issues
  }

  private func hostIssues(_ field: String, isPlan: Bool) -> [ValidationIssue] {
    guard let host else { return [] }
    guard isPlan else {
      return [
        ValidationIssue(
          field: field, message: "runs a command of this machine, which only holdfast backup --plan can; remove it")
      ]
    }
    var issues = Syntax.commandIssues(host.command, "\(field).command")
    issues.add("\(field).snapshotPath", Syntax.absolutePath(host.snapshotPath))
    issues.add("\(field).hostPath", host.hostPath.flatMap(Syntax.absolutePath))
    return issues
  }
}

extension Source.OpenZiti.ManagementAPI {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).url", url.flatMap(WebAddress.problem))
    issues += caBundle?.issues("\(field).caBundle") ?? []
    issues += adminSecretRef?.issues("\(field).adminSecretRef") ?? []
    issues += clientCertificateSecretRef?.issues("\(field).clientCertificateSecretRef") ?? []
    issues.add("\(field).tlsServerName", tlsServerName.flatMap { Syntax.dnsSubdomain($0.lowercased()) })
    if adminSecretRef != nil, clientCertificateSecretRef != nil {
      issues.add(field, "has two logins; keep either adminSecretRef or clientCertificateSecretRef")
    }
    return issues
  }
}

extension Syntax {
  /// As Helm has it: a DNS subdomain of at most 53 characters.
  static func releaseName(_ text: String) -> String? {
    if let problem = dnsSubdomain(text) { return problem }
    return text.utf8.count > 53 ? "\(quoted(text)) is not a Helm release: at most 53 characters" : nil
  }
}
