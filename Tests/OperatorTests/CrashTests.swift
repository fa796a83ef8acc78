import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

@testable import Operator

/// The operator dies after its n-th write, for every n, and a new one goes on. It must end as if nothing had happened.
@Suite struct CrashTests {
  /// From nothing to a manual backup.
  private func playBackup(_ scene: Scene, dyingAfter count: Int?) async throws -> Int {
    scene.cluster.put(Make.policy { $0.schedule = nil })
    scene.cluster.put(Make.backup("now"))
    scene.cluster.clearWrites()
    scene.cluster.die(afterWrites: count)
    try await drive(scene, until: { $0.object(Backup.self, "now")?.status?.phase == .completed })
    return scene.cluster.writes.count
  }

  /// A restore with its safety backup.
  private func playRestore(_ scene: Scene, dyingAfter count: Int?) async throws -> Int {
    scene.cluster.put(Make.policy { $0.schedule = nil })
    scene.cluster.put(Make.done("now"))
    scene.cluster.put(
      RestoreRequest(
        metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"), spec: .init(from: .init(backup: "now"))))
    try await scene.settlePolicy()
    scene.cluster.clearWrites()
    scene.cluster.die(afterWrites: count)
    try await drive(scene, until: { $0.object(RestoreRequest.self, "back")?.status?.phase == .completed })
    return scene.cluster.writes.count
  }

  /// Lets operators work and Jobs end until a state is reached; an operator that loses the server is followed by a new one.
  private func drive(_ scene: Scene, until isDone: (FakeCluster) -> Bool) async throws {
    for _ in 0..<60 where !isDone(scene.cluster) {
      do { try await scene.settle() } catch { scene.cluster.die(afterWrites: nil) }
      for job in scene.cluster.all(Job.self) where job.state == .active {
        scene.clock.advance(60)
        scene.cluster.complete(job.key.name, with: Make.result(job.operation, id: Self.id(of: job)))
      }
    }
    try #require(isDone(scene.cluster))
  }

  private static func id(of job: Job) -> String {
    job.trigger == .safety ? "20261121T130000Z-safety" : Make.id
  }

  @Test func aPolicyIsPutInPlaceAfterAnyWrite() async throws {
    for count in 0..<4 {
      let scene = Scene()
      scene.cluster.put(Make.policy())
      scene.cluster.die(afterWrites: count)
      await #expect(throws: (any Error).self) { try await scene.settlePolicy() }
      scene.cluster.die(afterWrites: nil)
      try await scene.settlePolicy()
      let writes = scene.cluster.writes
      #expect(writes.count == 4, "plan, CronJob, preflight and status, each once: \(writes)")
    }
  }

  @Test func aBackupGoesOnAfterAnyWrite() async throws {
    let total = try await playBackup(Scene(), dyingAfter: nil)
    for count in 0..<total {
      let scene = Scene()
      _ = try await playBackup(scene, dyingAfter: count)
      #expect(scene.cluster.runJobs.count == 1, "after \(count) of \(total) writes")
      #expect(scene.cluster.all(Backup.self).count == 1, "after \(count) of \(total) writes")
    }
  }

  /// Promise 7 as well: one Job, let go once.
  @Test func aRestoreGoesOnAfterAnyWrite() async throws {
    let total = try await playRestore(Scene(), dyingAfter: nil)
    for count in 0..<total {
      let scene = Scene()
      _ = try await playRestore(scene, dyingAfter: count)
      let jobs = scene.cluster.runJobs
      #expect(jobs.filter { $0.operation == .backup }.count == 1, "after \(count) of \(total) writes")
      #expect(jobs.filter { $0.operation == .restore }.count == 1, "after \(count) of \(total) writes")
      #expect(scene.cluster.all(Backup.self).count == 2, "after \(count) of \(total) writes")
      let releases = scene.cluster.writes.filter { $0.hasPrefix("patch jobs") && $0.contains("-restore") }
      #expect(releases.count == 1, "after \(count) of \(total) writes")
    }
  }
}

extension CrashTests {
  /// The executor dies in its destructive step; a person resumes; and the operator dies after any of its writes.
  private func playResume(_ scene: Scene, dyingAfter count: Int?) async throws -> Int {
    scene.cluster.put(Make.policy { $0.schedule = nil })
    scene.cluster.put(Make.done("now"))
    scene.cluster.put(
      RestoreRequest(
        metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"),
        spec: .init(from: .init(backup: "now"), safetyBackup: false)))
    try await scene.settlePolicy()
    scene.cluster.clearWrites()
    scene.cluster.die(afterWrites: count)
    for _ in 0..<60 where scene.restore?.status?.phase != .completed {
      do { try await scene.settle() } catch { scene.cluster.die(afterWrites: nil) }
      if scene.restore?.status?.phase == .unknown {
        scene.cluster.change(RestoreRequest.self, "back") {
          $0.metadata.annotations = [HoldfastAPI.decisionAnnotation: "resume"]
        }
      }
      for job in scene.restoreJobs where job.state == .active {
        scene.clock.advance(60)
        let isFirst = !job.key.name.hasSuffix("-2")
        if isFirst { RestoreJournalTests.Written.begun.write(scene, job) }
        scene.cluster.complete(job.key.name, with: isFirst ? nil : Make.result(.restore), code: isFirst ? 137 : 0)
      }
    }
    try #require(scene.restore?.status?.phase == .completed)
    return scene.cluster.writes.count
  }

  /// Promise 7: each of the two Jobs is let go once, and there is no third.
  @Test func aResumedRestoreGoesOnAfterAnyWrite() async throws {
    let total = try await playResume(Scene(), dyingAfter: nil)
    for count in 0..<total {
      let scene = Scene()
      _ = try await playResume(scene, dyingAfter: count)
      #expect(scene.restoreJobs.count == 2, "after \(count) of \(total) writes")
      let releases = scene.cluster.writes.filter { $0.hasPrefix("patch jobs") && $0.contains("-restore") }
      #expect(releases.count == 2, "after \(count) of \(total) writes: \(releases)")
    }
  }
}

/// What the chart and `deploy/` allow is enough for everything that the operator does.
@Suite struct PermissionTests {
  @Test func noCallOfABackupOrRestoreIsRefused() async throws {
    let scene = Scene()
    scene.cluster.put(
      Make.policy {
        $0.sources[0].openBao?.tokenSecretRef = nil
        $0.sources[0].openBao?.jwtAuthRole = "backup"
      })
    scene.cluster.put(Make.backup("now") { $0.spec.deletionPolicy = .delete })
    scene.cluster.put(Make.job("by-hand"))
    for _ in 0..<8 {
      try await scene.settle()
      for job in scene.cluster.all(Job.self) where job.state == .active {
        scene.cluster.complete(job.key.name, with: Make.result(job.operation, id: "20261121T120000Z-\(job.key.name)"))
      }
      if scene.cluster.object(Backup.self, "now")?.status?.phase == .completed,
        scene.cluster.object(RestoreRequest.self, "back") == nil
      {
        scene.cluster.put(
          RestoreRequest(
            metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"),
            spec: .init(from: .init(backup: "now"))))
      }
    }
    #expect(scene.cluster.object(RestoreRequest.self, "back")?.status?.phase == .completed)
    scene.cluster.change(Backup.self, "now") { $0.metadata.deletionTimestamp = Timestamp(Scene.start) }
    for _ in 0..<3 {
      try await scene.settle()
      for job in scene.cluster.all(Job.self) where job.state == .active {
        scene.cluster.complete(job.key.name, with: Make.result(job.operation))
      }
    }
    #expect(scene.cluster.object(Backup.self, "now") == nil)
    scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.schedule = nil }
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.refused == [])
  }
}
