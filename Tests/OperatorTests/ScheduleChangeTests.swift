import Foundation
import HoldfastAPI
import KubernetesModel
import Testing

@testable import Operator

/// A change of schedule takes effect at once and starts no run by itself.
@Suite struct ScheduleChangeTests {
  private static func time(_ text: String) -> Date { RFC3339.parse("2026-11-21T\(text):00Z")! }

  private static func cronJob(
    _ schedule: String, zone: String = "Etc/UTC", last: String? = nil, hash: String = "a",
    modify: (inout CronJobSpec) -> Void = { _ in }
  ) -> CronJob {
    var spec = CronJobSpec(
      schedule: schedule, timeZone: zone, suspend: false, startingDeadlineSeconds: 3_600,
      jobTemplate: JobTemplateSpec(spec: JobSpec(template: PodTemplateSpec(spec: PodSpec(containers: [])))))
    modify(&spec)
    var cronJob = CronJob(
      metadata: ObjectMeta(name: "bao-backup", namespace: "ns", annotations: [HoldfastAPI.specHashAnnotation: hash]),
      spec: spec)
    cronJob.metadata.creationTimestamp = Timestamp(RFC3339.parse("2026-11-01T00:00:00Z")!)
    cronJob.status = CronJobStatus(lastScheduleTime: last.map { Timestamp(time($0)) })
    return cronJob
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var live: CronJob
    var wanted: CronJob
    var due: String?

    init(_ name: String, _ live: CronJob, _ wanted: CronJob, due: String?) {
      testDescription = name
      self.live = live
      self.wanted = wanted
      self.due = due
    }
  }

  // Now is 12:00.
  private static let cases: [Case] = [
    Case("to a minute just past", cronJob("0 3 * * *", last: "03:00"), cronJob("55 11 * * *", hash: "b"), due: "11:55"),
    Case("to every minute", cronJob("0 3 * * *", last: "03:00"), cronJob("*/1 * * * *", hash: "b"), due: "12:00"),
    Case("to a minute to come", cronJob("0 3 * * *", last: "03:00"), cronJob("5 12 * * *", hash: "b"), due: nil),
    Case("to one past the deadline", cronJob("0 3 * * *", last: "03:00"), cronJob("50 10 * * *", hash: "b"), due: nil),
    Case("after a run since", cronJob("30 11 * * *", last: "11:30"), cronJob("20 11 * * *", hash: "b"), due: nil),
    Case(
      "of the zone alone", cronJob("45 12 * * *", last: "03:00"),
      cronJob("45 12 * * *", zone: "Europe/Berlin", hash: "b"), due: "11:45"),
    Case(
      "the end of a suspension", cronJob("45 11 * * *", last: "03:00") { $0.suspend = true },
      cronJob("45 11 * * *", hash: "b"), due: "11:45"),
    Case(
      "the beginning of one", cronJob("45 11 * * *", last: "03:00"),
      cronJob("45 11 * * *", hash: "b") { $0.suspend = true }, due: nil),
    Case(
      "a longer deadline", cronJob("45 11 * * *", last: "03:00") { $0.startingDeadlineSeconds = 60 },
      cronJob("45 11 * * *", hash: "b"), due: "11:45"),
    Case("never run before", cronJob("0 3 * * *"), cronJob("55 11 * * *", hash: "b"), due: "11:55"),
    // What the controller owes already it may still do.
    Case(
      "another pod for the same schedule", cronJob("45 11 * * *", last: "03:00"), cronJob("45 11 * * *", hash: "b"),
      due: nil),
    Case(
      "a time that both have", cronJob("45 11 * * *", last: "03:00"), cronJob("15,45 11 * * *", hash: "b"), due: nil),
    // Not the policy's change.
    Case("drift", cronJob("0 3 * * *", last: "03:00", hash: "b"), cronJob("55 11 * * *", hash: "b"), due: nil),
  ]

  @Test(arguments: cases) func onlyWhatThisChangeWouldStartIsMarked(_ test: Case) {
    let due = ScheduleChange.falselyDue(live: test.live, wanted: test.wanted, now: Self.time("12:00"))
    #expect(due == test.due.map(Self.time))
  }

  private func scene() async throws -> Scene {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    try await scene.settlePolicy()
    scene.clock.advance(7_200)
    scene.cluster.clearWrites()
    return scene
  }

  private func reschedule(_ scene: Scene, _ schedule: String) {
    scene.cluster.change(BackupPolicy.self, "bao") {
      $0.spec.schedule = schedule
      $0.metadata.generation = 2
    }
  }

  @Test func theMarkComesBeforeTheChange() async throws {
    let scene = try await scene()
    reschedule(scene, "55 13 * * *")
    try await scene.settlePolicy()
    let cronJob = scene.cluster.object(CronJob.self, "bao-backup")
    #expect(cronJob?.spec.schedule == "55 13 * * *")
    #expect(cronJob?.status?.lastScheduleTime?.date == Self.time("13:55"))
    let writes = scene.cluster.writes.filter { $0.contains("cronjobs") }
    #expect(writes.count == 2 && writes[0].hasPrefix("patch") && writes[1].hasPrefix("update"), "\(writes)")
    scene.cluster.clearWrites()
    try await scene.settlePolicy()
    #expect(scene.cluster.writes.filter { $0.contains("cronjobs") } == [])
  }

  @Test func aChangeWithNothingDueIsOneWrite() async throws {
    let scene = try await scene()
    reschedule(scene, "5 14 * * *")
    try await scene.settlePolicy()
    #expect(scene.cluster.writes.filter { $0.contains("cronjobs") }.count == 1)
    #expect(scene.cluster.object(CronJob.self, "bao-backup")?.status?.lastScheduleTime == nil)
  }

  @Test func aCrashBetweenTheTwoDoesNoHarm() async throws {
    for count in 0..<4 {
      let scene = try await scene()
      reschedule(scene, "55 13 * * *")
      scene.cluster.die(afterWrites: count)
      do { try await scene.settlePolicy() } catch { scene.cluster.die(afterWrites: nil) }
      if scene.cluster.object(CronJob.self, "bao-backup")?.spec.schedule != "0 3 * * *" {
        #expect(scene.cluster.object(CronJob.self, "bao-backup")?.status?.lastScheduleTime != nil)
      }
      try await scene.settlePolicy()
      #expect(scene.cluster.object(CronJob.self, "bao-backup")?.spec.schedule == "55 13 * * *")
      #expect(scene.cluster.object(CronJob.self, "bao-backup")?.status?.lastScheduleTime?.date == Self.time("13:55"))
    }
  }
}
