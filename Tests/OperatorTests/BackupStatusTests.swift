import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

@testable import Operator

/// A state of a Job and its pods, and what the Backup must say of it.
struct RunCase: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var phase: Backup.Phase
  /// Of the failure where the run failed, of the condition `Completed` otherwise.
  var reason: Reason
  var step: String?
  var says: String
  var make: @Sendable () -> RunObservation

  init(
    _ name: String, _ phase: Backup.Phase, _ reason: Reason, step: String? = nil, says: String = "",
    previous: Backup.Status? = nil, job: @escaping @Sendable (inout Job) -> Void = { _ in },
    pods: [@Sendable (inout Pod) -> Void] = []
  ) {
    testDescription = name
    self.phase = phase
    self.reason = reason
    self.step = step
    self.says = says
    make = {
      var made = Make.job()
      job(&made)
      let fixed = made
      let all = pods.enumerated().map { index, modify in
        Make.pod("pod-\(index)", of: fixed) {
          $0.metadata.creationTimestamp = Timestamp(Scene.start + Double(index))
          modify(&$0)
        }
      }
      return RunObservation(job: fixed, pods: all, previous: previous)
    }
  }
}

private func container(_ status: ContainerStatus, phase: String = "Running") -> @Sendable (inout Pod) -> Void {
  { $0.status = PodStatus(phase: phase, containerStatuses: [status]) }
}

private func ended(_ code: Int32, _ result: ExecutorResult?, at seconds: Double = 30) -> @Sendable (inout Pod) -> Void {
  container(
    Make.state(terminated: code, message: result.map(Make.text), at: seconds), phase: code == 0 ? "Succeeded" : "Failed"
  )
}

private func failure(_ reason: Reason, step: String = "source", _ message: String = "it broke") -> ExecutorResult {
  Make.result(.backup, .failed) {
    $0.failure = Backup.Failure(step: step, reason: reason.rawValue, message: message, source: "raft")
  }
}

private let backoff: @Sendable (inout Job) -> Void = {
  $0.end("Failed", reason: "BackoffLimitExceeded", message: "limit")
}
private let deadline: @Sendable (inout Job) -> Void = { $0.end("Failed", reason: "DeadlineExceeded", message: "late") }
private let complete: @Sendable (inout Job) -> Void = { $0.end("Complete") }

private func waited(_ reason: Reason, _ message: String) -> Backup.Status {
  var status = Backup.Status(phase: .pending)
  status.conditions.set("Completed", .false, reason, message, now: Timestamp(Scene.start))
  return status
}

private let cases: [RunCase] = [
  RunCase("no pod yet", .pending, .waitingForJob, says: "waits for a pod"),
  RunCase("suspended by a person", .pending, .waitingForJob, says: "spec.suspend", job: { $0.spec.suspend = true }),
  RunCase(
    "suspended for its turn", .pending, .waitingForJob, says: "bao-backup-0",
    job: {
      $0.spec.suspend = true
      $0.metadata.annotations = [HoldfastAPI.waitsForAnnotation: "bao-backup-0"]
    }),
  RunCase(
    "container is being made", .pending, .waitingForJob, says: "ContainerCreating",
    pods: [container(Make.state(waiting: "ContainerCreating"), phase: "Pending")]),
  RunCase(
    "no node takes it", .pending, .podStartFailed, says: "Insufficient memory",
    pods: [
      {
        $0.status?.conditions = [
          PodCondition(type: "PodScheduled", status: "False", reason: "Unschedulable", message: "Insufficient memory")
        ]
      }
    ]),
  RunCase(
    "image cannot be pulled", .pending, .imagePullFailed, says: "ImagePullBackOff",
    pods: [container(Make.state(waiting: "ImagePullBackOff", "not found"), phase: "Pending")]),
  RunCase(
    "first try of an image", .pending, .imagePullFailed, says: "ErrImagePull",
    pods: [container(Make.state(waiting: "ErrImagePull"), phase: "Pending")]),
  RunCase(
    "Secret key for the environment is missing", .pending, .secretNotFound, says: "couldn't find key",
    pods: [container(Make.state(waiting: "CreateContainerConfigError", "couldn't find key x in Secret ns/y"))]),
  RunCase(
    "container cannot be made", .pending, .podStartFailed, says: "RunContainerError",
    pods: [container(Make.state(waiting: "RunContainerError", "exec format error"))]),
  RunCase("it runs", .running, .waitingForJob, says: "pod-0 runs", pods: [container(Make.running)]),
  RunCase(
    "a retry runs", .running, .waitingForJob, says: "pod-1 runs",
    pods: [ended(1, failure(.sourceUnreachable)), container(Make.running)]),
  RunCase(
    "between two attempts", .running, .waitingForJob, says: "another one follows",
    pods: [ended(1, failure(.sourceUnreachable))]),
  RunCase(
    "about to fail, pods still end", .running, .waitingForJob,
    job: { $0.end("FailureTarget", reason: "DeadlineExceeded") },
    pods: [container(Make.running)]),
  RunCase("complete", .completed, .completed, says: "s3://", job: complete, pods: [ended(0, Make.result())]),
  RunCase(
    "complete at the second attempt", .completed, .completed, job: complete,
    pods: [ended(1, failure(.sourceUnreachable), at: 10), ended(0, Make.result(), at: 50)]),
  RunCase("complete, result lost with its pod", .completed, .completed, job: complete),
  RunCase(
    "complete, message unreadable", .completed, .completed, job: complete,
    pods: [
      container(Make.state(terminated: 0, message: "{\"resultVersion\":"))
    ]),
  RunCase(
    "killed right after the manifest", .completed, .completed, job: backoff, pods: [ended(137, Make.result())]),
  RunCase(
    "exit code and result differ", .failed, .uploadFailed, step: "upload", job: complete,
    pods: [ended(0, failure(.uploadFailed, step: "upload"))]),
  RunCase(
    "executor says why", .failed, .sourceTruncated, step: "source", says: "it broke", job: backoff,
    pods: [ended(1, failure(.sourceTruncated))]),
  RunCase(
    "the last attempt counts", .failed, .accessDenied, step: "upload", job: backoff,
    pods: [ended(1, failure(.accessDenied, step: "upload"), at: 50), ended(1, failure(.sourceTruncated), at: 10)]),
  RunCase(
    "out of memory", .failed, .outOfMemory, step: "pod", says: "128Mi", job: backoff,
    pods: [container(Make.state(terminated: 137, reason: "OOMKilled"))]),
  RunCase(
    "killed", .failed, .executorCrashed, step: "pod", says: "signal 9", job: backoff,
    pods: [container(Make.state(terminated: 137, reason: "Error"))]),
  RunCase(
    "crashed with a message that is no result", .failed, .executorCrashed, step: "pod", says: "Fatal error",
    job: backoff,
    pods: [container(Make.state(terminated: 132, message: "Fatal error: index out of range"))]),
  RunCase(
    "evicted by the kubelet", .failed, .evicted, step: "pod", says: "low on", job: backoff,
    pods: [{ $0.status = PodStatus(phase: "Failed", reason: "Evicted", message: "The node was low on memory") }]),
  RunCase(
    "preempted", .failed, .evicted, step: "pod", says: "PreemptionByScheduler", job: backoff,
    pods: [
      {
        $0.status = PodStatus(
          phase: "Failed",
          conditions: [PodCondition(type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler")],
          containerStatuses: [Make.state(terminated: 137)])
      }
    ]),
  RunCase(
    "a node refuses the pod", .failed, .podStartFailed, step: "pod", says: "OutOfmemory", job: backoff,
    pods: [{ $0.status = PodStatus(phase: "Failed", reason: "OutOfmemory") }]),
  RunCase(
    "binary cannot start", .failed, .podStartFailed, step: "pod", says: "no such file", job: backoff,
    pods: [container(Make.state(terminated: 127, reason: "ContainerCannotRun", message: "no such file"))]),
  RunCase(
    "deadline, executor stopped cleanly", .failed, .deadlineExceeded, step: "upload", says: "600 s", job: deadline,
    pods: [ended(143, failure(.interrupted, step: "upload"))]),
  RunCase("deadline, pods gone", .failed, .deadlineExceeded, step: "pod", says: "activeDeadlineSeconds", job: deadline),
  RunCase(
    "deadline while the image was missing", .failed, .imagePullFailed, step: "pod", says: "no such image",
    previous: waited(.imagePullFailed, "no such image"), job: deadline),
  RunCase(
    "pods gone, last attempt known", .failed, .sourceUnauthorized, step: "source",
    previous: {
      var status = Backup.Status(phase: .running)
      status.failure = Backup.Failure(step: "source", reason: "SourceUnauthorized", message: "403")
      return status
    }(), job: backoff),
  RunCase("pods gone, nothing known", .failed, .executorCrashed, step: "pod", says: "no more is known", job: backoff),
]

@Suite struct BackupStatusTests {
  @Test(arguments: cases)
  func everyStateOfAJobHasItsStatus(_ run: RunCase) {
    let status = run.make().backupStatus(now: Timestamp(Scene.start))
    let completed = status.conditions["Completed"]
    #expect(status.phase == run.phase)
    #expect((run.phase == .failed ? status.failure?.reason : completed?.reason) == run.reason.rawValue)
    #expect(run.step == nil || status.failure?.step == run.step)
    #expect(run.says.isEmpty || completed?.message.contains(run.says) == true)
    #expect((status.conditions["Failed"]?.status == .true) == (run.phase == .failed))
    #expect((completed?.status == .true) == (run.phase == .completed))
  }

  @Test(arguments: cases)
  func derivingAgainChangesNothing(_ run: RunCase) {
    var observation = run.make()
    let first = observation.backupStatus(now: Timestamp(Scene.start))
    observation.previous = first
    #expect(observation.backupStatus(now: Timestamp(Scene.start + 3_600)) == first)
  }

  @Test func aCompleteRunCarriesWhatTheResultSays() {
    let job = Make.job { $0.end("Complete") }
    let result = Make.result {
      $0.prune = ExecutorResult.Prune(deleted: ["old"], count: 2, bytes: 300, message: "403")
    }
    let status = RunObservation(job: job, pods: [Make.pod(of: job, ended(0, result))], previous: nil)
      .backupStatus(now: Timestamp(Scene.start))
    #expect(status.id == Make.id && status.size == 100 && status.facts == ["raft": ["index": "7"]])
    #expect(status.artifacts?.first?.key == "ns/bao/\(Make.id)/raft.snap.zst")
    #expect(status.storage == BackupPolicyStatus.Storage(count: 2, bytes: 300) && status.pruned == ["old"])
    #expect(status.warnings == ["retention was not applied: 403"])
    #expect(status.trigger == .scheduled)
  }

  @Test func aGoodRunThatLacksSomethingSaysSo() {
    let result = Make.result { $0.missing = ["objects: widgets: Forbidden: no", "objects: gadgets: NotFound: gone"] }
    let job = Make.job { $0.end("Complete") }
    let status = RunObservation(job: job, pods: [Make.pod(of: job, ended(0, result))], previous: nil)
      .backupStatus(now: Timestamp(Scene.start))
    #expect(status.phase == .completed)
    let condition = status.conditions["PartiallyCaptured"]
    #expect(condition?.status == .true && condition?.reason == "PartiallyCaptured")
    #expect(
      condition?.message == "not in the backup: objects: widgets: Forbidden: no; objects: gadgets: NotFound: gone")
    let whole = RunObservation(job: job, pods: [Make.pod(of: job, ended(0, Make.result()))], previous: nil)
    #expect(whole.backupStatus(now: Timestamp(Scene.start)).conditions["PartiallyCaptured"] == nil)
  }

  @Test func aLostResultIsSaidAndNotInvented() {
    let job = Make.job { $0.end("Complete") }
    let status = RunObservation(job: job, pods: [], previous: nil).backupStatus(now: Timestamp(Scene.start))
    #expect(status.id == nil && status.warnings?.first?.contains("lost") == true)
  }

  @Test func theTriggerFollowsFromWhoMadeTheJob() {
    #expect(Make.job().trigger == .scheduled)
    #expect(Make.job { $0.metadata.annotations = ["cronjob.kubernetes.io/instantiate": "manual"] }.trigger == .manual)
    #expect(Make.job { $0.metadata.annotations = [HoldfastAPI.triggerAnnotation: "safety"] }.trigger == .safety)
    #expect(Make.job { $0.metadata.ownerReferences = nil }.trigger == .manual)
  }
}
