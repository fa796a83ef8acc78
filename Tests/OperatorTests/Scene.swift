import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Logging
import Synchronization

@testable import Operator

/// A cluster with the operator's reconcilers and a clock that tests set.
final class Scene: Sendable {
  static let start = RFC3339.parse("2026-11-21T12:00:00Z")!

  let clock: TestTime
  let cluster: FakeCluster
  let events = RecordedEvents()
  let trustedNamespaces: Set<String>

  let preUpgradeGate: Bool

  init(trustedNamespaces: Set<String> = [], preUpgradeGate: Bool = false) {
    self.trustedNamespaces = trustedNamespaces
    self.preUpgradeGate = preUpgradeGate
    let clock = TestTime(Self.start)
    self.clock = clock
    cluster = FakeCluster(trusts: !trustedNamespaces.isEmpty, gates: preUpgradeGate, now: { clock.now })
  }

  /// A new context is a restarted operator: it remembers nothing.
  var context: OperatorContext {
    OperatorContext(
      client: cluster.client,
      configuration: OperatorConfiguration(
        executor: ExecutorDefaults(image: "holdfast:test"), trustedNamespaces: trustedNamespaces, failedBackupsLimit: 3,
        preUpgradeGate: preUpgradeGate),
      events: events, now: { [clock] in clock.now }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  func reconcilePolicy(_ name: String = "bao") async throws -> ReconcileResult {
    try await BackupPolicyReconciler(context: context).reconcile(Self.key(name))
  }

  func reconcileJob(_ name: String) async throws -> ReconcileResult {
    try await JobReconciler(context: context).reconcile(Self.key(name))
  }

  func reconcileBackup(_ name: String) async throws -> ReconcileResult {
    try await BackupReconciler(context: context).reconcile(Self.key(name))
  }

  func reconcileRestore(_ name: String = "back") async throws -> ReconcileResult {
    try await RestoreReconciler(context: context).reconcile(Self.key(name))
  }

  /// Everything that the controllers would do, until nothing is written any more.
  func settle() async throws {
    for _ in 0..<12 {
      let before = cluster.writes.count
      for policy in cluster.all(BackupPolicy.self) { _ = try await reconcilePolicy(policy.key.name) }
      for backup in cluster.all(Backup.self) { _ = try await reconcileBackup(backup.key.name) }
      for job in cluster.all(Job.self) { _ = try await reconcileJob(job.key.name) }
      for request in cluster.all(RestoreRequest.self) { _ = try await reconcileRestore(request.key.name) }
      if cluster.writes.count == before { return }
    }
  }

  func settlePolicy() async throws { _ = try await reconcilePolicy() }

  /// What a pod of a restore's Job would write.
  func change(journalOf job: Job, _ body: (inout RestoreJournal) -> Void) {
    let name = ObjectNames.result(job: job.key.name)
    cluster.change(ConfigMap.self, name) { map in
      guard var journal = RestoreJournal(data: map.data ?? [:]) else { return }
      body(&journal)
      map.data = journal.data
    }
  }

  static func key(_ name: String) -> ObjectKey { ObjectKey(namespace: "ns", name: name) }
}

final class TestTime: Sendable {
  private let date: Mutex<Date>
  init(_ date: Date) { self.date = Mutex(date) }
  var now: Date { date.withLock { $0 } }
  func advance(_ seconds: TimeInterval) { date.withLock { $0 += seconds } }
}

final class RecordedEvents: EventSink {
  private let notes = Mutex<[(reason: String, message: String, object: String)]>([])

  func record(_ type: EventRecorder.EventType, reason: String, message: String, about object: ObjectReference) {
    notes.withLock { $0.append((reason, message, object.name ?? "")) }
  }

  var reasons: [String] { notes.withLock { $0.map(\.reason) } }
  func message(_ reason: String) -> String? { notes.withLock { $0.last { $0.reason == reason }?.message } }
}

/// Builders with defaults.
enum Make {
  static func policy(_ name: String = "bao", _ modify: (inout BackupPolicySpec) -> Void = { _ in }) -> BackupPolicy {
    var spec = BackupPolicySpec(
      schedule: "0 3 * * *",
      sources: [
        Source(
          name: "raft",
          openBao: Source.OpenBao(address: "https://bao:8200", tokenSecretRef: SecretReference(name: "bao-token")))
      ],
      target: Target(bucket: "backups", credentialsSecretRef: SecretReference(name: "s3")),
      encryption: Encryption(none: .init(acknowledged: true)), retention: Retention(maxCount: 2))
    modify(&spec)
    var policy = BackupPolicy(metadata: ObjectMeta(name: name, namespace: "ns", uid: "uid-\(name)"), spec: spec)
    policy.metadata.generation = 1
    return policy
  }

  static func job(
    _ name: String = "bao-backup-1", policy: String = "bao", uid: String? = nil,
    operation: JobOperation = .backup, modify: (inout Job) -> Void = { _ in }
  ) -> Job {
    var job = Job(
      metadata: ObjectMeta(
        name: name, namespace: "ns", uid: uid ?? "uid-\(name)",
        labels: ObjectLabels.of(policy: policy, operation: operation),
        ownerReferences: [
          OwnerReference(
            apiVersion: "batch/v1", kind: "CronJob", name: "bao-backup", uid: "uid-cron", controller: true)
        ]),
      spec: JobSpec(activeDeadlineSeconds: 600, template: PodTemplateSpec(spec: PodSpec(containers: []))),
      status: JobStatus(startTime: Timestamp(Scene.start)))
    modify(&job)
    return job
  }

  static func pod(_ name: String = "pod-1", of job: Job, _ modify: (inout Pod) -> Void = { _ in }) -> Pod {
    var pod = Pod(
      metadata: ObjectMeta(
        name: name, namespace: "ns", uid: "uid-\(name)",
        labels: (job.metadata.labels ?? [:]).merging(["batch.kubernetes.io/job-name": job.key.name]) { $1 },
        ownerReferences: job.ownerReference().map { [$0] }),
      spec: PodSpec(containers: [
        Container(
          name: "executor", resources: ResourceRequirements(limits: ["memory": try! KubernetesModel.Quantity("128Mi")]))
      ]),
      status: PodStatus(phase: "Pending"))
    modify(&pod)
    return pod
  }

  static let id = "20261121T120000Z-k3x9ab"

  static func result(
    _ operation: JobOperation = .backup, _ outcome: ExecutorResult.Outcome = .succeeded, id: String = id,
    _ modify: (inout ExecutorResult) -> Void = { _ in }
  ) -> ExecutorResult {
    var result = ExecutorResult(
      operation: operation, outcome: outcome, startTime: Timestamp(Scene.start),
      completionTime: Timestamp(Scene.start + 30))
    if outcome == .succeeded {
      result.id = id
      result.location = "s3://backups/ns/bao/\(id)"
      result.artifacts = [
        Backup.Artifact(
          source: "raft", key: "raft.snap.zst", plainSize: 200, plainSHA256: "aa", storedSize: 100, storedSHA256: "bb")
      ]
      result.facts = ["raft": ["index": "7"]]
    }
    modify(&result)
    return result
  }

  static func text(_ result: ExecutorResult) -> String {
    String(decoding: try! JSONEncoder.kubernetes.encode(result), as: UTF8.self)
  }

  static func state(terminated code: Int32, reason: String? = nil, message: String? = nil, at seconds: Double = 30)
    -> ContainerStatus
  {
    ContainerStatus(
      name: "executor",
      state: ContainerState(
        terminated: ContainerTerminated(
          exitCode: code, reason: reason, message: message, startedAt: Timestamp(Scene.start),
          finishedAt: Timestamp(Scene.start + seconds))))
  }

  static func state(waiting reason: String, _ message: String? = nil) -> ContainerStatus {
    ContainerStatus(
      name: "executor", state: ContainerState(waiting: ContainerWaiting(reason: reason, message: message)))
  }

  static var running: ContainerStatus {
    ContainerStatus(
      name: "executor", state: ContainerState(running: ContainerRunning(startedAt: Timestamp(Scene.start))))
  }

  static func backup(
    _ name: String, policy: String = "bao", _ modify: (inout Backup) -> Void = { _ in }
  ) -> Backup {
    var backup = Backup(
      metadata: ObjectMeta(name: name, namespace: "ns", uid: "uid-\(name)"),
      spec: Backup.Spec(policyRef: NameReference(name: policy)))
    modify(&backup)
    return backup
  }

  /// A recorded run.
  static func done(
    _ name: String, at date: Date = Scene.start, id: String = id, phase: Backup.Phase = .completed,
    _ modify: (inout Backup) -> Void = { _ in }
  ) -> Backup {
    backup(name) {
      $0.metadata.labels = ObjectLabels.of(policy: "bao")
      $0.status = Backup.Status(phase: phase)
      $0.status?.startTime = Timestamp(date)
      $0.status?.completionTime = Timestamp(date + 30)
      if phase == .completed {
        $0.status?.id = id
        $0.status?.location = "s3://backups/ns/bao/\(id)"
      } else {
        $0.status?.failure = Backup.Failure(step: "upload", reason: "UploadFailed", message: "no")
      }
      modify(&$0)
    }
  }
}

extension Job {
  mutating func end(_ type: String, reason: String? = nil, message: String? = nil) {
    let time = Timestamp(Scene.start + 60)
    status = status ?? JobStatus(startTime: Timestamp(Scene.start))
    status?.conditions = [
      JobCondition(type: type, status: "True", reason: reason, message: message, lastTransitionTime: time)
    ]
    if type == "Complete" { status?.completionTime = time }
  }
}

extension FakeCluster {
  /// Without those that only try a target.
  var runJobs: [Job] { all(Job.self).filter { ![.preflight, .catalog].contains($0.operation) } }
  var preflightJobs: [Job] { all(Job.self).filter { $0.operation == .preflight } }

  /// As the Job controller and the executor would end it.
  func complete(_ job: String, with result: ExecutorResult?, code: Int32 = 0) {
    change(Job.self, job) {
      $0.end(code == 0 ? "Complete" : "Failed", reason: code == 0 ? nil : "BackoffLimitExceeded")
    }
    guard let live = object(Job.self, job) else { return }
    put(
      Make.pod("\(job)-pod", of: live) {
        $0.status = PodStatus(
          phase: code == 0 ? "Succeeded" : "Failed",
          containerStatuses: [Make.state(terminated: code, message: result.map(Make.text))])
      })
  }
}
