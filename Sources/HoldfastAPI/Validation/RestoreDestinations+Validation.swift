import KubernetesModel

extension RestoreRequest.EtcdDestination {
  /// - Parameter isPlan: Of a plan that a person runs, where a path of the machine is meant.
  func issues(_ field: String, isPlan: Bool = false) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if persistentVolumeClaim != nil, path != nil {
      issues.add(field, "has two places; keep either persistentVolumeClaim or path")
    }
    if path != nil, !isPlan {
      issues.add("\(field).path", "is for holdfast restore on a machine; in a cluster set persistentVolumeClaim")
    }
    if persistentVolumeClaim == nil, path == nil {
      issues.add(field, "has no place; set persistentVolumeClaim: {claimName: …}")
    }
    if let claim = persistentVolumeClaim {
      issues.add("\(field).persistentVolumeClaim.claimName", Syntax.dnsSubdomain(claim.claimName))
      issues += claim.create?.issues("\(field).persistentVolumeClaim.create") ?? []
      issues.add("\(field).persistentVolumeClaim.path", claim.path.flatMap(Syntax.absoluteFile))
    }
    issues.add("\(field).path", path.flatMap(Syntax.absoluteFile))
    issues.add("\(field).initialClusterToken", initialClusterToken.flatMap(Syntax.word))
    for (index, member) in (members ?? []).enumerated().prefix(16) {
      issues.add("\(field).members[\(index)].name", Syntax.memberName(member.name))
      issues.add("\(field).members[\(index)].peerURL", Syntax.peerURL(member.peerURL))
    }
    if let members, members.count > 16 {
      issues.add("\(field).members", "has \(members.count) entries; use at most 16")
    }
    let names = (members ?? []).map(\.name)
    if Set(names).count != names.count { issues.add("\(field).members", "names a member twice") }
    if let runRestore {
      if persistentVolumeClaim == nil { issues.add("\(field).runRestore", "needs persistentVolumeClaim") }
      issues += runRestore.issues("\(field).runRestore")
      if !names.isEmpty, runRestore.initialCluster == nil, !names.contains(runRestore.name ?? "default") {
        issues.add(
          "\(field).runRestore.name",
          "'\(runRestore.name ?? "default")' is not in members (\(names.joined(separator: ", "))); name the member whose data "
            + "directory is made")
      }
      if let folder = runRestore.dataDir, folder == persistentVolumeClaim?.path {
        issues.add("\(field).runRestore.dataDir", "is also the snapshot's path")
      }
    }
    return issues
  }
}

extension RestoreRequest.EtcdDestination.RunRestore {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).image", image.isEmpty ? "is required" : ExecutorTemplate.imageProblem(image))
    issues += Syntax.commandIssues(command, "\(field).command")
    issues.add("\(field).name", name.flatMap(Syntax.memberName))
    issues.add("\(field).initialCluster", initialCluster.flatMap(Syntax.word))
    issues.add("\(field).initialClusterToken", initialClusterToken.flatMap(Syntax.word))
    issues.add("\(field).dataDir", dataDir.flatMap(Syntax.absoluteFile))
    for (index, url) in (initialAdvertisePeerURLs ?? []).enumerated() {
      issues.add("\(field).initialAdvertisePeerURLs[\(index)]", Syntax.peerURL(url))
    }
    if let bumpRevision, bumpRevision < 1 { issues.add("\(field).bumpRevision", "is \(bumpRevision); use at least 1") }
    if markCompacted == true, bumpRevision == nil {
      issues.add("\(field).markCompacted", "goes with bumpRevision, for example 1000000000")
    }
    return issues
  }
}

extension RestoreRequest.FilesDestination {
  /// - Parameter isPlan: Of a plan that a person runs, where a path of the machine is meant.
  func issues(_ field: String, isPlan: Bool = false) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if pod != nil, persistentVolumeClaim != nil {
      issues.add(field, "has two places; keep either pod or persistentVolumeClaim")
    }
    if persistentVolumeClaim != nil, path != nil {
      issues.add("\(field).path", "goes with pod; of a claim set persistentVolumeClaim.subPath")
    }
    if pod == nil, persistentVolumeClaim == nil, path != nil, !isPlan {
      issues.add(
        "\(field).path", "is for pod, and for holdfast restore on a machine; set pod or persistentVolumeClaim")
    }
    issues += pod?.issues("\(field).pod") ?? []
    if let claim = persistentVolumeClaim {
      issues.add("\(field).persistentVolumeClaim.claimName", Syntax.dnsSubdomain(claim.claimName))
      issues += claim.create?.issues("\(field).persistentVolumeClaim.create") ?? []
      issues.add("\(field).persistentVolumeClaim.subPath", claim.subPath.flatMap(Syntax.absolutePath))
      issues +=
        claim.podSelector?.issues("\(field).persistentVolumeClaim.podSelector", isEmptyRefused: true) ?? []
    }
    issues.add("\(field).path", path.flatMap(Syntax.absolutePath))
    return issues
  }
}

extension RestoreRequest.ClaimCreation {
  static let knownAccessModes = ["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]

  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    let quantity = try? KubernetesModel.Quantity(storage)
    if quantity.map({ $0.doubleValue > 0 }) != true {
      issues.add("\(field).storage", "\(Syntax.quoted(storage)) is not a size; write for example 8Gi")
    }
    issues.add("\(field).storageClassName", storageClassName.flatMap(Syntax.dnsSubdomain))
    if let accessModes {
      if accessModes.isEmpty { issues.add("\(field).accessModes", "is empty; leave it out for ReadWriteOnce") }
      for mode in accessModes where !Self.knownAccessModes.contains(mode) {
        issues.add(
          "\(field).accessModes",
          "\(Syntax.quoted(mode)) is not one of \(Self.knownAccessModes.joined(separator: ", "))")
      }
    }
    return issues
  }
}

extension RestoreRequest.SourceSelection {
  var destinationIssueKinds: [Bool] {
    [openBao != nil, vault != nil, openZiti != nil, certManager != nil, resources != nil, etcd != nil, files != nil]
  }
}

extension Syntax {
  /// An absolute path that names something below the root.
  static func absoluteFile(_ text: String) -> String? {
    if let problem = absolutePath(text) { return problem }
    return text.split(separator: "/").isEmpty || text.hasSuffix("/")
      ? "\(quoted(text)) names no file; write for example /snapshots/etcd.db" : nil
  }

  /// Text without spaces or control characters, which goes to a command as one argument.
  static func word(_ text: String) -> String? {
    if let problem = line(text, limit: 4_096) { return problem }
    return text.contains(where: \.isWhitespace) || text.hasPrefix("-")
      ? "\(quoted(text)) must not contain spaces or begin with '-'" : nil
  }

  /// What stands before `=` in etcd's list of members.
  static func memberName(_ text: String) -> String? {
    if let problem = word(text) { return problem }
    return text.contains { "=,".contains($0) } ? "\(quoted(text)) must not contain '=' or ','" : nil
  }

  static func peerURL(_ text: String) -> String? {
    if let problem = word(text) { return problem }
    let rest = ["https://", "http://"].lazy.compactMap { text.hasPrefix($0) ? text.dropFirst($0.count) : nil }.first
    guard let rest, !rest.isEmpty, !rest.contains(where: { "/,@?#".contains($0) }) else {
      return "\(quoted(text)) is not a peer URL; write for example https://10.0.0.11:2380"
    }
    return nil
  }
}
