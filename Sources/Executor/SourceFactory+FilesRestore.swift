internal import FilesSource
internal import HoldfastAPI
internal import JobPlan
internal import KubernetesClient
internal import SnapshotSource

extension SourceFactory {
  /// To what the request names, else to where the files came from.
  /// - Throws: ``RunFailure`` where nobody says where they go.
  func filesDestination(source: String) throws -> any SnapshotDestination {
    let restore = plan.restore
    let spec = restore?.sources?.first { $0.name == source }?.files
    let origin = plan.spec.sources.first { $0.name == source }?.files
    let policy = filesPolicy(spec?.conflictPolicy ?? restore?.conflictPolicy ?? .fail)
    // A destination that only sets a policy leaves the place as it was.
    let namesPlace = spec?.persistentVolumeClaim != nil || spec?.pod != nil || spec?.path != nil
    if let claim = spec?.persistentVolumeClaim {
      return FolderFilesDestination(
        name: source, root: mounts.volume(claim.claimName), place: "claim \(claim.claimName)", subPath: claim.subPath,
        policy: policy, isToBeMade: claim.create != nil && restore?.dryRun == true, isDryRun: restore?.dryRun ?? false)
    }
    if let pod = spec?.pod ?? (namesPlace ? nil : origin?.pod) {
      return PodFilesDestination(
        name: source,
        pods: FilesConfiguration.Pods(
          namespace: plan.policy.namespace, selector: pod.podSelector, container: pod.container),
        folder: spec?.path ?? "/", policy: policy, client: try client(of: source))
    }
    if !namesPlace, let claim = origin?.persistentVolumeClaim?.claimName {
      return FolderFilesDestination(
        name: source, root: mounts.volume(claim), place: "claim \(claim)", policy: policy,
        isDryRun: restore?.dryRun ?? false)
    }
    guard spec?.path != nil || origin != nil else {
      throw RunFailure(
        step: .preflight, reason: .invalidSpec,
        message: "nobody says where \(source) goes; name it in sources with files: {persistentVolumeClaim: …}, "
          + "{pod: …}, or {path: …} for holdfast restore", source: source)
    }
    return FolderFilesDestination(
      name: source, root: "/", place: "this machine", subPath: spec?.path, policy: policy,
      isDryRun: restore?.dryRun ?? false)
  }

  private func client(of source: String) throws -> KubernetesClient {
    do {
      return try cluster.client()
    } catch var failure as RunFailure {
      failure.step = .preflight
      failure.source = failure.source ?? source
      throw failure
    }
  }

  private func filesPolicy(_ policy: RestoreRequest.ConflictPolicy) -> FileConflictPolicy {
    switch policy {
    case .fail: .fail
    case .skip: .skip
    case .replace: .replace
    }
  }
}
