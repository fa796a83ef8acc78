import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

@testable import Operator

/// Backup objects are limited, the bucket is not.
@Suite struct HistoryLimitTests {
  private func done(_ name: String, day: Int, _ modify: (inout Backup) -> Void = { _ in }) -> Backup {
    Make.done(
      name, at: RFC3339.parse("2026-11-\(day)T06:00:00Z")!, id: "202611\(day)T060000Z-aaaaaa", modify)
  }

  private func tidied(_ backups: [Backup], limit: Int, _ requests: [RestoreRequest] = []) async throws -> Scene {
    let scene = Scene()
    scene.cluster.put(Make.policy { $0.historyLimit = limit })
    for backup in backups { scene.cluster.put(backup) }
    for request in requests { scene.cluster.put(request) }
    _ = try await scene.reconcilePolicy()
    return scene
  }

  private func names(_ scene: Scene) -> [String] { scene.cluster.all(Backup.self).map(\.key.name) }

  private func request(_ from: RestoreRequest.From, phase: RestoreRequest.Phase?) -> RestoreRequest {
    var request = RestoreRequest(metadata: ObjectMeta(name: "back", namespace: "ns", uid: "u"), spec: .init(from: from))
    request.status = phase.map { RestoreRequest.Status(phase: $0) }
    return request
  }

  @Test func theOldestCompletedOnesGo() async throws {
    var backups = (10..<16).map { done("d\($0)", day: $0) }
    backups.append(Make.done("failed", at: RFC3339.parse("2026-11-01T06:00:00Z")!, phase: .failed))
    let scene = try await tidied(backups, limit: 2)
    #expect(names(scene) == ["d14", "d15", "failed"])
    #expect(!scene.events.reasons.contains("BackupsPruned"))
    scene.cluster.clearWrites()
    _ = try await scene.reconcilePolicy()
    #expect(!scene.cluster.writes.contains { $0.contains("/backups/") })
  }

  @Test func whatSomebodyNeedsStays() async throws {
    let scene = try await tidied(
      [
        done("held", day: 10) { $0.metadata.annotations = [HoldfastAPI.holdAnnotation: "audit"] },
        done("old", day: 11), done("verified", day: 12) { $0.status?.verified = true },
        done("accepted", day: 13) { $0.metadata.annotations = [HoldfastAPI.acceptSizeAnnotation: "yes"] },
        done("own", day: 14), done("theirs", day: 15) { $0.status?.clusterID = "another" },
      ], limit: 1)
    #expect(names(scene) == ["accepted", "held", "own", "theirs", "verified"])
  }

  /// A person has yet to decide: what was there before the restore stays, as an object and in the bucket.
  @Test func theSafetyBackupOfAnOpenRestoreStays() async throws {
    var unknown = request(.init(backup: "gone"), phase: .unknown)
    unknown.status?.safetyBackup = "safety"
    let backups = [done("safety", day: 11), done("old", day: 12), done("last", day: 13), done("now", day: 14)]
    let scene = try await tidied(backups, limit: 1, [unknown])
    #expect(names(scene) == ["last", "now", "safety"])
    func kept(_ request: RestoreRequest) -> Set<String> {
      ProtectedBackups.ids(policy: "bao", namespace: "ns", backups: backups, requests: [request], now: .distantFuture)
    }
    #expect(kept(unknown) == [try #require(backups[0].status?.id)])
    unknown.status?.phase = .completed
    #expect(kept(unknown) == [])
  }

  @Test func theLastUndamagedOneStays() async throws {
    let scene = try await tidied(
      [done("good", day: 11), done("bad", day: 12) { $0.status?.verified = false }], limit: 1)
    #expect(names(scene) == ["bad", "good"])
  }

  @Test func aDamagedOneStaysToldOf() async throws {
    let backups = [
      done("bad", day: 10) { $0.status?.verified = false }, done("old", day: 11),
      done("seen", day: 12) { $0.status?.verified = true }, done("new", day: 13),
    ]
    #expect(names(try await tidied(backups, limit: 1)) == ["bad", "new", "seen"])
    // Not without end: a bucket that is lost has nothing but such ones.
    let start = RFC3339.parse("2026-01-01T06:00:00Z")!
    let lost = (0...PolicyHistory.damagedLimit + 5).map { number in
      Make.done("b\(number)", at: start + Double(number) * 3_600) { $0.status?.verified = false }
    }
    let beyond = PolicyHistory(lost).completedBeyond(2, now: Scene.start)
    #expect(Set(beyond.map(\.key.name)) == ["b0", "b1", "b2", "b3"])
  }

  /// Promise 6: there is something to go back to when the newest one turns out to be damaged.
  @Test func theOneBeforeTheNewestStaysForWhenThatIsDamaged() async throws {
    let scene = try await tidied([done("older", day: 10), done("a", day: 11), done("b", day: 12)], limit: 1)
    #expect(names(scene) == ["a", "b"])
    scene.cluster.change(Backup.self, "b") { $0.status?.verified = false }
    _ = try await scene.reconcilePolicy()
    #expect(names(scene) == ["a", "b"])
    let policy = try #require(scene.cluster.object(BackupPolicy.self, "bao"))
    #expect(policy.status?.recoveryPoint?.backup == "a")
    let protected = try await ProtectedBackups(client: scene.cluster.client).ids(for: policy, now: scene.clock.now)
    #expect(protected == ["20261111T060000Z-aaaaaa"])
  }

  /// The two writes of a removal, and somebody in between.
  @Test func whatStaysAfterAllIsRemovedAtItsEndAsItWasBefore() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy { $0.historyLimit = 2 })
    for day in 10..<12 {
      scene.cluster.put(
        done("d\(day)", day: day) {
          $0.spec.deletionPolicy = .delete
          $0.metadata.finalizers = [HoldfastAPI.artifactsFinalizer]
        })
    }
    for _ in 0..<2 { _ = try await scene.reconcilePolicy() }
    scene.cluster.put(done("d12", day: 12))
    scene.cluster.die(afterWrites: 1)
    _ = try? await scene.reconcilePolicy()
    scene.cluster.die(afterWrites: nil)
    let begun = try #require(scene.cluster.object(Backup.self, "d10"))
    #expect(
      begun.spec.deletionPolicy == .retain && begun.metadata.annotations?[HoldfastAPI.forgettingAnnotation] == "Delete")
    scene.cluster.change(Backup.self, "d10") { $0.metadata.annotations?[HoldfastAPI.holdAnnotation] = "audit" }
    _ = try await scene.reconcilePolicy()
    let held = try #require(scene.cluster.object(Backup.self, "d10"))
    #expect(held.spec.deletionPolicy == .delete && held.metadata.annotations == [HoldfastAPI.holdAnnotation: "audit"])
    _ = try await scene.reconcileBackup("d10")
    #expect(scene.cluster.object(Backup.self, "d10")?.metadata.finalizers == [HoldfastAPI.artifactsFinalizer])
    scene.cluster.clearWrites()
    _ = try await scene.reconcilePolicy()
    #expect(!scene.cluster.writes.contains { $0.contains("/backups/") })
  }

  @Test func whatARestoreMayUseStays() async throws {
    let backups = (10..<14).map { done("d\($0)", day: $0) }
    let named = try await tidied(backups, limit: 2, [request(.init(backup: "d10"), phase: .validating)])
    #expect(names(named) == ["d10", "d12", "d13"])
    let sought = try await tidied(
      backups, limit: 2, [request(.init(latest: .init(policyRef: .init(name: "bao"))), phase: nil)])
    #expect(names(sought) == ["d10", "d11", "d12", "d13"], "which one it will be is not known yet")
    let over = try await tidied(backups, limit: 2, [request(.init(backup: "d10"), phase: .completed)])
    #expect(names(over) == ["d12", "d13"])
  }

  /// The wish to remove the artifacts was for the day on which a person deletes the object.
  @Test func theBucketIsLeftAloneWhateverTheDeletionPolicySays() async throws {
    func backups() -> [Backup] {
      [
        done("old", day: 10) {
          $0.spec.deletionPolicy = .delete
          $0.metadata.finalizers = [HoldfastAPI.artifactsFinalizer]
        }, done("next", day: 11), done("new", day: 12),
      ]
    }
    let scene = try await tidied(backups(), limit: 1)
    #expect(names(scene) == ["new", "next"])
    #expect(!scene.cluster.all(Job.self).contains { $0.operation == .delete })

    // An operator that dies between the two writes has taken the wish back already, whoever looks at the object then.
    let dying = Scene()
    dying.cluster.put(Make.policy { $0.historyLimit = 1 })
    for backup in backups() { dying.cluster.put(backup) }
    for writes in 0..<6 {
      dying.cluster.die(afterWrites: writes)
      _ = try? await dying.reconcilePolicy()
      dying.cluster.die(afterWrites: nil)
      guard dying.cluster.object(Backup.self, "old") != nil else { break }
      _ = try await dying.reconcileBackup("old")
      #expect(!dying.cluster.all(Job.self).contains { $0.operation == .delete })
    }
    _ = try await dying.reconcilePolicy()
    #expect(names(dying) == ["new", "next"] && !dying.cluster.all(Job.self).contains { $0.operation == .delete })
  }

  @Test func aRestoreOfAnOlderOneIsToldTheWay() async throws {
    let scene = try await tidied((10..<14).map { done("d\($0)", day: $0) }, limit: 2)
    let latest = RestoreRequest.From.Latest(
      policyRef: .init(name: "bao"), before: Timestamp(RFC3339.parse("2026-11-11T12:00:00Z")!))
    do {
      _ = try await RestoreResolver(context: scene.context).resolve(request(.init(latest: latest), phase: nil))
      Issue.record("no error")
    } catch let stop as RestoreStop {
      let text = "\(stop)"
      #expect(text.contains("only the newest 2 have Backup objects (spec.historyLimit)"), "\(text)")
      #expect(
        text.contains("kubectl annotate bpol bao -n ns --overwrite holdfast.dev/catalog-sync=$(date +%s)")
          && text.contains("holdfast list"), "\(text)")
    }
  }

  @Test func whatRetentionRemovedIsToldOnThePolicy() async throws {
    let scene = try await tidied(
      [done("old", day: 10), done("new", day: 11) { $0.status?.pruned = ["20261110T060000Z-aaaaaa"] }], limit: 100)
    #expect(names(scene) == ["new"])
    #expect(scene.events.message("BackupsPruned") == "Retention removed 1 backup(s) from the target: old")
    _ = try await scene.reconcilePolicy()
    #expect(scene.events.reasons.filter { $0 == "BackupsPruned" }.count == 1)
  }
}
