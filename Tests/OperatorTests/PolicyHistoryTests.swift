import Foundation
import HoldfastAPI
import KubernetesModel
import Testing

@testable import Operator

/// Which Backups count for protection, for `latest` and for what retention must keep.
@Suite struct PolicyHistoryTests {
  private let now = Scene.start

  private func done(_ name: String, day: Int, verified: Bool? = nil, cluster: String? = nil) -> Backup {
    Make.done(name, at: RFC3339.parse("2026-11-\(day)T12:00:00Z")!, id: "202611\(day)T120000Z-aaaaaa") {
      $0.status?.verified = verified
      $0.status?.clusterID = cluster
    }
  }

  // MARK: Wrong clocks

  @Test func aBackupFromTheFutureIsNeitherTheLastGoodOneNorTheLatest() {
    let backups = [done("old", day: 20), done("wrong", day: 25)]
    #expect(PolicyHistory(backups, now: now).lastGood?.key.name == "old")
    #expect(
      RestoreResolver.newest(of: backups, .init(policyRef: .init(name: "bao")), now: now)?.key.name == "old")
    // As the time of retention comes, it is one as others are.
    #expect(PolicyHistory(backups, now: now + 4 * 86_400 - 3_600).lastGood?.key.name == "wrong")
  }

  @Test func aBackupFromTheFutureDoesNotKeepAPolicyProtected() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(done("wrong", day: 25))
    _ = try await scene.reconcilePolicy()
    let status = try #require(scene.cluster.object(BackupPolicy.self, "bao")?.status)
    #expect(status.conditions["Protected"]?.status == .false && status.lastSuccessfulBackup == nil)
  }

  // MARK: Other clusters

  @Test func whatAnotherClusterWroteProtectsNothingHere() {
    let mine = done("mine", day: 19, cluster: "here")
    let theirs = done("theirs", day: 20, cluster: "there")
    #expect(PolicyHistory([mine, theirs], clusterID: "here", now: now).lastGood?.key.name == "mine")
    #expect(PolicyHistory([theirs], clusterID: "here", now: now).lastGood == nil)
    #expect(PolicyHistory([done("own", day: 20)], clusterID: "here", now: now).lastGood?.key.name == "own")
  }

  @Test func whatAnotherClusterWroteEndsNoRowOfFailures() {
    let failed = Make.done("failed", at: now - 3 * 86_400, phase: .failed)
    let history = PolicyHistory([failed, done("theirs", day: 20, cluster: "there")], clusterID: "here", now: now)
    #expect(history.failuresInRow.map(\.key.name) == ["failed"])
  }

  // MARK: What retention must keep

  private func kept(_ backups: [Backup]) -> Set<String> {
    ProtectedBackups.ids(policy: "bao", namespace: "ns", backups: backups, requests: [], now: now)
  }

  @Test func whereTheNewestIsDamagedTheLastGoodOneIsKept() {
    let damaged = done("d", day: 20, verified: false)
    let unread = done("c", day: 19)
    let good = done("b", day: 18, verified: true)
    let older = done("a", day: 17, verified: true)
    #expect(kept([older, good, unread, damaged]) == ["20261118T120000Z-aaaaaa"])
    #expect(kept([unread, damaged]) == ["20261119T120000Z-aaaaaa"])
    #expect(kept([damaged]) == [])
    #expect(kept([good, unread]) == [], "the newest one is not known to be damaged")
    #expect(kept([good, damaged, done("e", day: 25)]) == ["20261118T120000Z-aaaaaa"], "a wrong clock hides no damage")
  }
}
