import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import KubernetesRuntime
import Testing

@testable import Operator

/// A policy learns of the backups that its target held before.
@Suite struct CatalogSyncTests {
  private func policy(_ scene: Scene) throws -> BackupPolicy {
    try #require(scene.cluster.object(BackupPolicy.self, "bao"))
  }

  private func job(_ scene: Scene) -> Job? {
    scene.cluster.all(Job.self).first { $0.operation == .catalog && $0.state == .active }
  }

  private func bindings(_ scene: Scene) -> [String] { scene.cluster.all(RoleBinding.self).map(\.roleRef.name) }

  /// A policy whose preflight has ended.
  private func start(olderBackups: Bool? = true, reason: String? = nil) async throws -> Scene {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    _ = try await scene.reconcilePolicy()
    try await preflight(scene, olderBackups: olderBackups, reason: reason)
    return scene
  }

  private func preflight(_ scene: Scene, olderBackups: Bool?, reason: String? = nil) async throws {
    scene.clock.advance(5)
    let job = try #require(scene.cluster.preflightJobs.first { $0.state == .active })
    let result = Make.result(.preflight, reason == nil ? .succeeded : .failed) {
      $0.capabilities = ["list": true, "conditionalWrite": true]
      $0.capabilities?["olderBackups"] = olderBackups
      if let reason { $0.failure = Backup.Failure(step: "preflight", reason: reason, message: "no") }
    }
    scene.cluster.complete(job.key.name, with: result, code: reason == nil ? 0 : 1)
    _ = try await scene.reconcilePolicy()
  }

  private func end(
    _ scene: Scene, found: Int = 3, made: Int = 3, unreadable: Int = 0, warnings: [String]? = nil
  ) async throws {
    let job = try #require(self.job(scene))
    scene.clock.advance(5)
    scene.cluster.complete(
      job.key.name,
      with: Make.result(.catalog) {
        $0.catalog = .init(
          found: found, made: made, unreadable: unreadable,
          storage: .init(
            count: found, bytes: 300, oldest: Timestamp(Scene.start - 900), newest: Timestamp(Scene.start - 60)))
        $0.warnings = warnings
      })
    scene.cluster.change(Job.self, job.key.name) { $0.status?.completionTime = Timestamp(scene.clock.now) }
    _ = try await scene.reconcilePolicy()
  }

  @Test func anEmptyTargetNeedsNoJob() async throws {
    let scene = try await start(olderBackups: false)
    #expect(job(scene) == nil)
    #expect(try policy(scene).status?.catalog?.found == 0)
    scene.cluster.clearWrites()
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [])
  }

  @Test func aTargetWithBackupsIsListedOnce() async throws {
    let scene = try await start()
    let job = try #require(self.job(scene))
    #expect(job.key.name.hasPrefix("bao-catalog-") && job.metadata.controllerReference?.uid == "uid-bao")
    #expect(job.spec.template.spec.containers[0].args?.prefix(2) == ["catalog", "sync"])
    #expect(job.spec.template.spec.serviceAccountName == "bao-backup")
    #expect(bindings(scene) == ["holdfast-executor-catalog"])
    #expect(scene.cluster.refused == [], "the installed roles are not enough")
    scene.cluster.clearWrites()
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [], "it waits")
    _ = try await scene.reconcileJob(job.key.name)
    #expect(scene.cluster.all(Backup.self).isEmpty, "the Job is no backup")

    try await end(scene)
    let status = try #require(try policy(scene).status)
    #expect(status.catalog?.found == 3 && status.catalog?.made == 3 && status.catalog?.failures == nil)
    #expect(status.conditions["CatalogSynced"]?.status == .true)
    #expect(status.storage?.count == 3 && status.storage?.bytes == 300)
    #expect(bindings(scene) == [], "the right is taken back")
    #expect(scene.events.reasons.contains("CatalogSynced"))
    scene.cluster.clearWrites()
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [])
    #expect(self.job(scene) == nil)
  }

  @Test func theAnnotationAsksForAnother() async throws {
    let scene = try await start(olderBackups: false)
    scene.cluster.change(BackupPolicy.self, "bao") {
      $0.metadata.annotations = [HoldfastAPI.catalogSyncAnnotation: "1"]
    }
    _ = try await scene.reconcilePolicy()
    try await end(scene, found: 1, made: 1)
    #expect(try policy(scene).status?.catalog?.request == "1")
    _ = try await scene.reconcilePolicy()
    #expect(job(scene) == nil, "once for each value")
    scene.cluster.change(BackupPolicy.self, "bao") {
      $0.metadata.annotations = [HoldfastAPI.catalogSyncAnnotation: "2"]
    }
    _ = try await scene.reconcilePolicy()
    #expect(job(scene) != nil)
  }

  @Test func anotherTargetIsListedWhenItIsKnownToWork() async throws {
    let scene = try await start()
    try await end(scene)
    scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.target.bucket = "other" }
    _ = try await scene.reconcilePolicy()
    #expect(job(scene) == nil, "its preflight is first")
    try await preflight(scene, olderBackups: true)
    #expect(job(scene) != nil)
    #expect(try policy(scene).status?.catalog?.found == 3, "until then the old one counts")
    try await end(scene, found: 1)
    #expect(try policy(scene).status?.storage?.count == 1)
  }

  enum Turn: CaseIterable, Sendable { case otherTarget, invalid, deleted, orphaned, nothing }

  /// Whatever became of the policy, the right to make Backups ends with the last Job.
  @Test(arguments: Turn.allCases)
  func theRightEndsWithTheJob(turn: Turn) async throws {
    let scene = try await start()
    let job = try #require(self.job(scene))
    switch turn {
    case .otherTarget: scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.target.bucket = "other" }
    case .invalid: scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.sources = [] }
    case .deleted:
      scene.cluster.change(BackupPolicy.self, "bao") { $0.metadata.deletionTimestamp = Timestamp(Scene.start) }
    case .orphaned: scene.cluster.remove(BackupPolicy.self, "bao")
    case .nothing: break
    }
    _ = try await scene.reconcilePolicy()
    #expect(bindings(scene) == ["holdfast-executor-catalog"], "the Job needs it")
    scene.cluster.change(Job.self, job.key.name) { $0.end("Complete") }
    _ = try await scene.reconcilePolicy()
    #expect(bindings(scene) == [])
    #expect(scene.cluster.refused == [], "the installed roles are not enough")
  }

  @Test func aTargetThatDoesNotWorkIsNotListed() async throws {
    let scene = try await start(olderBackups: nil, reason: "AccessDenied")
    #expect(job(scene) == nil)
    #expect(try policy(scene).status?.catalog == nil)
  }

  @Test func manifestsThatCannotBeUsedAreAWarning() async throws {
    let scene = try await start()
    try await end(
      scene, found: 3, made: 2, unreadable: 1, warnings: ["20261101T000000Z-aaaaaa: written by a newer Holdfast"])
    let condition = try #require(try policy(scene).status?.conditions["CatalogSynced"])
    #expect(condition.status == .false && condition.reason == "ManifestsUnreadable")
    #expect(condition.message.contains("20261101T000000Z-aaaaaa"))
    #expect(scene.events.message("CatalogIncomplete")?.contains("1 manifest(s) cannot be used") == true)
  }

  @Test func aFailureIsTriedAgainLaterAndChangesNoBackup() async throws {
    let scene = try await start()
    scene.cluster.put(Make.done("kept"))
    for failures in 1...3 {
      let job = try #require(self.job(scene))
      scene.cluster.complete(
        job.key.name,
        with: Make.result(.catalog, .failed) {
          $0.failure = Backup.Failure(step: "catalog", reason: "AccessDenied", message: "no listing")
        }, code: 1)
      scene.cluster.change(Job.self, job.key.name) {
        $0.status?.conditions?[0].lastTransitionTime = Timestamp(scene.clock.now)
      }
      _ = try await scene.reconcilePolicy()
      #expect(try policy(scene).status?.catalog?.failures == failures)
      #expect(try policy(scene).status?.conditions["CatalogSynced"]?.reason == "AccessDenied")
      _ = try await scene.reconcilePolicy()
      #expect(self.job(scene) == nil, "not at once")
      #expect(bindings(scene) == [])
      scene.clock.advance(4_000)
      _ = try await scene.reconcilePolicy()
    }
    #expect(scene.cluster.object(Backup.self, "kept")?.status?.phase == .completed)
  }

  @Test func aBackupFromTheCatalogueStartsNoRunWhileItsStatusIsMissing() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(
      Make.backup("bao-20261121t120000z-k3x9ab") {
        $0.metadata.annotations = [HoldfastAPI.catalogIDAnnotation: Make.id]
      })
    _ = try await scene.reconcileBackup("bao-20261121t120000z-k3x9ab")
    #expect(scene.cluster.runJobs.isEmpty)
    #expect(scene.cluster.object(Backup.self, "bao-20261121t120000z-k3x9ab")?.status == nil)
  }

  @Test func ofTwoForOneBackupTheRunsOwnStays() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.done("bao-backup-1"))
    scene.cluster.put(
      Make.done("bao-x") { $0.metadata.annotations = [HoldfastAPI.catalogIDAnnotation: Make.id] })
    scene.cluster.put(
      Make.done("bao-y", id: "20261120T120000Z-aaaaaa") {
        $0.metadata.annotations = [HoldfastAPI.catalogIDAnnotation: "20261120T120000Z-aaaaaa"]
      })
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.all(Backup.self).map(\.key.name) == ["bao-backup-1", "bao-y"])
  }

  /// Retention's count, and what it must keep, are the same for a Backup of either origin.
  @Test func retentionTakesThemForWhatTheyAre() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    for (name, id, isHeld) in [("a", "20261101T120000Z-aaaaaa", true), ("b", "20261102T120000Z-bbbbbb", false)] {
      scene.cluster.put(
        Make.done("bao-\(name)", at: Scene.start - 86_400 * 20, id: id) {
          $0.metadata.annotations = [HoldfastAPI.catalogIDAnnotation: id]
          if isHeld { $0.metadata.annotations?[HoldfastAPI.holdAnnotation] = "audit" }
        })
    }
    _ = try await scene.reconcilePolicy()
    let plan = try #require(scene.cluster.object(ConfigMap.self, "bao-plan")?.data?["plan.json"])
    #expect(plan.contains("20261101T120000Z-aaaaaa") && !plan.contains("20261102T120000Z-bbbbbb"))
    // A later run prunes one.
    scene.cluster.put(
      Make.done("bao-backup-9") {
        $0.status?.pruned = ["20261102T120000Z-bbbbbb"]
        $0.status?.storage = .init(count: 2, bytes: 200)
      })
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.all(Backup.self).map(\.key.name) == ["bao-a", "bao-backup-9"])
    #expect(try policy(scene).status?.storage?.count == 2)
  }

  @Test func latestIsFoundAmongThem() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    for (index, id) in ["20261101T120000Z-aaaaaa", "20261102T120000Z-bbbbbb"].enumerated() {
      scene.cluster.put(
        Make.done("bao-\(index)", at: Scene.start - 86_400 * Double(20 - index), id: id) {
          $0.metadata.annotations = [HoldfastAPI.catalogIDAnnotation: id]
        })
    }
    var request = RestoreRequest(
      metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"),
      spec: .init(from: .init(latest: .init(policyRef: .init(name: "bao"))), safetyBackup: false))
    scene.cluster.put(request)
    _ = try await scene.reconcileRestore()
    #expect(scene.cluster.object(RestoreRequest.self, "back")?.status?.backupID == "20261102T120000Z-bbbbbb")
    request.metadata.name = "before"
    request.metadata.uid = "uid-before"
    request.spec.from.latest?.before = Timestamp(Scene.start - 86_400 * 19.5)
    scene.cluster.put(request)
    _ = try await scene.reconcileRestore("before")
    #expect(scene.cluster.object(RestoreRequest.self, "before")?.status?.backupID == "20261101T120000Z-aaaaaa")
  }
}
