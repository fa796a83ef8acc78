import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

@testable import Operator

/// A Backup is read back because somebody asked: once for each value of the annotation, whatever happens in between.
@Suite struct VerifyNowTests {
  private func scene(_ token: String? = "1", _ modify: (inout Backup) -> Void = { _ in }) -> Scene {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(
      Make.done("one") {
        $0.metadata.annotations = token.map { [HoldfastAPI.verifyNowAnnotation: $0] }
        modify(&$0)
      })
    return scene
  }

  private func ask(_ scene: Scene, _ token: String) {
    scene.cluster.change(Backup.self, "one") {
      $0.metadata.annotations = [HoldfastAPI.verifyNowAnnotation: token]
    }
  }

  private func jobs(_ scene: Scene) -> [Job] { scene.cluster.all(Job.self).filter { $0.operation == .verify } }

  private func verification(_ scene: Scene) -> Backup.Verification? {
    scene.cluster.object(Backup.self, "one")?.status?.verification
  }

  /// What the executor writes, and how its Job ends.
  private func end(_ scene: Scene, _ job: Job, isGood: Bool = true) {
    scene.cluster.change(Backup.self, "one") {
      $0.status?.verified = isGood
      let request = $0.status?.verification?.request
      $0.status?.verification = .init(
        time: Timestamp(scene.clock.now), depth: .stored, message: isGood ? "sound" : "it differs", request: request)
    }
    let tally = isGood ? ExecutorResult.Verification(good: 1) : .init(damaged: 1)
    scene.cluster.complete(job.key.name, with: Make.result(.verify) { $0.verification = tally })
  }

  @Test func aRequestIsAnsweredOnce() async throws {
    let scene = scene()
    _ = try await scene.reconcileBackup("one")
    let job = try #require(jobs(scene).first)
    let args = job.spec.template.spec.containers[0].args ?? []
    #expect(args.prefix(3) == ["verify", "--scheduled", Make.id])
    #expect(job.spec.suspend == false && job.metadata.controllerReference?.uid == "uid-one")
    #expect(job.spec.template.spec.volumes?.contains { $0.name == "api" } == true)
    let binding = try #require(scene.cluster.all(RoleBinding.self).first)
    #expect(binding.roleRef.name == "holdfast-executor-verification")
    #expect(binding.metadata.controllerReference?.uid == job.metadata.uid)
    #expect(binding.subjects?.map(\.name) == ["bao-backup"])
    #expect(scene.cluster.object(ServiceAccount.self, "bao-backup") != nil)
    #expect(scene.cluster.refused == [], "the installed roles are not enough")
    // Neither a policy that asks for no verification, nor a second look, changes what runs.
    scene.cluster.clearWrites()
    _ = try await scene.reconcileBackup("one")
    #expect(scene.cluster.writes == [])
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.all(RoleBinding.self).count == 1)

    end(scene, job)
    _ = try await scene.reconcileBackup("one")
    #expect(verification(scene)?.request == "1" && verification(scene)?.requestFailure == nil)
    #expect(scene.cluster.all(RoleBinding.self).isEmpty)
    try await scene.settle()
    scene.cluster.clearWrites()
    try await scene.settle()
    #expect(scene.cluster.writes == [] && jobs(scene).count == 1)
    #expect(scene.cluster.object(BackupPolicy.self, "bao")?.status?.verification == nil, "it is no scheduled run")

    ask(scene, "2")
    try await scene.settle()
    let second = try #require(jobs(scene).first { $0.state == .active })
    end(scene, second, isGood: false)
    try await scene.settle()
    #expect(verification(scene)?.request == "2" && jobs(scene).count == 2)
    #expect(scene.cluster.object(Backup.self, "one")?.status?.conditions["Verified"]?.status == .false)
  }

  @Test func itGoesOnAfterAnyWrite() async throws {
    for count in 0..<8 {
      let scene = scene()
      scene.cluster.clearWrites()
      scene.cluster.die(afterWrites: count)
      for _ in 0..<20 where verification(scene)?.request == nil {
        do { _ = try await scene.reconcileBackup("one") } catch { scene.cluster.die(afterWrites: nil) }
        for job in jobs(scene) where job.state == .active {
          #expect(scene.cluster.all(RoleBinding.self).count == 1, "it runs without its right, after \(count) writes")
          end(scene, job)
        }
      }
      #expect(verification(scene)?.request == "1", "after \(count) writes")
      #expect(jobs(scene).count == 1 && scene.cluster.all(RoleBinding.self).isEmpty, "after \(count) writes")
    }
  }

  @Test func neverTwoAtOnce() async throws {
    let scene = scene()
    _ = try await scene.reconcileBackup("one")
    ask(scene, "2")
    try await scene.settle()
    #expect(jobs(scene).count == 1)
    scene.clock.advance(5)
    end(scene, jobs(scene)[0])
    _ = try await scene.reconcileBackup("one")
    #expect(verification(scene)?.request == "1", "who waits for the first hears of it")
    _ = try await scene.reconcileBackup("one")
    #expect(jobs(scene).count == 2 && jobs(scene).count { $0.state == .active } == 1)
  }

  @Test func aFailedOneSaysWhyAndTheVerdictStays() async throws {
    let scene = scene {
      $0.status?.verified = true
      $0.status?.verification = .init(time: Timestamp(Scene.start), depth: .plain, message: "sound")
    }
    _ = try await scene.reconcileBackup("one")
    scene.cluster.complete(
      jobs(scene)[0].key.name,
      with: Make.result(.verify, .failed) {
        $0.failure = .init(step: "verify", reason: "AccessDenied", message: "the store refuses")
      }, code: 1)
    _ = try await scene.reconcileBackup("one")
    let found = try #require(verification(scene))
    #expect(found.request == "1" && found.requestFailure?.reason == "AccessDenied")
    #expect(found.depth == .plain && scene.cluster.object(Backup.self, "one")?.status?.verified == true)
    #expect(scene.events.message("VerificationFailed")?.contains("the store refuses") == true)
    #expect(scene.cluster.all(RoleBinding.self).isEmpty)
  }

  @Test func whatCannotBeReadIsAnsweredAtOnce() async throws {
    let failed = scene {
      $0.status?.phase = .failed
      $0.status?.id = nil
    }
    let homeless = scene()
    homeless.cluster.remove(BackupPolicy.self, "bao")
    let invalid = scene()
    invalid.cluster.change(BackupPolicy.self, "bao") { $0.spec.sources = [] }
    for (scene, text) in [(failed, "the run failed"), (homeless, "no BackupPolicy bao"), (invalid, "spec.sources")] {
      _ = try await scene.reconcileBackup("one")
      let found = try #require(verification(scene))
      #expect(found.request == "1" && found.requestFailure?.message.contains(text) == true, "\(found)")
      #expect(scene.cluster.object(Backup.self, "one")?.status?.verified == nil)
      #expect(jobs(scene).isEmpty)
    }
  }

  /// Who may write policies and Backups of a namespace must get nothing beyond it by asking for a verification.
  @Test func aPolicyWithoutTrustIsGivenNothing() async throws {
    let scene = scene(nil)
    _ = try await scene.reconcilePolicy()
    let plan = try #require(scene.cluster.object(ConfigMap.self, "bao-plan"))
    scene.cluster.change(BackupPolicy.self, "bao") {
      $0.spec.sources = [Source(name: "all", resources: .init(namespaces: ["ns", "kube-system"]))]
      $0.metadata.generation = 2
    }
    ask(scene, "1")
    _ = try await scene.reconcileBackup("one")
    #expect(scene.cluster.all(RoleBinding.self).isEmpty && scene.cluster.all(ClusterRoleBinding.self).isEmpty)
    #expect(scene.cluster.object(ConfigMap.self, "bao-plan")?.data == plan.data)
    #expect(jobs(scene).isEmpty)
    #expect(verification(scene)?.requestFailure?.reason == "NotTrusted")
    #expect(verification(scene)?.requestFailure?.message.contains("kube-system") == true)
  }

  @Test func aVerificationGetsNoRightsOfTheSources() async throws {
    let scene = Scene()
    scene.cluster.put(PermissionsTests.resources())
    scene.cluster.put(Make.done("one") { $0.metadata.annotations = [HoldfastAPI.verifyNowAnnotation: "1"] })
    _ = try await scene.reconcileBackup("one")
    #expect(jobs(scene).count == 1)
    #expect(scene.cluster.all(RoleBinding.self).map(\.roleRef.name) == ["holdfast-executor-verification"])
  }

  @Test func aValueThatComesAgainIsReadAgain() async throws {
    let scene = scene()
    var uids: Set<String> = []
    for (token, isGood) in [("1", true), ("2", true), ("1", false)] {
      ask(scene, token)
      try await scene.settle()
      let job = try #require(jobs(scene).first { $0.state == .active }, "nothing runs for \(token)")
      #expect(job.metadata.annotations?[HoldfastAPI.verifyNowAnnotation] == token)
      uids.insert(job.metadata.uid ?? "")
      scene.clock.advance(60)
      end(scene, job, isGood: isGood)
      try await scene.settle()
      #expect(verification(scene)?.request == token)
    }
    #expect(uids.count == 3 && scene.cluster.object(Backup.self, "one")?.status?.verified == false)
  }

  @Test func aRunningBackupIsReadOnceItHasEnded() async throws {
    let scene = scene {
      $0.status = .init(phase: .running)
      $0.metadata.annotations?[HoldfastAPI.jobAnnotation] = "bao-backup-1/uid-bao-backup-1"
    }
    scene.cluster.put(Make.job())
    _ = try await scene.reconcileBackup("one")
    #expect(jobs(scene).isEmpty && verification(scene) == nil)
  }
}
