import Foundation
import KubernetesModel
import Testing

@testable import Sandbox

@Suite struct JobStateTests {
  private static func job(_ spec: JSONValue = [:], status: JSONValue = [:]) -> JSONValue {
    var spec = spec
    if spec["completions"] == nil { spec["completions"] = 1 }
    return ["metadata": ["name": "j", "uid": "job-uid"], "spec": spec, "status": status]
  }

  private static func pod(
    _ uid: String, phase: String, exitCode: Int64? = nil, finished: String = "2026-11-21T03:00:00Z"
  )
    -> JSONValue
  {
    var pod: JSONValue = [
      "metadata": [
        "name": .string(uid), "uid": .string(uid), "finalizers": [.string(JobController.trackingFinalizer)],
      ],
      "status": ["phase": .string(phase)],
    ]
    if let exitCode {
      pod["status"] = [
        "phase": .string(phase),
        "containerStatuses": [
          [
            "name": "main",
            "state": ["terminated": ["exitCode": .integer(exitCode), "finishedAt": .string(finished)]],
          ]
        ],
      ]
    }
    return pod
  }

  @Test func onePodIsWantedUntilItSucceeds() {
    #expect(JobState(job: Self.job(), pods: []).wantedPods == 1)
    let done = JobState(job: Self.job(status: ["succeeded": 1]), pods: [])
    #expect(done.wantedPods == 0)
    #expect(done.isComplete)
  }

  @Test func aFailureBeyondTheLimitFailsTheJob() {
    var state = JobState(job: Self.job(["backoffLimit": 0]), pods: [Self.pod("a", phase: "Failed", exitCode: 1)])
    #expect(state.failureReason(now: Date()) == nil)
    state.failed += 1
    #expect(state.failureReason(now: Date())?.reason == "BackoffLimitExceeded")
  }

  @Test func theDeadlineCountsFromTheStartTime() throws {
    let start = try #require(RFC3339.parse("2026-11-21T03:00:00Z"))
    let state = JobState(
      job: Self.job(["activeDeadlineSeconds": 10], status: ["startTime": "2026-11-21T03:00:00Z"]), pods: [])
    #expect(state.failureReason(now: start.addingTimeInterval(9)) == nil)
    #expect(state.failureReason(now: start.addingTimeInterval(10))?.reason == "DeadlineExceeded")
  }

  @Test func backOffDoublesUpToSixMinutes() throws {
    let end = try #require(RFC3339.parse("2026-11-21T03:00:00Z"))
    for (failed, delay) in [(1, 10.0), (2, 20), (3, 40), (10, 360)] {
      let state = JobState(
        job: Self.job(status: ["failed": .integer(Int64(failed))]), pods: [Self.pod("a", phase: "Failed", exitCode: 1)])
      #expect(!state.mayStartNow(now: end.addingTimeInterval(delay - 1), base: .seconds(10)))
      #expect(state.mayStartNow(now: end.addingTimeInterval(delay), base: .seconds(10)))
    }
  }

  @Test func podFailurePoliciesIgnoreOrFail() {
    let policy: JSONValue = [
      "rules": [
        ["action": "FailJob", "onExitCodes": ["operator": "In", "values": [2]]],
        ["action": "Ignore", "onPodConditions": [["type": "DisruptionTarget", "status": "True"]]],
      ]
    ]
    let usage = Self.pod("usage", phase: "Failed", exitCode: 2)
    var evicted = Self.pod("evicted", phase: "Failed", exitCode: 143)
    evicted["status"]?["conditions"] = [["type": "DisruptionTarget", "status": "True"]]
    var state = JobState(job: Self.job(["podFailurePolicy": policy]), pods: [usage, evicted])
    #expect(state.outcome(of: evicted) == .ignored)
    #expect(state.outcome(of: usage) == .failed)
    state.failed += 1
    state.countFailure(usage)
    #expect(state.failureReason(now: Date())?.reason == "PodFailurePolicy")
  }
}
