import KubernetesModel

extension RestoreRequest.OpenZitiDestination {
  /// - Parameter isPlan: Of a person without a cluster, who may name files of this machine.
  public func issues(_ field: String, isPlan: Bool = false) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).release", release.flatMap { Syntax.releaseName($0) })
    issues += persistentVolumeClaim?.issues("\(field).persistentVolumeClaim") ?? []
    issues.add("\(field).workload.name", workload.flatMap { Syntax.dnsSubdomain($0.name) })
    issues += podSelector?.issues("\(field).podSelector", isEmptyRefused: true) ?? []
    issues.add("\(field).container", container.flatMap(Syntax.dnsLabel))
    issues += managementAPI?.issues("\(field).managementAPI") ?? []
    issues += loginIssues(field)
    for (name, value) in [("runAsUser", runAsUser), ("runAsGroup", runAsGroup)] {
      guard let value, !(1...2_147_483_647).contains(value) else { continue }
      issues.add("\(field).\(name)", "is \(value); write a number from 1 to 2147483647")
    }
    if let fileMode, !Self.isMode(fileMode) {
      issues.add(
        "\(field).fileMode", "\(Syntax.quoted(fileMode)) is no mode that its owner can read and write; write \"0600\"")
    }
    issues.add("\(field).timeout", timeout.flatMap(DurationText.positiveProblem))
    return issues + wayIssues(field, isPlan: isPlan)
  }

  /// What does not go together.
  private func wayIssues(_ field: String, isPlan: Bool) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if clustered == true {
      if persistentVolumeClaim != nil || workload != nil {
        issues.add(
          "\(field).clustered",
          "gives the snapshot to controllers that run; remove persistentVolumeClaim and workload, or clustered")
      }
    } else if podSelector != nil || container != nil {
      issues.add("\(field).podSelector", "and container are for a running cluster; set clustered: true, or remove them")
    }
    if workload != nil, persistentVolumeClaim == nil, release == nil {
      issues.add(
        "\(field).persistentVolumeClaim", "is required with workload; name the claim that the controller mounts")
    }
    guard let host else { return issues }
    guard isPlan else {
      issues.add("\(field).host", "is a file of a machine, which only holdfast restore --plan writes; remove it")
      return issues
    }
    issues.add("\(field).host.path", Syntax.absolutePath(host.path))
    if persistentVolumeClaim != nil || workload != nil || clustered == true {
      issues.add("\(field).host", "is a second destination; keep one")
    }
    return issues
  }

  private func loginIssues(_ field: String) -> [ValidationIssue] {
    guard let managementAPI, release == nil, managementAPI.url != nil else { return [] }
    guard managementAPI.adminSecretRef == nil, managementAPI.clientCertificateSecretRef == nil else { return [] }
    return [
      ValidationIssue(
        field: "\(field).managementAPI",
        message: "has no login; set either adminSecretRef or clientCertificateSecretRef")
    ]
  }

  private static func isMode(_ text: String) -> Bool {
    guard (3...4).contains(text.utf8.count), let mode = UInt16(text, radix: 8) else { return false }
    return mode <= 0o777 && mode & 0o600 == 0o600
  }
}

extension RestoreRequest.OpenZitiDestination.Claim {
  static let accessModes = ["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]

  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).claimName", Syntax.dnsSubdomain(claimName))
    if let path {
      issues.add("\(field).path", Syntax.absolutePath("/" + path))
      if path.hasPrefix("/") || path.hasSuffix("/") {
        issues.add("\(field).path", "is from the root of the volume, and names a file; write for example ctrl.db")
      }
      if OpenZitiPlace.lastName(path) == OpenZitiPlace.clusteredFile {
        issues.add(
          "\(field).path",
          "names the database of a clustered controller, which plays its log onto it again; set clustered: true, or for a "
            + "new cluster restore to ctrl.db and start the chart with cluster.mode cluster-migrate")
      }
    }
    guard let create else { return issues }
    if Self.isNoSize(create.storage) {
      issues.add("\(field).create.storage", "\(Syntax.quoted(create.storage)) is not a size; write for example 2Gi")
    }
    issues.add(
      "\(field).create.storageClassName", create.storageClassName.flatMap { $0.isEmpty ? nil : Syntax.dnsSubdomain($0) }
    )
    if let modes = create.accessModes {
      if modes.isEmpty { issues.add("\(field).create.accessModes", "is empty; leave it out for ReadWriteOnce") }
      for mode in modes where !Self.accessModes.contains(mode) {
        issues.add(
          "\(field).create.accessModes",
          "has \(Syntax.quoted(mode)); the controller writes: use ReadWriteOnce, ReadWriteMany or ReadWriteOncePod")
      }
    }
    return issues
  }

  private static func isNoSize(_ text: String) -> Bool {
    guard let size = try? KubernetesModel.Quantity(text) else { return true }
    return size.exactInteger.map { $0 <= 0 } ?? true
  }
}
