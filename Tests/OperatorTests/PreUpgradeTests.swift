import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import KubernetesRuntime
import Testing

@testable import Operator

/// The gate is open for a while after a backup that can be trusted, and closed otherwise.
@Suite struct PreUpgradeTests {
  private func scene(
    _ preUpgrade: PreUpgrade = PreUpgrade(window: "30m"), gate: Bool = false
  ) -> Scene {
    let scene = Scene(preUpgradeGate: gate)
    scene.cluster.put(Make.policy { $0.preUpgrade = preUpgrade })
    return scene
  }

  private func status(_ scene: Scene) throws -> BackupPolicyStatus.PreUpgradeGate {
    try #require(scene.cluster.object(BackupPolicy.self, "bao")?.status?.preUpgrade)
  }

  private func ready(_ scene: Scene) -> Condition? {
    scene.cluster.object(BackupPolicy.self, "bao")?.status?.conditions["Ready"]
  }

  @Test func itIsOpenForTheWindowAndNoLonger() async throws {
    let scene = scene()
    _ = try await scene.reconcilePolicy()
    #expect(try status(scene).ready == false && status(scene).message?.contains("no good backup yet") == true)
    scene.cluster.put(Make.done("one", at: Scene.start - 600))
    _ = try await scene.reconcilePolicy()
    #expect(try status(scene) == .init(ready: true, backup: "one", until: Timestamp(Scene.start + 1_200)))
    #expect(ready(scene)?.message.contains("no effect") == false)
    let tracking = PreUpgradeTracking(
      Make.policy { $0.preUpgrade = PreUpgrade(window: "30m") }, problem: nil,
      history: PolicyHistory([Make.done("one", at: Scene.start - 600)]), now: Scene.start)
    #expect(tracking.changesAt == Scene.start + 1_200)
    scene.cluster.clearWrites()
    scene.clock.advance(1_199)
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [], "steady")
    scene.clock.advance(2)
    _ = try await scene.reconcilePolicy()
    let closed = try status(scene)
    #expect(!closed.ready && closed.backup == nil && closed.until == nil)
    #expect(
      closed.message?.contains("one, began at 2026-11-21T11:50:00Z, longer ago than spec.preUpgrade.window (30m)")
        == true)
    scene.cluster.clearWrites()
    scene.clock.advance(3_000)
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [], "steady")
  }

  @Test func whatCannotBeTrustedClosesIt() async throws {
    let cases: [(String, (inout Backup) -> Void)] = [
      ("not as it was made", { $0.status?.verified = false }),
      (
        "accept-size",
        {
          $0.status?.conditions.set("Suspicious", .true, .completed, "much smaller", now: Timestamp(Scene.start))
        }
      ),
      ("the last run, two, failed: UploadFailed", { $0.status?.phase = .failed }),
    ]
    for (text, modify) in cases {
      let scene = scene()
      scene.cluster.put(Make.done("one", at: Scene.start - 7_200))
      scene.cluster.put(Make.done("two", at: Scene.start - 60, id: "20261121T115900Z-bbbbbb", modify))
      scene.cluster.change(Backup.self, "two") {
        if $0.status?.phase == .failed {
          $0.status?.failure = .init(step: "upload", reason: "UploadFailed", message: "no")
        }
      }
      _ = try await scene.reconcilePolicy()
      let found = try status(scene)
      #expect(!found.ready && found.message?.contains(text) == true, "\(found)")
    }
    let foreign = scene()
    foreign.cluster.put(Make.done("theirs") { $0.status?.clusterID = "another" })
    _ = try await foreign.reconcilePolicy()
    #expect(try status(foreign).ready == false)
    let invalid = scene()
    invalid.cluster.put(Make.done("one"))
    _ = try await invalid.reconcilePolicy()
    #expect(try status(invalid).ready)
    invalid.cluster.change(BackupPolicy.self, "bao") { $0.spec.sources = [] }
    _ = try await invalid.reconcilePolicy()
    #expect(try !status(invalid).ready && status(invalid).message?.contains("spec.sources") == true)
    let leaving = scene()
    leaving.cluster.put(Make.done("one"))
    _ = try await leaving.reconcilePolicy()
    leaving.cluster.change(BackupPolicy.self, "bao") {
      $0.metadata.deletionTimestamp = Timestamp(Scene.start)
      $0.metadata.finalizers = ["example.org/slow"]
    }
    _ = try await leaving.reconcilePolicy()
    #expect(try !status(leaving).ready)
  }

  @Test func aRunThatTookLongerThanTheWindowSaysSo() async throws {
    let scene = scene()
    scene.cluster.put(
      Make.done("one", at: Scene.start - 2_700) { $0.status?.completionTime = Timestamp(Scene.start) })
    _ = try await scene.reconcilePolicy()
    #expect(try status(scene).message?.contains("its run took 45m") == true)
  }

  @Test func aBackupWithoutASourceOfThePolicyClosesIt() async throws {
    let scene = scene()
    let raft = Backup.Artifact(source: "raft", key: "raft.snap", storedSize: 1)
    scene.cluster.put(Make.done("one", at: Scene.start - 60) { $0.status?.artifacts = [raft] })
    _ = try await scene.reconcilePolicy()
    #expect(try status(scene).ready)
    scene.cluster.change(BackupPolicy.self, "bao") {
      var other = $0.spec.sources[0]
      other.name = "other"
      $0.spec.sources.append(other)
    }
    _ = try await scene.reconcilePolicy()
    #expect(
      try !status(scene).ready && status(scene).message?.contains("one, holds nothing of source other, which") == true)
    // What it holds is not known: its list was too long to be told.
    scene.cluster.change(Backup.self, "one") { $0.status?.artifacts = nil }
    _ = try await scene.reconcilePolicy()
    #expect(try status(scene).ready)
    // Something of each source is there, and not all.
    scene.cluster.change(Backup.self, "one") {
      $0.status?.artifacts = [raft, .init(source: "other", key: "other.snap", storedSize: 1)]
      $0.status?.conditions.set(
        "PartiallyCaptured", .true, .completed, "widgets: forbidden", now: Timestamp(Scene.start))
    }
    _ = try await scene.reconcilePolicy()
    #expect(try status(scene).ready && status(scene).message?.contains("PartiallyCaptured") == true)
  }

  @Test func whereVerificationIsRequiredTheOperatorAsksForIt() async throws {
    let scene = scene(PreUpgrade(requireVerified: true))
    scene.cluster.put(Make.done("one", at: Scene.start - 60) { $0.status?.trigger = .preUpgrade })
    try await scene.settle()
    #expect(try !status(scene).ready && status(scene).message?.contains("is being read back") == true)
    let job = try #require(scene.cluster.all(Job.self).first { $0.operation == .verify })
    scene.cluster.change(Backup.self, "one") {
      $0.status?.verified = true
      $0.status?.verification = .init(time: Timestamp(Scene.start), depth: .stored, message: "sound")
    }
    scene.cluster.complete(job.key.name, with: Make.result(.verify) { $0.verification = .init(good: 1) })
    try await scene.settle()
    #expect(try status(scene).ready)
    #expect(scene.cluster.refused == [], "the installed roles are not enough")

    // A scheduled one that nobody has read leaves the gate as it is, and is not read for it.
    scene.cluster.put(
      Make.done("two", at: Scene.start - 30, id: "20261121T115930Z-bbbbbb") { $0.status?.trigger = .scheduled })
    try await scene.settle()
    #expect(try status(scene).backup == "one")
    scene.clock.advance(1_745)
    scene.cluster.clearWrites()
    try await scene.settle()
    #expect(try !status(scene).ready && status(scene).message?.contains("verify-now=$(date +%s)") == true)
    #expect(scene.cluster.all(Job.self).count { $0.operation == .verify } == 1)
  }

  /// The hook of an upgrade waits for its own backup.
  @Test func anotherOneIsReadBackThoughTheGateIsOpen() async throws {
    let scene = scene(PreUpgrade(requireVerified: true))
    scene.cluster.put(
      Make.done("one", at: Scene.start - 60) {
        $0.status?.trigger = .manual
        $0.status?.verified = true
      })
    scene.cluster.put(
      Make.done("two", at: Scene.start - 30, id: "20261121T115930Z-bbbbbb") { $0.status?.trigger = .preUpgrade })
    try await scene.settle()
    #expect(try status(scene).ready && status(scene).backup == "one")
    #expect(scene.cluster.all(Job.self).count { $0.operation == .verify } == 1)
  }

  @Test func aVerificationThatFailedIsToldAndNotAskedForAgain() async throws {
    let scene = scene(PreUpgrade(requireVerified: true))
    scene.cluster.put(Make.done("one", at: Scene.start - 60) { $0.status?.trigger = .manual })
    try await scene.settle()
    let job = try #require(scene.cluster.all(Job.self).first { $0.operation == .verify })
    scene.cluster.complete(
      job.key.name,
      with: Make.result(.verify, .failed) { $0.failure = .init(step: "verify", reason: "AccessDenied", message: "no") },
      code: 1)
    try await scene.settle()
    #expect(try !status(scene).ready && status(scene).message?.contains("AccessDenied: no") == true)
    #expect(scene.cluster.all(Job.self).count { $0.operation == .verify } == 1)
  }

  // MARK: What the operator tells of the gate

  private func workload(_ reason: String?, policy: String = "bao") -> GatedDeployment {
    GatedDeployment(
      metadata: ObjectMeta(
        name: "web", namespace: "ns", uid: "uid-web", labels: [HoldfastAPI.preUpgradeLabel: policy],
        annotations: reason.map { [HoldfastAPI.breakGlassAnnotation: $0] }))
  }

  @Test func brokenGlassIsToldOnce() async throws {
    let scene = scene(gate: true)
    scene.cluster.put(workload(nil))
    _ = try await scene.reconcilePolicy()
    #expect(!scene.events.reasons.contains("BreakGlass"))
    scene.cluster.put(workload("INC-1"))
    // Each context is a restarted operator.
    for _ in 0..<3 { _ = try await scene.reconcilePolicy() }
    #expect(scene.events.reasons.count { $0 == "BreakGlass" } == 2, "one on the workload, one on the policy")
    let message = try #require(scene.events.message("BreakGlass"))
    #expect(message.contains("Deployment web carries holdfast.dev/break-glass: INC-1; "))
    #expect(
      message.contains("audit log") && !message.contains("change its images"), "what it was set for, nobody knows")
    let told = try #require(scene.cluster.object(BackupPolicy.self, "bao")?.status?.breakGlass)
    #expect(told == [.init(kind: "Deployment", name: "web", reason: "INC-1", time: Timestamp(Scene.start))])
    scene.cluster.put(workload("INC-2"))
    _ = try await scene.reconcilePolicy()
    #expect(scene.events.reasons.count { $0 == "BreakGlass" } == 4)
    scene.cluster.put(workload(" "))
    _ = try await scene.reconcilePolicy()
    #expect(scene.events.reasons.count { $0 == "BreakGlass" } == 4)
    #expect(scene.cluster.object(BackupPolicy.self, "bao")?.status?.breakGlass == nil)
    #expect(scene.cluster.refused == [], "the installed roles are not enough")
  }

  @Test func aLabelThatNamesNoPolicyIsToldOf() async throws {
    let scene = scene(gate: true)
    scene.cluster.put(workload(nil, policy: "boa"))
    _ = try await scene.reconcilePolicy("boa")
    #expect(scene.events.message("GateWithoutPolicy")?.contains("BackupPolicy boa") == true)
  }

  @Test func onlyWhatConcernsTheGateIsLookedAt() {
    let (old, key) = (workload(nil), ObjectKey(namespace: "ns", name: "bao"))
    func keys(_ modify: (inout ObjectMeta) -> Void) -> [ObjectKey] {
      var new = old
      new.metadata.resourceVersion = "2"
      modify(&new.metadata)
      return gatingPolicies(of: .updated(old: old, new: new))
    }
    #expect(keys { _ in } == [], "a status")
    #expect(keys { $0.annotations = ["deployment.kubernetes.io/revision": "2"] } == [])
    #expect(keys { $0.annotations = [HoldfastAPI.breakGlassAnnotation: "INC-1"] } == [key])
    #expect(keys { $0.generation = 2 } == [key])
    #expect(
      keys { $0.labels = [HoldfastAPI.preUpgradeLabel: "other"] } == [key, ObjectKey(namespace: "ns", name: "other")])
    #expect(gatingPolicies(of: .added(old)) == [key] && gatingPolicies(of: .deleted(old)) == [key])
  }

  @Test func aWorkloadWithoutTheLabelIsNamed() async throws {
    let wanted = PreUpgrade(workloads: [.init(kind: "Deployment", name: "web"), .init(kind: "StatefulSet", name: "db")])
    let off = scene(wanted)
    _ = try await off.reconcilePolicy()
    #expect(ready(off)?.status == .true && ready(off)?.message.contains("--pre-upgrade-gate is off") == true)
    #expect(off.cluster.refused == [], "it asks for what it has no right to")
    let scene = scene(wanted, gate: true)
    scene.cluster.put(workload(nil))
    _ = try await scene.reconcilePolicy()
    let message = try #require(ready(scene)?.message)
    #expect(message.contains("of StatefulSet db") && !message.contains("Deployment web"))
    #expect(message.contains("kubectl label statefulset db -n ns holdfast.dev/pre-upgrade=bao"))
  }
}
