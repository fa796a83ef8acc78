internal import EtcdSource
internal import HoldfastAPI
internal import JobPlan
internal import SnapshotSource

extension SourceFactory {
  /// - Throws: ``RunFailure`` where nobody says where the snapshot goes.
  func etcdDestination(source: String) throws -> any SnapshotDestination {
    guard let spec = plan.restore?.sources?.first(where: { $0.name == source })?.etcd else {
      throw RunFailure(
        step: .preflight, reason: .invalidSpec,
        message: "a restore never touches a running etcd: say where the snapshot of \(source) goes, with "
          + "sources: [{name: \(source), etcd: {persistentVolumeClaim: {claimName: …}}}], or path for holdfast restore",
        source: source)
    }
    let restore = plan.restore
    let claim = spec.persistentVolumeClaim
    var configuration = EtcdDestination.Configuration(
      root: claim.map { mounts.volume($0.claimName) } ?? "/",
      place: claim.map { "claim \($0.claimName)" } ?? "this machine",
      path: claim == nil ? spec.path ?? "" : spec.resolvedPath(source: source),
      policy: etcdPolicy(
        spec.conflictPolicy ?? restore?.conflictPolicy ?? .fail, makesDirectory: spec.runRestore != nil),
      isToBeMade: claim?.create != nil && restore?.dryRun == true, isDryRun: restore?.dryRun ?? false)
    configuration.commands.members = (spec.members ?? []).map { .init(name: $0.name, peerURL: $0.peerURL) }
    configuration.commands.token = spec.initialClusterToken
    configuration.dataDirectory = spec.runRestore.map {
      EtcdDataDirectory(path: $0.resolvedDataDir(source: source))
    }
    return EtcdDestination(name: source, configuration: configuration)
  }

  /// No data directory is made of a file that is another one than the backup's.
  private func etcdPolicy(
    _ policy: RestoreRequest.ConflictPolicy, makesDirectory: Bool
  ) -> EtcdDestination.ConflictPolicy {
    switch policy {
    case .fail: .fail
    case .skip: makesDirectory ? .fail : .skip
    case .replace: .replace
    }
  }
}
