import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

@testable import Operator

/// A run that found itself suspiciously small is shown until somebody accepts that.
@Suite struct SizeTrackingTests {
  private func done(_ name: String, day: Int, size: Int64, isMarked: Bool = false) -> Backup {
    Make.done(name, at: RFC3339.parse("2026-11-\(day)T06:00:00Z")!, id: "202611\(day)T060000Z-aaaaaa") {
      $0.status?.artifacts = [Backup.Artifact(source: "raft", key: "k", plainSize: size, storedSize: 9)]
      guard isMarked else { return }
      $0.status?.mark(
        Backup.Anomaly(
          source: "raft", size: size, median: 1_000, compared: 5, ratio: 0.5, message: "source raft gave little"),
        now: Timestamp(Scene.start))
    }
  }

  private func scene(_ backups: [Backup], _ modify: (inout BackupPolicySpec) -> Void = { _ in }) async throws -> Scene {
    let scene = Scene()
    scene.cluster.put(Make.policy("bao", modify))
    for backup in backups { scene.cluster.put(backup) }
    _ = try await scene.reconcilePolicy()
    return scene
  }

  private func accept(_ name: String, in scene: Scene) async throws {
    scene.cluster.change(Backup.self, name) {
      $0.metadata.annotations = ($0.metadata.annotations ?? [:]).merging([HoldfastAPI.acceptSizeAnnotation: "moved"]) {
        $1
      }
    }
    for _ in 0..<2 { _ = try await scene.reconcilePolicy() }
  }

  private func condition(_ scene: Scene, _ backup: String) -> Condition? {
    scene.cluster.object(Backup.self, backup)?.status?.conditions["Suspicious"]
  }

  private func policy(_ scene: Scene) throws -> BackupPolicy {
    try #require(scene.cluster.object(BackupPolicy.self, "bao"))
  }

  private func plan(_ scene: Scene) -> String {
    scene.cluster.object(ConfigMap.self, "bao-plan")?.data?["plan.json"] ?? ""
  }

  @Test func aSmallBackupIsToldOfOnceAndUntilItsSizeIsAccepted() async throws {
    let scene = try await scene([
      done("big", day: 19, size: 1_000), done("small", day: 20, size: 10, isMarked: true),
    ])
    var told = try #require(try policy(scene).status?.conditions["Suspicious"])
    #expect(told.status == .true && told.reason == "SizeShrunk")
    #expect(told.message.contains("Backup small: source raft gave little; older backups stay"))
    #expect(told.message.contains("kubectl annotate backup small -n ns holdfast.dev/accept-size="))
    let marked = try #require(condition(scene, "small"))
    #expect(marked.message.contains("kubectl annotate backup small -n ns holdfast.dev/accept-size="))
    scene.cluster.put(done("small2", day: 21, size: 10, isMarked: true))
    for _ in 0..<2 { _ = try await scene.reconcilePolicy() }
    told = try #require(try policy(scene).status?.conditions["Suspicious"])
    #expect(told.message.contains("Backup small2"))
    #expect(scene.events.reasons.filter { $0 == "BackupSuspicious" }.count == 1)

    try await accept("small2", in: scene)
    #expect(try policy(scene).status?.conditions["Suspicious"] == nil)
    #expect(condition(scene, "small")?.status == .false && condition(scene, "small2")?.reason == "SizeAccepted")
    #expect(scene.cluster.object(Backup.self, "small2")?.status?.anomaly != nil, "what was found stays on record")
    #expect(plan(scene).contains("acceptedIDs") && plan(scene).contains("20261121T060000Z-aaaaaa"))
    scene.cluster.clearWrites()
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [])

    // Taking the word back counts as well.
    scene.cluster.change(Backup.self, "small2") { $0.metadata.annotations = nil }
    for _ in 0..<2 { _ = try await scene.reconcilePolicy() }
    #expect(condition(scene, "small2")?.status == .true && !plan(scene).contains("acceptedIDs"))
  }

  @Test func whatCameAfterAnAcceptedOneIsJudgedByIt() async throws {
    let scene = try await scene([
      done("first", day: 18, size: 10, isMarked: true), done("same", day: 19, size: 9, isMarked: true),
      done("gone", day: 20, size: 1, isMarked: true),
    ])
    try await accept("first", in: scene)
    #expect(condition(scene, "same")?.status == .false)
    #expect(condition(scene, "gone")?.status == .true)
    #expect(try policy(scene).status?.conditions["Suspicious"]?.message.contains("Backup gone") == true)
  }

  @Test func aBiggerOneAfterItEndsTheAlarm() async throws {
    let scene = try await scene([done("small", day: 19, size: 10, isMarked: true), done("big", day: 20, size: 990)])
    #expect(try policy(scene).status?.conditions["Suspicious"] == nil)
    #expect(condition(scene, "small")?.status == .true)
  }

  @Test func withTheRuleOffNothingIsSuspicious() async throws {
    let scene = try await scene([done("small", day: 19, size: 10, isMarked: true)]) {
      $0.anomaly = Anomaly(minSizeRatio: 0)
    }
    #expect(try policy(scene).status?.conditions["Suspicious"] == nil && condition(scene, "small")?.status == .false)
  }

  @Test func theRunsResultMakesTheMark() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.job())
    let anomaly = Backup.Anomaly(size: 1, median: 100, compared: 4, ratio: 0.5, message: "it gave 1 byte")
    scene.cluster.complete("bao-backup-1", with: Make.result { $0.anomaly = anomaly })
    _ = try await scene.reconcileJob("bao-backup-1")
    let status = try #require(scene.cluster.object(Backup.self, "bao-backup-1")?.status)
    #expect(status.phase == .completed && status.anomaly == anomaly)
    #expect(status.conditions["Suspicious"]?.status == .true && status.warnings == ["suspicious: it gave 1 byte"])
    #expect(scene.events.message("BackupCompleted")?.contains("It is suspicious: it gave 1 byte.") == true)
    _ = try await scene.reconcilePolicy()
    let live = try policy(scene)
    let history = PolicyHistory(scene.cluster.all(Backup.self))
    #expect(PolicyMetric.figures(of: live, try #require(live.status), history, missed: nil)[.suspicious] == 1)
  }
}
