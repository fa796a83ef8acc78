import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Testing

@testable import Operator

/// `kubectl annotate backuppolicy X holdfast.dev/backup-now=<token>`: one backup for each token.
@Suite struct BackupNowTests {
  private let annotation = HoldfastAPI.backupNowAnnotation

  /// A policy that the operator has seen.
  private func scene(_ modify: (inout BackupPolicySpec) -> Void = { _ in }) async throws -> Scene {
    let scene = Scene()
    scene.cluster.put(Make.policy("bao", modify))
    try await scene.settlePolicy()
    return scene
  }

  private func annotate(_ scene: Scene, _ token: String?) {
    scene.cluster.change(BackupPolicy.self, "bao") { $0.metadata.annotations = token.map { [annotation: $0] } }
  }

  private func echo(_ scene: Scene) -> BackupPolicyStatus.BackupNow? {
    scene.cluster.object(BackupPolicy.self, "bao")?.status?.backupNow
  }

  @Test func aTokenMakesOneBackupAndIsEchoed() async throws {
    let scene = try await scene()
    annotate(scene, "one")
    for _ in 0..<3 { try await scene.settlePolicy() }
    let backup = try #require(scene.cluster.all(Backup.self).first)
    #expect(scene.cluster.all(Backup.self).count == 1)
    #expect(backup.spec.policyRef.name == "bao" && backup.metadata.annotations?[annotation] == "one")
    #expect(backup.metadata.ownerReferences == nil, "it outlives the policy")
    #expect(echo(scene) == .init(token: "one", backup: backup.key.name, time: backup.metadata.creationTimestamp))
    scene.cluster.clearWrites()
    try await scene.settlePolicy()
    #expect(scene.cluster.writes == [])
    try await scene.settle()
    #expect(scene.cluster.runJobs.count == 1)
    #expect(scene.cluster.object(Backup.self, backup.key.name)?.status?.trigger == .manual)
  }

  @Test func anotherTokenMakesAnotherBackup() async throws {
    let scene = try await scene()
    for token in ["one", "two", "one"] {
      annotate(scene, token)
      try await scene.settlePolicy()
      #expect(echo(scene)?.token == token)
    }
    #expect(scene.cluster.all(Backup.self).count == 2, "the first is found again")
  }

  @Test func whatWasAnsweredStaysSo() async throws {
    let scene = try await scene()
    annotate(scene, "one")
    try await scene.settlePolicy()
    let name = try #require(echo(scene)?.backup)
    scene.cluster.remove(Backup.self, name)
    try await scene.settlePolicy()
    annotate(scene, nil)
    try await scene.settlePolicy()
    annotate(scene, "one")
    try await scene.settlePolicy()
    #expect(scene.cluster.all(Backup.self).isEmpty, "pruned or deleted, it is not made again")
    #expect(echo(scene)?.backup == name)
  }

  @Test func aSuspendedPolicyRunsByHand() async throws {
    let scene = try await scene { $0.suspend = true }
    annotate(scene, "one")
    try await scene.settle()
    #expect(scene.cluster.runJobs.count == 1)
  }

  @Test func ofAnInvalidPolicyTheBackupSaysWhatIsWrong() async throws {
    let scene = try await scene { $0.sources = [] }
    annotate(scene, "one")
    try await scene.settle()
    let name = try #require(echo(scene)?.backup)
    let failure = scene.cluster.object(Backup.self, name)?.status?.failure
    #expect(failure?.reason == "InvalidSpec" && failure?.message.contains("spec.sources") == true)
    #expect(scene.cluster.runJobs.isEmpty)
  }

  @Test(arguments: [
    "release 1.2/β", "🚀", "line\nbreak", " ", "x=y,z", String(repeating: "long", count: 100),
    String(repeating: "e\u{301}", count: 2_000), "e" + String(repeating: "\u{301}", count: 5_000),
  ])
  func anyTokenWillDo(token: String) async throws {
    let scene = try await scene()
    annotate(scene, token)
    for _ in 0..<2 { try await scene.settle() }
    let backups = scene.cluster.all(Backup.self)
    #expect(backups.count == 1 && scene.cluster.runJobs.count == 1)
    #expect(backups[0].key.name.utf8.count <= 63)
    let shown = try #require(echo(scene)?.token)
    #expect(shown.utf8.count <= 253 && (token.utf8.count > 253 || shown == token))
    annotate(scene, token + "!")
    try await scene.settlePolicy()
    #expect(scene.cluster.all(Backup.self).count == 2, "long ones differ by their end as well")
  }

  @Test func anEmptyTokenAsksForNothing() async throws {
    let scene = try await scene()
    annotate(scene, "")
    try await scene.settlePolicy()
    #expect(scene.cluster.all(Backup.self).isEmpty && echo(scene) == nil)
  }

  @Test func namesStayShort() {
    let name = ObjectNames.backupNow(policy: String(repeating: "p", count: 63), uid: "u", token: "t")
    #expect(name.utf8.count <= 63)
    #expect(name != ObjectNames.backupNow(policy: String(repeating: "p", count: 63), uid: "v", token: "t"))
  }

  /// The operator dies after each of its writes, or never hears the answer to one.
  @Test func aCrashMakesNeitherTwoNorNone() async throws {
    for count in 0..<4 {
      let scene = try await scene()
      annotate(scene, "one")
      scene.cluster.clearWrites()
      scene.cluster.die(afterWrites: count)
      do { try await scene.settle() } catch { scene.cluster.die(afterWrites: nil) }
      try await scene.settle()
      #expect(scene.cluster.all(Backup.self).count == 1, "after \(count) writes")
      #expect(scene.cluster.runJobs.count == 1, "after \(count) writes")
      #expect(echo(scene)?.backup != nil)
    }
  }

  @Test func ofTwoOperatorsOneMakesIt() async throws {
    let scene = try await scene()
    annotate(scene, "one")
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<6 { group.addTask { _ = try? await scene.reconcilePolicy() } }
    }
    try await scene.settlePolicy()
    #expect(scene.cluster.all(Backup.self).count == 1 && echo(scene)?.backup != nil)
  }

  @Test func aRefusalIsToldAndTriedAgain() async throws {
    let scene = try await scene()
    annotate(scene, "one")
    scene.cluster.forbid("create backups")
    guard case .requeue(let delay) = try await scene.reconcilePolicy() else {
      Issue.record("it is not tried again")
      return
    }
    #expect(delay <= .seconds(60))
    #expect(scene.events.message("BackupNowFailed")?.contains("cannot be made") == true)
    #expect(echo(scene) == nil)
    scene.cluster.allowEverything()
    try await scene.settlePolicy()
    #expect(echo(scene)?.backup != nil)
  }

  // MARK: A token in a manifest

  private func managed(_ scene: Scene, manager: String, time: Date, ownsSpec: Bool) {
    guard var json = scene.cluster.raw(BackupPolicy.resource, "bao") else { return }
    var fields: JSONValue = ["f:metadata": ["f:annotations": ["f:\(annotation)": [:]]]]
    if ownsSpec { fields["f:spec"] = ["f:schedule": [:]] }
    json["metadata"]?["managedFields"] = [
      [
        "manager": .string(manager), "operation": "Update", "time": .string(Timestamp(time).description),
        "fieldsV1": fields,
      ]
    ]
    scene.cluster.putRaw(BackupPolicy.resource, json)
  }

  /// Deleted and applied again, or applied to another cluster, with the annotation still in the manifest.
  @Test func aTokenThatCameWithThePolicyTakesNoBackup() async throws {
    let scene = Scene()
    var policy = Make.policy()
    policy.metadata.annotations = [annotation: "one"]
    scene.cluster.put(policy)
    managed(scene, manager: "kubectl-client-side-apply", time: scene.clock.now, ownsSpec: true)
    for _ in 0..<2 { try await scene.settle() }
    #expect(scene.cluster.all(Backup.self).isEmpty)
    #expect(echo(scene)?.token == "one" && echo(scene)?.backup == nil)
    #expect(echo(scene)?.message?.contains("set another one") == true)
    #expect(scene.events.reasons.filter { $0 == "BackupNowIgnored" }.count == 1)
    annotate(scene, "two")
    try await scene.settlePolicy()
    #expect(echo(scene)?.backup != nil && echo(scene)?.message == nil)
  }

  /// Before the operator had seen the policy: somebody asked, and is heard.
  @Test(arguments: [(0.0, false), (1.0, false), (1.0, true)])
  func aTokenSetRightAfterTakesOne(later: TimeInterval, ownsSpec: Bool) async throws {
    let scene = Scene()
    var policy = Make.policy()
    policy.metadata.annotations = [annotation: "one"]
    scene.cluster.put(policy)
    managed(scene, manager: "kubectl-annotate", time: scene.clock.now + later, ownsSpec: ownsSpec)
    try await scene.settlePolicy()
    #expect(echo(scene)?.backup != nil)
  }
}
