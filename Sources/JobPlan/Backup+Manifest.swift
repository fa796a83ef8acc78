public import BackupFormat
internal import Foundation
public import HoldfastAPI
public import KubernetesModel

extension Backup {
  /// The Backup that stands for a manifest, as far as metadata and spec go: it is marked, so that nobody takes it for the wish
  /// for a run. Equal manifests give equal objects, whoever makes them.
  public init(manifest: Manifest, policy: String, namespace: String) {
    let id = manifest.id.rawValue
    self.init(
      metadata: ObjectMeta(
        name: ObjectNames.catalogBackup(policy: policy, id: id), namespace: namespace,
        labels: ObjectLabels.of(policy: policy).merging([HoldfastAPI.originLabel: HoldfastAPI.catalogOrigin]) { $1 },
        annotations: [HoldfastAPI.catalogIDAnnotation: id]),
      spec: Spec(policyRef: NameReference(name: policy)))
  }
}

extension Backup.Status {
  /// What a run that wrote this manifest would have left in its Backup.
  /// - Parameters:
  ///   - location: `s3://bucket/prefix/namespace/policy/id`.
  ///   - ownCluster: Of the cluster in which the Backup is; nil where it is not known.
  ///   - now: For conditions only.
  public init(manifest: Manifest, location: String, ownCluster: String?, now: Timestamp) {
    self.init(phase: .completed, trigger: BackupTrigger(rawValue: manifest.trigger))
    id = manifest.id.rawValue
    self.location = location
    startTime = Timestamp(manifest.createdAt) ?? Timestamp(manifest.id.date)
    completionTime = Timestamp(manifest.completedAt) ?? startTime
    artifacts = manifest.artifacts.map {
      Backup.Artifact(
        source: $0.source, key: $0.key, plainSize: $0.plainSize, plainSHA256: $0.plainSHA256,
        storedSize: $0.storedSize, storedSHA256: $0.storedSHA256)
    }
    size = manifest.storedSize
    facts = Dictionary(
      manifest.artifacts.filter { !$0.facts.isEmpty }.map { ($0.source, $0.facts) },
      uniquingKeysWith: { first, _ in first })
    if let theirs = manifest.clusterID, theirs != ownCluster { clusterID = theirs }
    let message = "the backup is at \(location)"
    conditions = [
      Condition(
        type: "Completed", status: .true, lastTransitionTime: now, reason: Reason.completed.rawValue, message: message),
      Condition(
        type: "Failed", status: .false, lastTransitionTime: now, reason: Reason.completed.rawValue, message: message),
    ]
    mark(manifest.anomaly.map { Backup.Anomaly($0) }, now: now)
  }
}
