import Foundation
import HoldfastAPI
import KubernetesModel
import Testing

@testable import KubectlPlugin

@Suite struct DoctorTests {
  private let now = noon.date

  @Test func aClockIsJudgedWithinWhatTheCallTells() {
    func verdict(_ server: TimeInterval, took: TimeInterval = 0.2) -> Finding.Verdict {
      ClusterFacts.clock(
        server: now.addingTimeInterval(server), sent: now, received: now.addingTimeInterval(took)
      ).verdict
    }
    #expect(verdict(0) == .ok)
    #expect(verdict(-0.9) == .ok)
    #expect(verdict(20, took: 30) == .ok, "the answer was slow, not the clock wrong")
    #expect(verdict(30) == .warning)
    #expect(verdict(-30) == .warning)
    #expect(verdict(300) == .problem)
    #expect(verdict(-300) == .problem)
  }

  @Test func datesOfHTTPAreRead() {
    #expect(ClusterFacts.httpDate("Sun, 06 Nov 1994 08:49:37 GMT") == Timestamp("1994-11-06T08:49:37Z")?.date)
    #expect(ClusterFacts.httpDate("yesterday") == nil)
  }

  private func definition(version: String = "v1alpha1", spec: [String], established: String = "True") -> JSONValue {
    let properties = JSONValue.object(Dictionary(uniqueKeysWithValues: spec.map { ($0, ["type": "string"]) }))
    return [
      "spec": [
        "versions": [
          [
            "name": .string(version), "served": true,
            "schema": ["openAPIV3Schema": ["properties": ["spec": ["properties": properties]]]],
          ]
        ]
      ],
      "status": ["conditions": [["type": "Established", "status": .string(established), "message": "names"]]],
    ]
  }

  @Test func definitionsOlderAndNewerThanTheProgramAreTold() {
    let known = ["spec": Set(["schedule", "target"])]
    func judge(_ definition: JSONValue) -> Finding { ClusterFacts.definition("x", definition, known: known) }
    #expect(judge(definition(spec: ["schedule", "target"])).verdict == .ok)
    let older = judge(definition(spec: ["schedule"]))
    #expect(older.verdict == .problem && older.message.contains("it lacks spec.target"))
    let newer = judge(definition(spec: ["schedule", "target", "colour"]))
    #expect(newer.verdict == .warning && newer.message.contains("it has spec.colour"))
    #expect(judge(definition(version: "v2", spec: ["schedule", "target"])).message.contains("serves v2"))
    #expect(judge(definition(spec: ["schedule", "target"], established: "False")).verdict == .problem)
  }

  @Test func theOperatorIsJudgedByItsPodsAndItsLease() {
    func deployment(_ available: Int64, replicas: Int64 = 1, image: String = "r.example/holdfast:0.1.0") -> JSONValue {
      [
        "metadata": ["name": "holdfast-operator", "namespace": "holdfast-system"],
        "spec": [
          "replicas": .integer(replicas),
          "template": ["spec": ["containers": [["name": "operator", "image": .string(image)]]]],
        ],
        "status": ["availableReplicas": .integer(available)],
      ]
    }
    func lease(_ age: TimeInterval) -> Lease {
      Lease(
        spec: LeaseSpec(
          holderIdentity: "pod-1", leaseDurationSeconds: 15,
          renewTime: MicroTimestamp(now.addingTimeInterval(-age))))
    }
    func verdicts(_ deployment: JSONValue, _ lease: Lease?, isKnown: Bool = true) -> [Finding.Verdict] {
      ClusterFacts.operatorDeployment(
        deployment, lease: lease, leaseIsKnown: isKnown, version: "0.1.0", now: now
      ).map(\.verdict)
    }
    #expect(verdicts(deployment(1), lease(5)) == [.ok, .ok])
    #expect(verdicts(deployment(1), lease(31)) == [.ok, .problem])
    #expect(verdicts(deployment(1), nil) == [.ok, .problem])
    #expect(verdicts(deployment(1), nil, isKnown: false) == [.ok])
    #expect(verdicts(deployment(0), lease(5)) == [.problem, .ok])
    #expect(verdicts(deployment(0, replicas: 0), nil) == [.problem])
    #expect(verdicts(deployment(1, image: "holdfast:0.2.0"), lease(5)) == [.ok, .warning, .ok])
    #expect(verdicts(deployment(1, image: "holdfast:latest"), lease(5)) == [.ok, .ok])
    #expect(ClusterFacts.tag(of: "localhost:5000/holdfast") == nil)
    #expect(ClusterFacts.tag(of: "a/b@sha256:00") == nil)
  }

  private func job(_ name: String, _ labels: [String: String], suspended: Bool = false, waitsFor: String? = nil) -> Job
  {
    var job = Job(
      metadata: ObjectMeta(name: name, namespace: "openbao", labels: labels),
      spec: JobSpec(template: PodTemplateSpec(spec: PodSpec(containers: []))))
    job.metadata.creationTimestamp = Timestamp(now.addingTimeInterval(-3_600))
    job.spec.suspend = suspended
    if let waitsFor { job.metadata.annotations = [HoldfastAPI.waitsForAnnotation: waitsFor] }
    return job
  }

  @Test func leftoversAreFound() {
    let policy = BackupPolicy(
      metadata: ObjectMeta(name: "bao", namespace: "openbao"), spec: BackupPolicySpec(sources: [], target: Target()))
    func find(_ jobs: [Job], restores: [RestoreRequest] = [], deployments: [JSONValue] = []) -> [String] {
      Leftovers(
        policies: [policy], backups: [], restores: restores, jobs: jobs, deployments: deployments, now: now
      ).findings.filter { $0.verdict != .ok }.map(\.message)
    }
    let own = [HoldfastAPI.policyLabel: "bao"]
    #expect(find([job("a", own)]).isEmpty)
    #expect(find([job("a", [HoldfastAPI.policyLabel: "gone"])])[0].contains("BackupPolicy gone, which is gone"))
    #expect(find([job("a", own.merging([HoldfastAPI.backupLabel: "b"]) { $1 })])[0].contains("Backup b, which is gone"))
    #expect(find([job("a", own, suspended: true, waitsFor: "b")])[0].contains("waits for Job b, which is gone"))
    #expect(find([job("a", own, suspended: true, waitsFor: "b"), job("b", own)]).isEmpty)
    #expect(find([job("a", own, suspended: true)])[0].contains("nothing says why"))

    var restore = RestoreRequest(
      metadata: ObjectMeta(name: "back", namespace: "openbao", uid: "u-9"), spec: .init(from: .init(backup: "b")))
    restore.status = .init(phase: .unknown)
    #expect(find([], restores: [restore])[0].contains("waits for a decision"))
    restore.status = .init(phase: .restoring)
    restore.status?.claim = .init(time: Timestamp(now.addingTimeInterval(-600)), job: "back-restore")
    #expect(find([], restores: [restore])[0].contains("has claimed Job back-restore, which is gone"))
    let paused: JSONValue = [
      "metadata": [
        "name": "cert-manager", "namespace": "cert-manager",
        "annotations": [
          HoldfastAPI.pausedByAnnotation: "openbao/back/u-9", HoldfastAPI.pausedReplicasAnnotation: "2",
        ],
      ]
    ]
    let running = restore
    #expect(
      find([job("back-restore", [HoldfastAPI.restoreLabel: "back"])], restores: [running], deployments: [paused])
        .isEmpty)
    #expect(find([], deployments: [paused])[0].contains("scaled to zero by RestoreRequest openbao/back"))
  }

  /// A run waits for whatever Job has the policy's label.
  @Test func aPersonsOwnJobIsNotReportedAsGone() {
    #expect(Doctor.jobSelector == HoldfastAPI.policyLabel)
    let own = job("by-hand", [HoldfastAPI.policyLabel: "bao"])
    #expect(own.metadata.labels?["app.kubernetes.io/managed-by"] == nil)
    let policy = BackupPolicy(
      metadata: ObjectMeta(name: "bao", namespace: "openbao"), spec: BackupPolicySpec(sources: [], target: Target()))
    let waiting = job("a", [HoldfastAPI.policyLabel: "bao"], suspended: true, waitsFor: "by-hand")
    let findings = Leftovers(policies: [policy], backups: [], restores: [], jobs: [waiting, own], now: now).findings
    #expect(findings.map(\.verdict) == [.ok])
  }

  @Test func theExitSaysWhetherThereIsAProblem() {
    #expect([Finding("a", .ok, ""), Finding("a", .warning, "")].exit == .done)
    #expect([Finding("a", .ok, ""), Finding("a", .problem, "")].exit == .failed)
    #expect([Finding("a", .ok, "")].summary.text == "all is well")
    #expect(
      [Finding("a", .problem, ""), Finding("a", .problem, ""), Finding("a", .unknown, "")].summary.text
        == "2 problems, 1 thing not seen")
  }

  @Test func aPolicyWithoutABackupYetIsNoProblem() {
    var policy = BackupPolicy(
      metadata: ObjectMeta(name: "bao", namespace: "n"), spec: BackupPolicySpec(sources: [], target: Target()))
    policy.status = BackupPolicyStatus(conditions: [
      Condition(type: "Ready", status: .true, lastTransitionTime: noon, reason: "Reconciled", message: ""),
      Condition(
        type: "Protected", status: .false, lastTransitionTime: noon, reason: "NoBackupYet", message: "none yet"),
    ])
    #expect(Doctor.finding(PolicySummary(policy, now: now)).verdict == .warning)
    policy.status?.conditions?[1].reason = "BackupOverdue"
    #expect(Doctor.finding(PolicySummary(policy, now: now)).verdict == .problem)
  }
}
