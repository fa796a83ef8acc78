import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import Testing

@testable import Operator

/// Every way to start a run of one policy, all at the same moment, with operators that die and double: one at work at any
/// time, none lost, none twice. The lease in the bucket is played by the world, as the executors keep it.
@Suite(.serialized) struct TriggersTests {
  private static let seeds =
    ProcessInfo.processInfo.environment["HOLDFAST_TRIGGER_SEEDS"].flatMap(UInt64.init) ?? 8

  /// Objects are worked on in any order, by an operator that may die after any write; with every other seed by two at once.
  /// `HOLDFAST_TRIGGER_SEEDS` says how many orders are tried; 50 take minutes.
  @Test(arguments: 0..<seeds) func allAtOnce(seed: UInt64) async throws {
    var world = try await TriggerWorld(seed: seed)
    world.hasTwoOperators = seed % 2 == 1
    try await world.run()
    let backups = world.scene.cluster.all(Backup.self).filter { $0.key.name != "old" }
    let phases = backups.map {
      "\($0.key.name): \($0.status?.phase?.rawValue ?? "-") \($0.status?.failure?.message ?? "")"
    }
    #expect(backups.count == world.expected && backups.allSatisfy { $0.status?.phase == .completed }, "\(phases)")
    #expect(Set(backups.compactMap(\.status?.id)).count == world.expected)
    let jobs = world.scene.cluster.runJobs
    #expect(jobs.filter { $0.operation == .backup }.count == world.expected)
    #expect(jobs.filter { $0.operation == .restore }.count == 1)
    #expect(world.runs.values.allSatisfy { $0 == 1 }, "each run once, and none was interrupted: \(world.runs)")
    #expect(world.scene.restore?.status?.phase == .completed)
  }

  /// Scheduled runs of 58 seconds each minute leave no gap; a run by hand and a restore get their turn all the same.
  @Test func aScheduleThatAlwaysRunsStarvesNobody() async throws {
    var world = try await TriggerWorld(seed: 7, triggers: [.scheduled])
    world.keepsScheduleBusy = true
    world.scene.cluster.put(Make.backup("late"))
    for _ in 0..<60 where world.scene.cluster.object(Backup.self, "late")?.status?.phase != .completed {
      await world.round()
    }
    #expect(world.scene.cluster.object(Backup.self, "late")?.status?.phase == .completed)
    world.scene.cluster.put(TriggerWorld.restore)
    for _ in 0..<120 where world.scene.restore?.status?.phase != .completed { await world.round() }
    #expect(world.scene.restore?.status?.phase == .completed)
  }

  /// An operator that goes away for good leaves nothing behind that keeps the CronJob from its next run.
  @Test func aScheduledRunIsNotSuspendedForAnotherBackup() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.job("by-hand") { $0.status?.ready = 1 })
    scene.clock.advance(1)
    scene.cluster.put(Make.job("bao-backup-1") { $0.status?.ready = 1 })
    try await scene.settle()
    let job = try #require(scene.cluster.object(Job.self, "bao-backup-1"))
    #expect(job.state == .active && job.metadata.annotations == nil)
  }

  /// Credentials that may not list show no run to another: there the operator holds the younger one back.
  @Test func withoutListingTheYoungerIsSuspended() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    try await scene.settlePolicy()
    scene.cluster.change(BackupPolicy.self, "bao") { $0.status?.target?.capabilities = ["list": false] }
    scene.cluster.put(Make.job("first"))
    scene.clock.advance(1)
    scene.cluster.put(Make.job("second"))
    for name in ["first", "second"] { _ = try await scene.reconcileJob(name) }
    #expect(scene.cluster.object(Job.self, "first")?.state == .active)
    #expect(scene.cluster.object(Job.self, "second")?.isQueued == true)
    scene.cluster.complete("first", with: Make.result())
    for name in ["first", "second"] { _ = try await scene.reconcileJob(name) }
    #expect(scene.cluster.object(Job.self, "second")?.state == .active)
  }
}

/// Jobs, pods and the lease in the bucket, moved on in an order that follows from a seed.
struct TriggerWorld {
  enum Trigger: CaseIterable { case scheduled, job, backups, annotation, restore }

  static let restore = RestoreRequest(
    metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"), spec: .init(from: .init(backup: "old")))

  let scene = Scene()
  /// Backups that there must be in the end.
  var expected = 0
  /// How often an executor of each Job began its work.
  var runs: [String: Int] = [:]
  var keepsScheduleBusy = false
  var hasTwoOperators = false
  /// The Job whose executor has the lease, and those of restores that are at work.
  private var lease: String?
  private var restoring: Set<String> = []
  private var pods: Set<String> = []
  private var scheduled = 1
  private var random: Randomness

  init(seed: UInt64, triggers: [Trigger] = Trigger.allCases) async throws {
    random = Randomness(state: seed)
    scene.cluster.put(Make.policy())
    scene.cluster.put(Make.done("old", at: Scene.start - 86_400))
    try await scene.settlePolicy()
    for trigger in triggers.shuffled(using: &random) {
      switch trigger {
      case .scheduled: scene.cluster.put(Make.job("bao-backup-1"))
      case .job:
        scene.cluster.put(
          Make.job("by-hand") { $0.metadata.annotations = ["cronjob.kubernetes.io/instantiate": "manual"] })
      case .backups:
        for name in ["one", "two"] { scene.cluster.put(Make.backup(name)) }
        expected += 1
      case .annotation:
        scene.cluster.change(BackupPolicy.self, "bao") {
          $0.metadata.annotations = [HoldfastAPI.backupNowAnnotation: "t"]
        }
      case .restore: scene.cluster.put(Self.restore)
      }
      expected += 1
    }
  }

  mutating func run() async throws {
    for _ in 0..<400 {
      await round()
      let ended = scene.cluster.all(Backup.self).filter { $0.status?.phase?.isTerminal ?? false }.count
      if ended > expected, scene.restore?.status?.phase?.isTerminal ?? false { return }
    }
  }

  /// Everything may move a step, or not.
  mutating func round() async {
    scene.clock.advance(Double(Int.random(in: 0...2, using: &random)))
    var keys: [(kind: String, name: String)] = []
    keys += scene.cluster.all(BackupPolicy.self).map { ("policy", $0.key.name) }
    keys += scene.cluster.all(Backup.self).map { ("backup", $0.key.name) }
    keys += scene.cluster.all(Job.self).map { ("job", $0.key.name) }
    keys += scene.cluster.all(RestoreRequest.self).map { ("restore", $0.key.name) }
    for key in keys.shuffled(using: &random) where Bool.random(using: &random) {
      if Int.random(in: 0..<8, using: &random) == 0 {
        scene.cluster.die(afterWrites: Int.random(in: 0..<3, using: &random))
      }
      let other = keys.randomElement(using: &random)
      await withTaskGroup(of: Void.self) { group in
        group.addTask { [scene] in await Self.reconcile(key, scene) }
        if let other, hasTwoOperators { group.addTask { [scene] in await Self.reconcile(other, scene) } }
      }
      scene.cluster.die(afterWrites: nil)
      check()
    }
    for job in scene.cluster.all(Job.self).shuffled(using: &random) where Bool.random(using: &random) { move(job) }
    check()
  }

  /// A conflict, or a server that is lost in the middle: the controller would try again.
  private static func reconcile(_ key: (kind: String, name: String), _ scene: Scene) async {
    switch key.kind {
    case "policy": _ = try? await scene.reconcilePolicy(key.name)
    case "backup": _ = try? await scene.reconcileBackup(key.name)
    case "job": _ = try? await scene.reconcileJob(key.name)
    default: _ = try? await scene.reconcileRestore(key.name)
    }
  }

  private func check() {
    #expect(restoring.isEmpty || lease == nil, "\(restoring) restores while \(lease ?? "") backs up")
    #expect(restoring.count <= 1)
  }

  /// What the Job controller, the kubelet and the executor do next with a Job.
  private mutating func move(_ job: Job) {
    let name = job.key.name
    guard [.backup, .restore].contains(job.operation) else { return }
    guard job.state == .active else {
      // Suspended, or at its end: its pod goes, and with it the lease.
      if pods.remove(name) != nil, !job.state.isFinished { remove(name) }
      if lease == name { lease = nil }
      restoring.remove(name)
      return
    }
    guard pods.contains(name) else { return start(job) }
    if job.operation == .restore {
      if restoring.insert(name).inserted { runs[name, default: 0] += 1 } else { end(job) }
    } else if lease == name {
      end(job)
    } else if lease == nil {
      lease = name
      runs[name, default: 0] += 1
    }
  }

  private mutating func start(_ job: Job) {
    pods.insert(job.key.name)
    scene.cluster.change(Job.self, job.key.name) { $0.status = JobStatus(active: 1, ready: 1) }
    scene.cluster.put(
      Make.pod("\(job.key.name)-pod", of: job) {
        $0.status = PodStatus(phase: "Running", containerStatuses: [Make.running])
      })
  }

  private mutating func end(_ job: Job) {
    let name = job.key.name
    pods.remove(name)
    restoring.remove(name)
    if lease == name { lease = nil }
    scene.cluster.complete(name, with: Make.result(job.operation, id: "20261121T120000Z-\(name)"))
    scene.cluster.change(Job.self, name) { $0.status?.ready = 0 }
    guard keepsScheduleBusy, job.trigger == .scheduled else { return }
    scheduled += 1
    scene.cluster.put(Make.job("bao-backup-\(scheduled)"))
  }

  private func remove(_ name: String) {
    scene.cluster.remove(Pod.self, "\(name)-pod")
    scene.cluster.change(Job.self, name) { $0.status = JobStatus() }
  }
}

/// SplitMix64.
private struct Randomness: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
