import Foundation
import HoldfastAPI
import KubernetesModel
import Testing

@testable import KubectlPlugin

/// The tables of `status` and `list`, and the text of `describe`.
@Suite struct StatusTests {
  private func condition(_ type: String, _ status: Condition.Status, _ reason: String, _ message: String) -> Condition {
    Condition(type: type, status: status, lastTransitionTime: noon, reason: reason, message: message)
  }

  private func policy(_ name: String = "bao", _ change: (inout BackupPolicy) -> Void = { _ in }) -> BackupPolicy {
    var policy = BackupPolicy(
      metadata: ObjectMeta(name: name, namespace: "openbao"),
      spec: BackupPolicySpec(
        schedule: "0 3 * * *", sources: [], target: Target(bucket: "backups", pathPrefix: "clusters/one")))
    policy.status = BackupPolicyStatus(
      conditions: [
        condition("Ready", .true, "Reconciled", "valid"), condition("Protected", .true, "RecentBackup", "recent"),
      ],
      lastBackup: .init(name: "bao-2", time: noon, phase: .completed),
      recoveryPoint: .init(time: noon, backup: "bao-2", objective: "1d2h"),
      nextScheduledTime: Timestamp(noon.date.addingTimeInterval(54_000)),
      storage: .init(count: 7, bytes: 1 << 30))
    change(&policy)
    return policy
  }

  private let now = noon.date.addingTimeInterval(11_520)

  @Test func aProtectedPolicyIsOneQuietLine() {
    let rows = [PolicySummary(policy(), now: now)]
    #expect(
      PolicyTable().table(rows, now: now).lines() == [
        "POLICY   PROTECTED   LAST GOOD   AGE     NEXT     COUNT   SIZE      MESSAGE",
        "bao      True        bao-2       3h12m   in 11h   7       1.0 GiB",
      ])
    let wide = PolicyTable(isWide: true, hasNamespaces: true).table(rows, now: now).lines()
    #expect(wide[1].contains("s3://backups/clusters/one") && wide[1].hasPrefix("openbao     bao"))
    #expect(wide[1].contains("1d2h") && wide[1].contains("0 3 * * *"))
  }

  @Test func whatIsWrongIsInTheMessage() {
    let late = policy {
      $0.status?.conditions = [
        condition("Ready", .true, "Reconciled", "valid"),
        condition("Protected", .false, "BackupOverdue", "the last good backup is 3 days old"),
      ]
    }
    let summary = PolicySummary(late, now: now)
    #expect(summary.protected == "False")
    #expect(summary.message == "BackupOverdue: the last good backup is 3 days old")
    let unseen = PolicySummary(policy { $0.status = nil }, now: now)
    #expect(unseen.protected == "Unknown" && unseen.message == "no operator has seen it: kubectl holdfast doctor")
    let stale = PolicySummary(
      policy {
        $0.metadata.generation = 4
        $0.status?.observedGeneration = 3
      }, now: now)
    #expect(stale.message == "its last change has not been taken up yet")
    let suspended = PolicySummary(policy { $0.spec.suspend = true }, now: now)
    #expect(suspended.next == nil)
    #expect(PolicyTable().table([suspended], now: now).lines()[1].contains("suspended"))
  }

  @Test func withoutARecoveryPointTheLastGoodRunCounts() {
    let older = PolicySummary(
      policy {
        $0.status?.recoveryPoint = nil
        $0.status?.lastSuccessfulBackup = .init(name: "bao-1", time: noon)
      }, now: now)
    #expect(older.lastGoodBackup == "bao-1" && older.ageSeconds == 11_520)
  }

  /// Programs read these names.
  @Test func theFormForProgramsStays() throws {
    let json = try JSONValue(encoding: [PolicySummary(policy(), now: now)])
    #expect(
      Set(json.arrayValue?[0].objectValue?.keys ?? [:].keys) == [
        "ageSeconds", "bytes", "count", "lastGoodBackup", "lastGoodTime", "lastResult", "namespace", "next",
        "objective", "policy", "protected", "ready", "schedule", "suspended", "target",
      ])
    let backup = try JSONValue(encoding: BackupSummary(.sample(phase: .completed)))
    #expect(
      Set(backup.objectValue?.keys ?? [:].keys) == [
        "bytes", "completionTime", "held", "id", "location", "name", "namespace", "phase", "policy", "startTime",
        "suspicious", "trigger",
      ])
  }

  @Test func backupsComeNewestFirst() {
    let later = Backup.sample("b").with {
      $0.phase = .running
      $0.startTime = Timestamp(noon.date.addingTimeInterval(60))
    }
    #expect(ListCommand.newestFirst([.sample("a", phase: .completed), later]).map(\.key.name) == ["b", "a"])
  }

  @Test func aListTellsOfDamageHoldsAndFailures() {
    var held = Backup.sample("held", phase: .completed).with { $0.verified = true }
    held.metadata.annotations = [HoldfastAPI.holdAnnotation: "before the upgrade"]
    let damaged = Backup.sample("damaged", phase: .completed).with {
      $0.verified = false
      $0.verification = .init(
        time: noon, failure: .init(step: "verify", reason: "DigestMismatch", message: "other bytes"))
    }
    let failed = Backup.sample("failed", phase: .failed).with {
      $0.failure = .init(step: "upload", reason: "BucketNotFound", message: "there is no bucket")
    }
    let lines = BackupTable().table([held, damaged, failed].map(BackupSummary.init), now: now).lines()
    #expect(lines[1].contains("yes   manual") || lines[1].contains("yes"))
    #expect(lines[2].contains("DAMAGED") && lines[2].hasSuffix("damaged: other bytes"))
    #expect(lines[3].hasSuffix("BucketNotFound: there is no bucket"))
  }

  @Test func aDescriptionHasEverythingOfAFailure() {
    let failed = Backup.sample(phase: .failed).with {
      $0.failure = .init(step: "upload", reason: "BucketNotFound", message: "there is no bucket", source: "raft")
      $0.warnings = ["odd"]
      $0.facts = ["raft": ["term": "4"]]
    }
    let text = BackupDescription(backup: failed, now: now).lines.map(\.text).joined(separator: "\n")
    for part in [
      "Phase:     Failed", "Failure:", "  reason:  BucketNotFound", "  remedy:  make the bucket", "raft term: 4",
      "Warnings:\n  odd",
    ] { #expect(text.contains(part), "\(part) is not in\n\(text)") }
  }
}
