public import BackupFormat
internal import Foundation
internal import HoldfastAPI
internal import JobPlan
internal import KubernetesClient
internal import ResourceRestore

extension SourceFactory {
  /// How an artifact's API objects are brought back; nil where it holds none.
  /// - Throws: ``RunFailure`` where no API server is known.
  public func objectRestore(_ artifact: Manifest.Artifact) throws -> ObjectRestore? {
    switch SourceKind(rawValue: artifact.kind) {
    case .certManager, .resources: break
    default: return nil
    }
    let restore = plan.restore
    let chosen = restore?.sources?.first { $0.name == artifact.source }
    let destination = chosen?.certManager ?? chosen?.resources
    let policy: ResourceRestoreSettings.ConflictPolicy =
      switch destination?.conflictPolicy ?? restore?.conflictPolicy ?? .fail {
      case .fail: .fail
      case .skip: .skip
      case .replace: .replace
      }
    let settings = ResourceRestoreSettings(
      namespaceMapping: restore?.namespaceMapping ?? [:], conflictPolicy: policy, force: restore?.force ?? false,
      oldClusterResourceNamespace: artifact.facts["clusterResourceNamespace"],
      clusterResourceNamespace: destination?.clusterResourceNamespace,
      restoresACMEStatus: destination?.restoreACMEStatus ?? false)
    do {
      let client = try cluster.client()
      return ObjectRestore(
        source: artifact.source, client: client, settings: settings,
        pause: restore.flatMap { ControllerPause(destination, restore: $0, plan: plan, client: client) })
    } catch var failure as RunFailure {
      failure.step = .preflight
      throw failure
    }
  }

  /// Where the steps of a restore are claimed; nil outside of a Job, where a person begins each one.
  /// - Throws: ``RunFailure`` where a Job has no API server.
  public func journal(_ identity: RunIdentity) throws -> RestoreJournalWriter? {
    guard let job = identity.job, let namespace = identity.namespace else { return nil }
    return RestoreJournalWriter(
      client: try cluster.client(), namespace: namespace, job: job, pod: identity.pod ?? job)
  }
}
