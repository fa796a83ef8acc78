import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import Testing

@testable import Operator

/// Promise 7, where no result tells how a restore ended: what was written down before it was begun does.
@Suite struct RestoreJournalTests {
  enum Written: CaseIterable, CustomTestStringConvertible {
    case nothing, repeatable, begun, done, noJournal
    var testDescription: String { "\(self)" }

    /// What is certain then.
    var phase: RestoreRequest.Phase { self == .begun || self == .noJournal ? .unknown : .failed }

    var told: String {
      switch self {
      case .nothing: "nothing was changed"
      case .repeatable: "what was written until then stays"
      case .begun: "pod p began to restore raft"
      case .done: "raft: restored"
      case .noJournal: "its journal is gone"
      }
    }

    func write(_ scene: Scene, _ job: Job) {
      guard self != .noJournal else {
        return scene.cluster.remove(ConfigMap.self, ObjectNames.result(job: job.key.name))
      }
      scene.change(journalOf: job) { journal in
        guard self != .nothing else { return }
        var begun = RestoreJournal.Begun(
          source: "raft", pod: "p", time: Timestamp(Scene.start), isRepeatable: self == .repeatable)
        if self == .done { begun.doneTime = Timestamp(Scene.start) }
        journal.begun = [begun]
      }
    }
  }

  private func scene() async throws -> (Scene, Job) {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.done("one"))
    scene.cluster.put(
      RestoreRequest(
        metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"),
        spec: RestoreRequest.Spec(from: .init(backup: "one"), safetyBackup: false)))
    _ = try await scene.reconcileRestore()
    return (scene, try #require(scene.restoreJobs.first))
  }

  /// The Job is deleted, or its pod dies, in every way that leaves no result.
  @Test(arguments: Written.allCases, [nil, 137, 1, 0] as [Int32?])
  func aJobWithoutAResultIsJudgedByItsJournal(written: Written, code: Int32?) async throws {
    let (scene, job) = try await scene()
    written.write(scene, job)
    if let code {
      scene.cluster.complete(job.key.name, with: nil, code: code)
    } else {
      scene.cluster.remove(Job.self, job.key.name)
    }
    _ = try await scene.reconcileRestore()
    let status = try #require(scene.restore?.status)
    #expect(status.phase == written.phase && status.claim?.job == job.key.name)
    #expect(status.failure?.message.contains(written.told) == true, "\(status.failure?.message ?? "")")
    #expect((status.failure?.reason == "OutcomeUnknown") == (written.phase == .unknown))
    #expect(scene.restoreJobs.count == (code == nil ? 0 : 1), "none is made again")
    guard written != .noJournal else { return }
    // A pod that Kubernetes has yet to stop begins nothing any more.
    let map = scene.cluster.object(ConfigMap.self, ObjectNames.result(job: job.key.name))
    #expect(try #require(RestoreJournal(data: map?.data ?? [:])).isClosed)
  }

  @Test func aPodOfADeletedJobIsWaitedFor() async throws {
    let (scene, job) = try await scene()
    scene.cluster.put(Make.pod("p", of: job) { $0.status = PodStatus(phase: "Running") })
    scene.cluster.remove(Job.self, job.key.name)
    _ = try await scene.reconcileRestore()
    #expect(scene.restore?.status?.phase == .restoring)
    #expect(scene.restore?.status?.conditions["Completed"]?.message.contains("pod p") == true)
    scene.cluster.remove(Pod.self, "p")
    _ = try await scene.reconcileRestore()
    #expect(scene.restore?.status?.phase == .failed)
  }

  /// The termination message goes with the pod.
  @Test func aResultInTheJournalOutlivesThePod() async throws {
    let (scene, job) = try await scene()
    scene.change(journalOf: job) {
      $0.setResult(Make.result(.restore) { $0.facts = ["raft": ["serves": "yes"]] }, of: "p")
    }
    scene.cluster.remove(Job.self, job.key.name)
    _ = try await scene.reconcileRestore()
    #expect(scene.restore?.status?.phase == .completed)
  }

  /// The operator looks, a pod claims, the operator closes: one of both must lose.
  @Test func aClaimBetweenTheLookAndTheEndIsSeen() async throws {
    let (scene, job) = try await scene()
    let stale = try #require(scene.cluster.object(ConfigMap.self, ObjectNames.result(job: job.key.name)))
    Written.begun.write(scene, job)
    await #expect(throws: (any Error).self) { try await scene.context.client.update(stale) }
    scene.cluster.remove(Job.self, job.key.name)
    _ = try await scene.reconcileRestore()
    #expect(scene.restore?.status?.phase == .unknown)
  }

  // MARK: A person decides

  private func unknown(_ done: [String] = []) async throws -> (Scene, Job) {
    let (scene, job) = try await scene()
    scene.change(journalOf: job) { journal in
      for source in done + ["raft"] {
        var begun = RestoreJournal.Begun(source: source, pod: "p", time: Timestamp(Scene.start), isRepeatable: false)
        if source != "raft" { begun.doneTime = Timestamp(Scene.start) }
        journal.begun.append(begun)
      }
    }
    scene.cluster.complete(job.key.name, with: nil, code: 137)
    _ = try await scene.reconcileRestore()
    #expect(scene.restore?.status?.phase == .unknown)
    return (scene, job)
  }

  private func decide(_ scene: Scene, _ value: String) async throws {
    scene.cluster.change(RestoreRequest.self, "back") {
      $0.metadata.annotations = [HoldfastAPI.decisionAnnotation: value]
    }
    _ = try await scene.reconcileRestore()
  }

  @Test func resumeMakesOneNewJobThatLeavesOutWhatIsDone() async throws {
    let (scene, first) = try await unknown(["pki"])
    try await decide(scene, "resume")
    let status = try #require(scene.restore?.status)
    let second = try #require(scene.restoreJobs.first { $0.key != first.key })
    #expect(status.phase == .restoring && status.attempt == 2 && status.claim?.job == second.key.name)
    #expect(second.isReleased && second.key.name.hasSuffix("-restore-2"))
    let plan = scene.cluster.object(ConfigMap.self, second.key.name)?.data?["plan.json"] ?? ""
    #expect(plan.contains("\"done\"") && plan.contains("\"pki\""), "\(plan)")
    // The annotation stays, and is acted on once.
    scene.cluster.complete(second.key.name, with: Make.result(.restore))
    _ = try await scene.reconcileRestore()
    _ = try await scene.reconcileRestore()
    #expect(scene.restore?.status?.phase == .completed && scene.restoreJobs.count == 2)
  }

  @Test func aSecondUnknownOutcomeNeedsASecondDecision() async throws {
    let (scene, first) = try await unknown()
    try await decide(scene, "resume")
    let second = try #require(scene.restoreJobs.first { $0.key != first.key })
    RestoreJournalTests.Written.begun.write(scene, second)
    scene.cluster.complete(second.key.name, with: nil, code: 137)
    _ = try await scene.reconcileRestore()
    _ = try await scene.reconcileRestore()
    #expect(scene.restore?.status?.phase == .unknown && scene.restoreJobs.count == 2)
    try await decide(scene, "resume-again")
    #expect(scene.restore?.status?.attempt == 3 && scene.restoreJobs.count == 3)
  }

  @Test func abandonEndsIt() async throws {
    let (scene, _) = try await unknown()
    try await decide(scene, "abandon")
    #expect(scene.restore?.status?.phase == .failed && scene.restore?.status?.failure?.reason == "Abandoned")
    try await decide(scene, "resume")
    #expect(scene.restore?.status?.phase == .failed && scene.restoreJobs.count == 1)
  }

  @Test func aWordThatIsNoDecisionIsTold() async throws {
    let (scene, _) = try await unknown()
    try await decide(scene, "retry")
    #expect(scene.restore?.status?.phase == .unknown && scene.restoreJobs.count == 1)
    #expect(scene.events.message("RestoreDecisionInvalid")?.contains("resume or abandon") == true)
  }

  /// A Job that somebody let go by hand may still be at work.
  @Test func resumeWaitsForAJobThatStillRuns() async throws {
    let (scene, first) = try await unknown()
    scene.cluster.change(Job.self, first.key.name) { $0.status?.conditions = nil }
    try await decide(scene, "resume")
    #expect(scene.restore?.status?.phase == .unknown && scene.restoreJobs.count == 1)
    scene.cluster.complete(first.key.name, with: nil, code: 137)
    _ = try await scene.reconcileRestore()
    #expect(scene.restore?.status?.phase == .restoring && scene.restoreJobs.count == 2)
  }

  /// The backup is still needed as long as nobody has decided.
  @Test func retentionKeepsTheBackupUntilTheDecision() async throws {
    let (scene, _) = try await unknown()
    let policy = try #require(scene.cluster.object(BackupPolicy.self, "bao"))
    #expect(
      try await ProtectedBackups(client: scene.context.client).ids(for: policy, now: scene.clock.now) == [Make.id])
    try await decide(scene, "abandon")
    #expect(try await ProtectedBackups(client: scene.context.client).ids(for: policy, now: scene.clock.now).isEmpty)
  }

  // MARK: What only a review found

  /// The executor's own words about its steps stand: what failed was the proof.
  @Test func aProofThatFailsLeavesTheRestoreDone() async throws {
    let (scene, job) = try await scene()
    let result = Make.result(.restore, .failed) {
      $0.steps = [RestoreRequest.Step(name: "restore", state: .completed), .init(name: "verify", state: .failed)]
      $0.failure = Backup.Failure(step: "verify", reason: "RestoreFailed", message: "not ready")
    }
    scene.cluster.complete(job.key.name, with: result, code: 1)
    _ = try await scene.reconcileRestore()
    let steps = scene.restore?.status?.steps ?? []
    #expect(steps.first { $0.name == "restore" }?.state == .completed && scene.restore?.status?.phase == .failed)
  }

  /// A Job that somebody let go by hand is followed to its end, and begins nothing more.
  @Test func aJobThatWasStartedByHandIsFollowed() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.done("one"))
    scene.cluster.put(
      RestoreRequest(
        metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"),
        spec: RestoreRequest.Spec(from: .init(backup: "one"), safetyBackup: false)))
    // The operator dies before its claim, and somebody lets the Job go.
    scene.cluster.forbid("patch restorerequests")
    scene.cluster.forbid("update restorerequests")
    scene.cluster.forbid("patch jobs")
    _ = try? await scene.reconcileRestore()
    let name = ObjectNames.restoreJob(request: "back", uid: "uid-back")
    if scene.cluster.object(Job.self, name) == nil {
      scene.cluster.allowEverything()
      _ = try? await scene.reconcileRestore()
      scene.cluster.change(RestoreRequest.self, "back") { $0.status?.claim = nil }
    }
    scene.cluster.allowEverything()
    scene.cluster.change(Job.self, name) { $0.spec.suspend = false }
    let job = try #require(scene.cluster.object(Job.self, name))
    Written.begun.write(scene, job)
    _ = try await scene.reconcileRestore()
    #expect(scene.restore?.status?.phase == .restoring && scene.restore?.status?.claim?.job == name)
    scene.cluster.complete(name, with: nil, code: 137)
    _ = try await scene.reconcileRestore()
    #expect(scene.restore?.status?.phase == .unknown)
  }

  /// The newest backup in a bucket is not known before its Job has looked: until then retention rests.
  @Test func retentionRestsWhileTheNewestIsSought() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    let location = RestoreRequest.From.Location(target: Target(bucket: "backups"), policy: "ns/bao", id: "latest")
    scene.cluster.put(
      RestoreRequest(
        metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"),
        spec: RestoreRequest.Spec(from: .init(location: location))))
    let policy = try #require(scene.cluster.object(BackupPolicy.self, "bao"))
    #expect(
      try await ProtectedBackups(client: scene.context.client).ids(for: policy, now: scene.clock.now) == [Plan.everyID])
    scene.cluster.change(RestoreRequest.self, "back") {
      $0.status = RestoreRequest.Status(phase: .restoring)
      $0.status?.backupID = Make.id
    }
    #expect(
      try await ProtectedBackups(client: scene.context.client).ids(for: policy, now: scene.clock.now) == [Make.id])
  }

  /// A backup of the policy's own server would not hold what is on another one.
  @Test(arguments: ["https://bao:8200", "https://other:8200"])
  func aServerThatThePolicyDoesNotCaptureHasNoSafetyBackup(address: String) async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.done("one"))
    let server = Source.OpenBao(address: address, tokenSecretRef: SecretReference(name: "t"))
    scene.cluster.put(
      RestoreRequest(
        metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"),
        spec: RestoreRequest.Spec(from: .init(backup: "one"), sources: [.init(name: "raft", openBao: server)])))
    _ = try await scene.reconcileRestore()
    let isOther = address.contains("other")
    #expect((scene.restore?.status?.phase == .failed) == isOther)
    #expect((scene.restore?.status?.failure?.message.contains("sources[raft]") == true) == isOther)
  }

  // MARK: One at a time

  @Test func twoRestoresOfOnePolicyRunOneAfterTheOther() async throws {
    let (scene, first) = try await scene()
    scene.cluster.put(
      RestoreRequest(
        metadata: ObjectMeta(name: "other", namespace: "ns", uid: "uid-other"),
        spec: RestoreRequest.Spec(from: .init(backup: "one"), safetyBackup: false)))
    for _ in 0..<3 { _ = try await scene.reconcileRestore("other") }
    let second = try #require(scene.restoreJobs.first { $0.key != first.key })
    #expect(!second.isReleased && second.state == .suspended)
    let waits = scene.cluster.object(RestoreRequest.self, "other")?.status?.conditions["Completed"]?.message
    #expect(waits?.contains(first.key.name) == true)
    scene.cluster.complete(first.key.name, with: Make.result(.restore))
    _ = try await scene.reconcileRestore("other")
    #expect(scene.restoreJobs.first { $0.key == second.key }?.isReleased == true)
  }

  @Test func aBackupWaitsForARestoreOfItsPolicy() async throws {
    let (scene, restore) = try await scene()
    scene.cluster.put(Make.job("by-hand"))
    _ = try await scene.reconcileJob("by-hand")
    let waiting = try #require(scene.cluster.object(Job.self, "by-hand"))
    #expect(waiting.state == .suspended)
    #expect(waiting.metadata.annotations?[HoldfastAPI.waitsForAnnotation] == restore.key.name)
    scene.cluster.complete(restore.key.name, with: Make.result(.restore))
    _ = try await scene.reconcileJob("by-hand")
    #expect(scene.cluster.object(Job.self, "by-hand")?.state == .active)
  }
}

extension Scene {
  var restoreJobs: [Job] { cluster.runJobs.filter { $0.operation == .restore } }
  var restore: RestoreRequest? { cluster.object(RestoreRequest.self, "back") }
}
