import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import KubernetesRuntime
import Testing

@testable import Operator

@Suite struct TargetPreflightTests {
  private func condition(_ scene: Scene, _ type: String = "TargetReachable") -> Condition? {
    scene.cluster.object(BackupPolicy.self, "bao")?.status?.conditions[type]
  }

  private func check(_ scene: Scene) -> BackupPolicyStatus.TargetCheck? {
    scene.cluster.object(BackupPolicy.self, "bao")?.status?.target
  }

  private func newest(_ scene: Scene) throws -> Job {
    try #require(scene.cluster.preflightJobs.first { $0.state == .active })
  }

  /// Ends the preflight that runs, as its pod would.
  private func end(
    _ scene: Scene, after seconds: TimeInterval = 5, reason: String? = nil,
    _ modify: (inout ExecutorResult) -> Void = { _ in }
  ) throws {
    scene.clock.advance(seconds)
    let time = Timestamp(scene.clock.now)
    let job = try newest(scene)
    let result = Make.result(.preflight, reason == nil ? .succeeded : .failed) {
      $0.location = "s3://backups/ns/bao"
      if let reason {
        $0.failure = Backup.Failure(step: "preflight", reason: reason, message: "it said \(reason); do this")
      }
      modify(&$0)
    }
    scene.cluster.complete(job.key.name, with: result, code: reason == nil ? 0 : 1)
    scene.cluster.change(Job.self, job.key.name) {
      $0.status?.conditions?[0].lastTransitionTime = time
      if reason == nil { $0.status?.completionTime = time }
    }
  }

  private func start(_ modify: (inout BackupPolicySpec) -> Void = { _ in }) async throws -> Scene {
    let scene = Scene()
    scene.cluster.put(Make.policy("bao", modify))
    _ = try await scene.reconcilePolicy()
    return scene
  }

  @Test func aNewPolicysTargetIsTriedByAJobThatIsNoBackup() async throws {
    let scene = try await start()
    let job = try newest(scene)
    #expect(job.key.name.hasPrefix("bao-preflight-"))
    #expect(job.metadata.controllerReference?.uid == "uid-bao")
    #expect(job.spec.backoffLimit == 0 && job.spec.ttlSecondsAfterFinished == 600)
    #expect(job.spec.activeDeadlineSeconds == 180)
    #expect(job.spec.template.spec.containers[0].args?.first == "preflight")
    #expect(condition(scene)?.status == .unknown && condition(scene)?.reason == "NotChecked")
    #expect(condition(scene)?.message.contains(job.key.name) == true)
    _ = try await scene.reconcileJob(job.key.name)
    #expect(scene.cluster.all(Backup.self).isEmpty)
    #expect(condition(scene, "Ready")?.status == .true)
  }

  @Test func aTargetThatWorksIsReachable() async throws {
    let scene = try await start()
    try end(scene) {
      $0.capabilities = ["conditionalWrite": true, "list": false]
      $0.warnings = ["the credentials may not list"]
    }
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene)?.status == .true && condition(scene)?.reason == "TargetUsable")
    #expect(condition(scene)?.message == "s3://backups/ns/bao takes backups; the credentials may not list")
    #expect(check(scene)?.capabilities == ["conditionalWrite": true, "list": false])
    #expect(scene.events.reasons == ["TargetReachable"])
  }

  @Test func aSecondReconcileWritesNothing() async throws {
    let scene = try await start()
    for isDone in [false, true] {
      if isDone {
        try end(scene)
        _ = try await scene.reconcilePolicy()
      }
      scene.cluster.clearWrites()
      _ = try await scene.reconcilePolicy()
      scene.clock.advance(10)
      _ = try await scene.reconcilePolicy()
      #expect(scene.cluster.writes == [])
    }
    #expect(scene.cluster.preflightJobs.count == 1)
  }

  @Test(arguments: ["BucketNotFound", "AccessDenied", "SecretNotFound", "ObjectLockUnsupported"])
  func aTargetThatDoesNotIsNot(reason: String) async throws {
    let scene = try await start()
    try end(scene, reason: reason)
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene)?.status == .false && condition(scene)?.reason == reason)
    #expect(condition(scene)?.message == "it said \(reason); do this")
    #expect(scene.events.message("TargetUnreachable") == "\(reason): it said \(reason); do this")
    // It says nothing of the spec, and holds nothing up.
    #expect(condition(scene, "Ready")?.status == .true)
    #expect(scene.cluster.object(CronJob.self, "bao-backup") != nil)
  }

  @Test func failuresAreTriedAgainWithGrowingDelays() async throws {
    let scene = try await start()
    for (index, delay) in [60, 120, 240, 480, 960, 1_920, 3_600, 3_600].enumerated() {
      try end(scene, reason: "BucketNotFound")
      #expect(try await scene.reconcilePolicy() == .requeue(after: .seconds(delay + 1)))
      scene.clock.advance(Double(delay) - 1)
      _ = try await scene.reconcilePolicy()
      #expect(scene.cluster.preflightJobs.count == index + 1, "before \(delay) s")
      scene.clock.advance(2)
      _ = try await scene.reconcilePolicy()
      #expect(scene.cluster.preflightJobs.count == index + 2, "after \(delay) s")
    }
    #expect(scene.events.reasons == ["TargetUnreachable"], "told once")
    try end(scene)
    _ = try await scene.reconcilePolicy()
    #expect(check(scene)?.failures == nil && condition(scene)?.status == .true)
    #expect(scene.events.reasons == ["TargetUnreachable", "TargetReachable"])
  }

  @Test func aTargetThatWorksIsTriedOnceADay() async throws {
    let scene = try await start()
    try end(scene)
    _ = try await scene.reconcilePolicy()
    scene.clock.advance(86_390)
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.preflightJobs.count == 1)
    scene.clock.advance(20)
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.preflightJobs.count == 2)
    // What is known stays until there is something new.
    #expect(condition(scene)?.status == .true)
  }

  @Test func aBackupIsAsGoodAsAPreflight() async throws {
    let scene = try await start()
    try end(scene)
    _ = try await scene.reconcilePolicy()
    scene.clock.advance(80_000)
    scene.cluster.put(Make.done("one", at: scene.clock.now))
    scene.clock.advance(60)
    _ = try await scene.reconcilePolicy()
    scene.clock.advance(10_000)
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.preflightJobs.count == 1)
    #expect(condition(scene)?.message.contains("takes backups") == true)
  }

  @Test func aBackupThatTheStoreRefusedTellsAtOnce() async throws {
    let scene = try await start()
    try end(scene)
    _ = try await scene.reconcilePolicy()
    scene.clock.advance(1_000)
    func fail(_ name: String, _ step: String, _ reason: String) async throws {
      scene.clock.advance(60)
      scene.cluster.put(
        Make.done(name, at: scene.clock.now, phase: .failed) {
          $0.status?.failure = Backup.Failure(step: step, reason: reason, message: "no")
        })
      scene.clock.advance(60)
      _ = try await scene.reconcilePolicy()
    }
    // A source's certificate is none of the target's.
    try await fail("one", "source", "CertificateUntrusted")
    #expect(condition(scene)?.status == .true)
    try await fail("two", "upload", "AccessDenied")
    #expect(condition(scene)?.reason == "AccessDenied" && condition(scene)?.message == "Backup two: no")
    // A preflight looks again soon, and has the last word.
    scene.clock.advance(61)
    _ = try await scene.reconcilePolicy()
    try end(scene)
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene)?.status == .true)
    scene.clock.advance(60)
    scene.cluster.put(Make.done("three", at: scene.clock.now))
    scene.clock.advance(60)
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene)?.status == .true)
  }

  @Test func aBackupMendsWhatAPreflightFound() async throws {
    let scene = try await start()
    try end(scene, reason: "BucketNotFound")
    _ = try await scene.reconcilePolicy()
    scene.clock.advance(5)
    scene.cluster.put(Make.done("one", at: scene.clock.now))
    scene.clock.advance(30)
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene)?.status == .true && condition(scene)?.message.contains("Backup one") == true)
    scene.clock.advance(600)
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.preflightJobs.count == 1)
  }

  @Test func aChangedTargetIsTriedAnew() async throws {
    let scene = try await start()
    try end(scene)
    _ = try await scene.reconcilePolicy()
    scene.cluster.put(Make.done("old", at: scene.clock.now - 30))
    scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.target.bucket = "elsewhere" }
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.preflightJobs.count == 2)
    // Nothing is known of it, and a backup to the old one says nothing.
    #expect(condition(scene)?.status == .unknown && check(scene)?.capabilities == nil)
    for change: @Sendable (inout BackupPolicySpec) -> Void in [
      { $0.executor = ExecutorTemplate(serviceAccountName: "other") },
      { $0.executor = ExecutorTemplate(env: [["name": "AWS_PROFILE", "value": "x"]]) },
    ] {
      let before = scene.cluster.preflightJobs.count
      scene.cluster.change(BackupPolicy.self, "bao") { change(&$0.spec) }
      _ = try await scene.reconcilePolicy()
      #expect(scene.cluster.preflightJobs.count == before + 1)
    }
  }

  @Test func whatDoesNotConcernTheTargetIsNoReason() async throws {
    let scene = try await start()
    try end(scene)
    _ = try await scene.reconcilePolicy()
    scene.cluster.change(BackupPolicy.self, "bao") {
      $0.spec.schedule = "@hourly"
      $0.spec.retention = nil
      $0.spec.target.concurrency = 7
      $0.spec.executor = ExecutorTemplate(nodeSelector: ["disk": "ssd"])
    }
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.preflightJobs.count == 1 && condition(scene)?.status == .true)
  }

  @Test func anInvalidPolicyIsNotTriedAndKeepsWhatIsKnown() async throws {
    let scene = try await start()
    try end(scene)
    _ = try await scene.reconcilePolicy()
    scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.target.bucket = "NO" }
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene, "Ready")?.status == .false && condition(scene)?.status == .true)
    #expect(scene.cluster.preflightJobs.count == 1)
  }

  @Test func aSuspendedPolicyIsTriedWhenItChangesAndNotAgain() async throws {
    let scene = try await start { $0.suspend = true }
    try end(scene, reason: "AccessDenied")
    _ = try await scene.reconcilePolicy()
    scene.clock.advance(200_000)
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.preflightJobs.count == 1 && condition(scene)?.reason == "AccessDenied")
  }

  @Test func aPodThatCannotStartSaysNothingOfTheTarget() async throws {
    let scene = try await start()
    let job = try newest(scene)
    scene.cluster.put(
      Make.pod("p", of: job) {
        $0.status = PodStatus(
          phase: "Pending", containerStatuses: [Make.state(waiting: "ImagePullBackOff", "no such image")])
      })
    scene.cluster.change(Job.self, job.key.name) { $0.end("Failed", reason: "DeadlineExceeded") }
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene)?.status == .unknown && condition(scene)?.reason == "ImagePullFailed")
    #expect(condition(scene)?.message.contains("no such image") == true)
    #expect(scene.events.reasons == ["TargetCheckFailed"])
  }

  @Test func aPreflightThatHangsIsADeadlineExceeded() async throws {
    let scene = try await start()
    let job = try newest(scene)
    scene.cluster.change(Job.self, job.key.name) { $0.end("Failed", reason: "DeadlineExceeded") }
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene)?.status == .unknown && condition(scene)?.reason == "DeadlineExceeded")
    #expect(condition(scene)?.message.contains("of 180 s") == true)
  }

  @Test func aJobThatCannotBeMadeHoldsNothingUp() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.forbid("create jobs")
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene, "Ready")?.status == .true)
    #expect(condition(scene)?.status == .unknown && condition(scene)?.reason == "ApplyFailed")
    #expect(try await scene.reconcilePolicy() == .requeue(after: .seconds(61)))
  }

  @Test func aJobOfSomebodyElseIsLeftAlone() async throws {
    let scene = try await start()
    let job = try newest(scene)
    scene.cluster.change(Job.self, job.key.name) { $0.metadata.ownerReferences = nil }
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene)?.reason == "NameConflict")
  }

  @Test func aJobThatWentAwayUnseenIsMadeAgain() async throws {
    let scene = try await start()
    let name = try newest(scene).key.name
    scene.cluster.remove(Job.self, name)
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.preflightJobs.map(\.key.name) == [name])
  }

  @Test func preflightsCanBeTurnedOff() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    func reconcile() async throws {
      var context = scene.context
      var configuration = context.configuration
      configuration.targetPreflight = false
      context = OperatorContext(
        client: context.client, configuration: configuration, events: context.events, now: context.now,
        logger: context.logger)
      _ = try await BackupPolicyReconciler(context: context).reconcile(Scene.key("bao"))
    }
    try await reconcile()
    #expect(scene.cluster.preflightJobs.isEmpty && condition(scene)?.reason == "NotChecked")
    #expect(condition(scene)?.message.contains("--target-preflight=false") == true)
    scene.clock.advance(10)
    scene.cluster.put(Make.done("one", at: scene.clock.now))
    scene.clock.advance(40)
    try await reconcile()
    #expect(condition(scene)?.status == .true)
  }

  /// The operator dies after its n-th write, for every n.
  @Test func aPreflightGoesOnAfterAnyWrite() async throws {
    for count in 0..<5 {
      let scene = Scene()
      scene.cluster.put(Make.policy())
      scene.cluster.clearWrites()
      scene.cluster.die(afterWrites: count)
      for _ in 0..<6 {
        do { _ = try await scene.reconcilePolicy() } catch { scene.cluster.die(afterWrites: nil) }
        if scene.cluster.preflightJobs.contains(where: { $0.state == .active }) { try end(scene) }
      }
      #expect(scene.cluster.preflightJobs.count == 1, "after \(count) writes")
      #expect(condition(scene)?.status == .true, "after \(count) writes")
    }
  }

  @Test func aStoreThatIsNotVerifiedIsAConditionAndOneEvent() async throws {
    let scene = try await start { $0.target.insecureSkipVerify = true }
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene, "TLSVerified")?.status == .false)
    #expect(condition(scene, "TLSVerified")?.reason == "VerificationDisabled")
    #expect(scene.events.reasons.filter { $0 == "TLSNotVerified" }.count == 1)
    scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.target.insecureSkipVerify = nil }
    _ = try await scene.reconcilePolicy()
    #expect(condition(scene, "TLSVerified") == nil)
  }
}
