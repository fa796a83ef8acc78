import Foundation
import HoldfastAPI
import KubernetesModel
import KubernetesRuntime
import Testing

@testable import Operator

/// Which Backups nobody need look at when the operator starts: those for which a reconcile would do nothing.
@Suite struct SettledBackupTests {
  typealias Edit = @Sendable (inout Backup) -> Void

  /// As the operator leaves one.
  private static let done: Edit = { $0.metadata.labels = [HoldfastAPI.policyLabel: "bao"] }

  private static let settled: [(String, Edit)] = [
    ("a run that ended well", { _ in }),
    ("one that failed", { $0.status?.phase = .failed }),
    (
      "one whose artifacts go with it",
      {
        $0.spec.deletionPolicy = .delete
        $0.metadata.finalizers = [HoldfastAPI.artifactsFinalizer]
      }
    ),
    (
      "an answered request",
      {
        $0.metadata.annotations = [HoldfastAPI.verifyNowAnnotation: "1"]
        $0.status?.verification = .init(time: Timestamp(Scene.start), request: "1")
      }
    ),
  ]

  private static let unsettled: [(String, Edit)] = [
    ("no status", { $0.status = nil }),
    ("a run that goes on", { $0.status?.phase = .running }),
    ("a run that waits", { $0.status?.phase = .pending }),
    ("no label", { $0.metadata.labels = nil }),
    ("another policy's label", { $0.metadata.labels = [HoldfastAPI.policyLabel: "other"] }),
    ("deleted", { $0.metadata.deletionTimestamp = Timestamp(Scene.start) }),
    ("no finalizer", { $0.spec.deletionPolicy = .delete }),
    ("a finalizer that nobody wants", { $0.metadata.finalizers = [HoldfastAPI.artifactsFinalizer] }),
    ("a request", { $0.metadata.annotations = [HoldfastAPI.verifyNowAnnotation: "1"] }),
    (
      "another request",
      {
        $0.metadata.annotations = [HoldfastAPI.verifyNowAnnotation: "2"]
        $0.status?.verification = .init(time: Timestamp(Scene.start), request: "1")
      }
    ),
    (
      "a finding that no condition tells of",
      {
        $0.status?.verified = false
        $0.status?.verification = .init(time: Timestamp(Scene.start))
      }
    ),
  ]

  private func backup(_ change: Edit) -> Backup {
    Make.done("one") {
      Self.done(&$0)
      change(&$0)
    }
  }

  private func glance(_ backup: Backup) throws -> BackupGlance { try BackupGlance(json: JSONValue(encoding: backup)) }

  @Test(arguments: settled.indices) func aSettledOneNeedsNothing(index: Int) async throws {
    let (what, change) = Self.settled[index]
    #expect(try glance(backup(change)).isSettled, "\(what)")
    // And so it is: a reconcile writes nothing.
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(backup(change))
    #expect(try await scene.reconcileBackup("one") == .done, "\(what)")
    #expect(scene.cluster.writes == [], "\(what)")
  }

  @Test(arguments: unsettled.indices) func everyOtherOneIsLookedAt(index: Int) throws {
    let (what, change) = Self.unsettled[index]
    #expect(try !glance(backup(change)).isSettled, "\(what)")
  }

  @Test func changesOfSettledOnesConcernNobody() throws {
    let (settled, running) = (try glance(backup { _ in }), try glance(backup { $0.status?.phase = .running }))
    for change in [Change.added(settled), .updated(old: running, new: settled), .deleted(settled)] {
      #expect(Controllers.unsettled(change).isEmpty)
    }
    for change in [Change.added(running), .updated(old: settled, new: running), .deleted(running)] {
      #expect(Controllers.unsettled(change) == [settled.key])
    }
  }

  /// What cannot be read is the reconciler's to tell of; the cache takes it all the same.
  @Test func oneThatCannotBeReadIsLookedAt() throws {
    var json = try JSONValue(encoding: backup { _ in })
    json["status"]?["phase"] = 7
    let glance = try BackupGlance(json: json)
    #expect(!glance.isSettled && glance.spec.policyRef.name == "bao" && glance.key.name == "one")
  }
}
