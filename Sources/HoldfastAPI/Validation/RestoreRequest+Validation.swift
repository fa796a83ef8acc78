import KubernetesModel

extension RestoreRequest {
  /// Everything that this one object can tell is wrong, in the order of the fields; empty where it is valid.
  public func validate() -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("metadata.name", ObjectName.problem(metadata.name ?? ""))
    issues += spec.from.issues("spec.from")
    issues += spec.decryption?.identitySecretRef?.issues("spec.decryption.identitySecretRef") ?? []
    issues += spec.sourceIssues()
    for (from, to) in (spec.namespaceMapping ?? [:]).sorted(by: { $0.key < $1.key }) {
      issues.add("spec.namespaceMapping", Syntax.dnsLabel(from))
      issues.add("spec.namespaceMapping[\(from)]", Syntax.dnsLabel(to))
    }
    return issues + (spec.executor?.issues("spec.executor") ?? [])
  }
}

extension RestoreRequest.From {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if [backup != nil, latest != nil, location != nil].count(where: { $0 }) != 1 {
      issues.add(field, "needs exactly one of backup, latest and location")
    }
    issues.add("\(field).backup", backup.flatMap(ObjectName.problem))
    issues.add("\(field).latest.policyRef.name", latest.flatMap { ObjectName.problem($0.policyRef.name) })
    if let location {
      issues += location.target.issues("\(field).location.target", allowsLocalPath: false)
      issues.add("\(field).location.policy", Self.policyProblem(location.policy))
      if location.id != "latest", !Self.isBackupID(location.id) {
        issues.add(
          "\(field).location.id",
          "\(Syntax.quoted(location.id)) is not a backup id; write latest, or an id such as 20261121T030000Z-k3x9ab")
      }
    }
    return issues
  }

  private static func policyProblem(_ text: String) -> String? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, Syntax.dnsLabel(parts[0]) == nil, ObjectName.problem(parts[1]) == nil else {
      return "\(Syntax.quoted(text)) is not namespace/name of the policy that wrote the backup"
    }
    return nil
  }

  /// The outer form only; `BackupID` of the format checks the date too.
  private static func isBackupID(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 23, bytes[8] == 0x54, bytes[15] == 0x5A, bytes[16] == 0x2D else { return false }
    return (bytes[..<8] + bytes[9..<15]).allSatisfy { (0x30...0x39).contains($0) }
      && bytes[17...].allSatisfy(Syntax.isLowerAlphanumeric)
  }
}

extension RestoreRequest.Spec {
  func sourceIssues() -> [ValidationIssue] {
    guard let sources else { return [] }
    var issues: [ValidationIssue] = []
    if sources.isEmpty { issues.add("spec.sources", "is empty; leave it out for all sources, or name some") }
    if sources.count > 16 { issues.add("spec.sources", "has \(sources.count) entries; a backup has at most 16") }
    for (index, source) in sources.enumerated().prefix(16) {
      let field = "spec.sources[\(index)]"
      issues.add("\(field).name", Source.nameProblem(source.name))
      if source.destinationIssueKinds.count(where: \.self) > 1 { issues.add(field, "has two destinations; keep one") }
      issues += source.openZiti?.issues("\(field).openZiti") ?? []
      for (kind, objects) in [("certManager", source.certManager), ("resources", source.resources)] {
        guard let controller = objects?.controller else { continue }
        issues.add("\(field).\(kind).controller.namespace", controller.namespace.flatMap(Syntax.dnsLabel))
        issues.add("\(field).\(kind).controller.name", controller.name.flatMap(Syntax.dnsSubdomain))
        if objects?.pauseControllers != true {
          issues.add("\(field).\(kind).controller", "says what is paused; set pauseControllers: true, or remove it")
        }
      }
      issues += source.etcd?.issues("\(field).etcd") ?? []
      issues += source.files?.issues("\(field).files") ?? []
      for (kind, server) in [("openBao", source.openBao), ("vault", source.vault)] {
        guard let server else { continue }
        issues += server.issues("\(field).\(kind)")
        if server.loginFields.isEmpty {
          issues.add("\(field).\(kind)", "has no login; set one of \(Source.OpenBao.loginFieldList)")
        }
      }
    }
    if sources.count(where: { $0.etcd?.runRestore != nil }) > 1 {
      issues.add("spec.sources", "has two runRestore; make a request for each")
    }
    return issues + Source.duplicateIssues(of: sources.map(\.name), in: "spec.sources")
  }
}
