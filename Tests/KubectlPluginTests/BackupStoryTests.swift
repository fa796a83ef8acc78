import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel
import Testing

@testable import KubectlPlugin

/// What a person is told of a Backup, and the exit status by outcome.
@Suite struct BackupStoryTests {
  private func story(
    verification: String? = nil, sources: Int? = 2, hasBar: Bool = false, isPreUpgrade: Bool = false,
    gate: GateWait? = nil
  ) -> BackupStory {
    BackupStory(
      name: "bao-x7k2p", namespace: "openbao", sources: sources, verification: verification, hasBar: hasBar,
      isPreUpgrade: isPreUpgrade, gate: gate)
  }

  @Test func eachStateIsToldOnce() {
    var story = story()
    let waiting = Backup.sample(phase: .pending, message: "waits until Job x of the same policy has ended")
    #expect(story.take(.seen(.sample()), elapsed: .zero).texts == ["Waiting for the operator"])
    #expect(
      story.take(.seen(waiting), elapsed: .seconds(1)).texts == [
        "Pending: waits until Job x of the same policy has ended"
      ])
    #expect(story.take(.seen(waiting), elapsed: .seconds(2)).texts.isEmpty)
    #expect(
      story.take(.seen(.sample(phase: .running, message: "pod p runs")), elapsed: .seconds(3)).texts
        == ["Running: pod p runs"])
  }

  @Test func aCompletedBackupEndsWithZero() throws {
    var story = story()
    let step = story.take(.seen(.sample(phase: .completed)), elapsed: .seconds(9))
    let end = try #require(step.end)
    #expect(end.exit == .done)
    #expect(
      end.text == "Backup bao-x7k2p is Completed after 9s: 1 artifact, 11.2 MiB stored, "
        + "s3://backups/openbao/bao/20261121T120000Z-abcdef")
  }

  @Test func whatIsNotInACompletedBackupIsTold() throws {
    var story = story()
    let backup = Backup.sample(phase: .completed).with {
      $0.warnings = ["the clock of the source differs"]
      $0.conditions = [
        Condition(
          type: "PartiallyCaptured", status: .true, lastTransitionTime: noon, reason: "PartiallyCaptured",
          message: "source objects: widgets: forbidden")
      ]
    }
    let end = try #require(story.take(.seen(backup), elapsed: .zero).end)
    #expect(end.exit == .done)
    #expect(end.text.contains("warning: not all of it is there: source objects: widgets: forbidden"))
    #expect(end.text.contains("warning: the clock of the source differs"))
  }

  /// Promise 10: step, reason, message, remedy.
  @Test func aFailureSaysStepReasonMessageAndRemedy() throws {
    var story = story()
    let backup = Backup.sample(phase: .failed).with {
      $0.failure = Backup.Failure(
        step: "upload", reason: "BucketNotFound", message: "there is no bucket 'x'", source: "raft")
    }
    let end = try #require(story.take(.seen(backup), elapsed: .seconds(4)).end)
    #expect(end.exit == .failed)
    #expect(
      end.text == """
        Backup bao-x7k2p is Failed
          step:    upload of source raft
          reason:  BucketNotFound
          message: there is no bucket 'x'
          remedy:  make the bucket, or correct spec.target.bucket
          log:     kubectl holdfast logs bao-x7k2p -n openbao
        """)
  }

  @Test func noUpgradeBeginsWithASuspiciousBackup() throws {
    let backup = Backup.sample(phase: .completed).with {
      $0.warnings = ["suspicious: source raft gave 5 bytes"]
      $0.anomaly = .init(
        source: "raft", size: 5, median: 50, compared: 5, ratio: 0.5, message: "source raft gave 5 bytes")
      $0.conditions = [
        Condition(
          type: "Suspicious", status: .true, lastTransitionTime: noon, reason: "SizeShrunk",
          message: "source raft gave 5 bytes; older backups stay")
      ]
    }
    let command = "kubectl annotate backup bao-x7k2p -n openbao holdfast.dev/accept-size=REASON"
    for verification in [nil, "token-1"] {
      var story = story(verification: verification, isPreUpgrade: true)
      let end = try #require(story.take(.seen(backup), elapsed: .zero).end)
      #expect(end.exit == .failed)
      #expect(end.text.contains("source raft gave 5 bytes") && end.text.contains(command), "\(end.text)")
    }
    // Without an upgrade it is a warning, told once.
    var manual = story()
    let end = try #require(manual.take(.seen(backup), elapsed: .zero).end)
    #expect(end.exit == .done)
    #expect(end.text.components(separatedBy: "source raft gave 5 bytes").count == 2 && end.text.contains(command))
    var accepted = story(isPreUpgrade: true)
    let other = backup.with { $0.conditions?[0].status = .false }
    #expect(accepted.take(.seen(other), elapsed: .zero).end?.exit == .done)
  }

  private func policy(
    _ gate: BackupPolicyStatus.PreUpgradeGate?, verified: Bool? = nil, looked: Int64 = 1
  ) -> Observation<Backup> {
    var policy = BackupPolicy(
      metadata: ObjectMeta(name: "bao", namespace: "openbao"),
      spec: BackupPolicySpec(
        sources: [], target: Target(bucket: "b", credentialsSecretRef: SecretReference(name: "s")),
        preUpgrade: PreUpgrade(window: "30m", requireVerified: verified)))
    policy.metadata.generation = 1
    policy.status = BackupPolicyStatus()
    policy.status?.observedGeneration = looked
    policy.status?.preUpgrade = gate
    return .policy(.found(policy))
  }

  /// An upgrade that begins between the backup's end and the operator's word on it is refused by the gate.
  @Test func theUpgradeWaitsForThePolicysWord() throws {
    let until = Timestamp(noon.date + 1_800)
    let closed = policy(.init(ready: false, message: "the newest good backup, old, began long ago"))
    var story = story(isPreUpgrade: true, gate: GateWait(policy: "bao"))
    #expect(story.take(.seen(.sample(phase: .completed)), elapsed: .seconds(9)).end == nil)
    let step = story.take(closed, elapsed: .seconds(10))
    #expect(
      step.end == nil
        && step.texts == ["Waits for the gate of BackupPolicy bao: the newest good backup, old, began long ago"])
    #expect(story.take(closed, elapsed: .seconds(11)) == StoryStep(), "told once")
    #expect(
      story.timedOut(after: .seconds(20)).text.contains("is not ready for an upgrade: the newest good backup, old"))
    // Opened by an older one: that is not what was waited for.
    let older = BackupPolicyStatus.PreUpgradeGate(ready: true, backup: "old", until: Timestamp(noon.date + 900))
    #expect(story.take(policy(older), elapsed: .seconds(12)).end == nil)
    let mine = BackupPolicyStatus.PreUpgradeGate(ready: true, backup: "bao-x7k2p", until: until)
    #expect(story.take(policy(mine, looked: 0), elapsed: .seconds(13)).end == nil, "of another spec")
    for gate in [mine, .init(ready: true, backup: "younger", until: Timestamp(until.date + 60))] {
      var other = story
      let end = try #require(other.take(policy(gate), elapsed: .seconds(14)).end)
      #expect(end.exit == .done && end.text.contains("BackupPolicy bao is ready for an upgrade until"))
    }
    let refused = try #require(story.take(closed, elapsed: .seconds(70)).end)
    #expect(refused.exit == .failed && refused.text.contains("the newest good backup, old, began long ago"))
  }

  @Test func whereThePolicyWantsAVerificationItIsWaitedForLonger() throws {
    var story = story(isPreUpgrade: true, gate: GateWait(policy: "bao"))
    let closed = policy(.init(ready: false, message: "is being read back"), verified: true)
    let completed = Backup.sample(phase: .completed)
    _ = story.take(.seen(completed), elapsed: .zero)
    #expect(story.take(closed, elapsed: .seconds(600)).end == nil)
    let damaged = completed.with {
      $0.verified = false
      $0.verification = Backup.Verification(time: noon, message: "raft has other bytes")
    }
    #expect(story.take(.seen(damaged), elapsed: .seconds(601)).end?.text.contains("raft has other bytes") == true)
  }

  @Test func aPolicyThatCannotBeReadIsNotWaitedFor() throws {
    var story = story(isPreUpgrade: true, gate: GateWait(policy: "bao"))
    _ = story.take(.seen(.sample(phase: .completed)), elapsed: .zero)
    var other = story
    #expect(story.take(.policy(.unreadable), elapsed: .zero).end?.exit == .done)
    #expect(other.take(.policy(.missing), elapsed: .zero).end?.exit == .failed)
  }

  @Test func aRequiredVerificationIsWaitedFor() throws {
    var story = story(verification: "token-1")
    let completed = Backup.sample(phase: .completed)
    let step = story.take(.seen(completed), elapsed: .seconds(9))
    #expect(step.end == nil)
    #expect(step.texts == ["Completed: 1 artifact, 11.2 MiB stored; waits until it is read back"])
    let good = completed.with {
      $0.verified = true
      $0.verification = Backup.Verification(time: noon, depth: .content, request: "token-1")
    }
    let end = try #require(story.take(.seen(good), elapsed: .seconds(12)).end)
    #expect(end.exit == .done)
    #expect(end.text.hasSuffix("It was read back and is good to depth Content"))
  }

  @Test func aBackupThatWasFoundDamagedFails() throws {
    var story = story(verification: "token-1")
    let damaged = Backup.sample(phase: .completed).with {
      $0.verified = false
      $0.verification = Backup.Verification(
        time: noon, failure: .init(step: "verify", reason: "DigestMismatch", message: "raft has other bytes"))
    }
    let end = try #require(story.take(.seen(damaged), elapsed: .zero).end)
    #expect(end.exit == .failed)
    #expect(end.text.contains("DigestMismatch: raft has other bytes"))
  }

  @Test func anAnswerThatNobodyCouldGiveIsNoVerification() throws {
    var story = story(verification: "token-1")
    let unknown = Backup.sample(phase: .completed).with {
      $0.verification = Backup.Verification(time: noon, message: "the store does not answer", request: "token-1")
    }
    let end = try #require(story.take(.seen(unknown), elapsed: .zero).end)
    #expect(end.exit == .failed)
    #expect(end.text.contains("is not verified: the store does not answer"))
    // The answer to another question is none to this one.
    var other = self.story(verification: "token-2")
    #expect(other.take(.seen(unknown), elapsed: .zero).end == nil)
  }

  @Test func aDeletedBackupEndsWaiting() {
    var story = story()
    _ = story.take(.seen(.sample(phase: .running)), elapsed: .zero)
    #expect(story.take(.gone, elapsed: .seconds(1)).end?.exit == .failed)
    var other = self.story()
    #expect(other.take(.seen(.sample(phase: .deleting)), elapsed: .zero).end?.exit == .failed)
  }

  @Test func noOperatorIsToldAndEndsInATimeout() {
    var story = story()
    _ = story.take(.seen(.sample()), elapsed: .zero)
    #expect(story.take(.tick, elapsed: .seconds(19)).lines.isEmpty)
    let told = story.take(.tick, elapsed: .seconds(20)).texts
    #expect(told == ["no operator has picked it up in 20s: see kubectl holdfast doctor"])
    #expect(story.take(.tick, elapsed: .seconds(21)).lines.isEmpty)
    let end = story.timedOut(after: .seconds(1_800))
    #expect(end.exit == .timedOut)
    #expect(end.text.contains("did not end within 30m and goes on: no operator has picked it up"))
  }

  @Test func aTimeoutSaysWhatItWaitedFor() {
    var story = story()
    _ = story.take(.seen(.sample(phase: .pending, message: "waits until Job x has ended")), elapsed: .zero)
    #expect(story.timedOut(after: .seconds(5)).text.contains("it is Pending: waits until Job x has ended"))
  }

  @Test func whoStopsWaitingIsToldThatTheRunGoesOn() {
    #expect(story().stopped(.interrupted).exit.rawValue == 130)
    #expect(story().stopped(.terminated).exit.rawValue == 143)
    #expect(story().stopped(.interrupted).text.contains("goes on: kubectl holdfast describe bao-x7k2p -n openbao"))
  }

  @Test func withoutABarALineComesEveryMinute() {
    var plain = story()
    _ = plain.take(.seen(.sample(phase: .running, message: "pod p runs")), elapsed: .seconds(5))
    #expect(plain.take(.tick, elapsed: .seconds(64)).lines.isEmpty)
    #expect(plain.take(.tick, elapsed: .seconds(65)).texts == ["still Running: pod p runs (1:05)"])
    #expect(plain.take(.tick, elapsed: .seconds(66)).lines.isEmpty)
    var drawn = story(hasBar: true)
    _ = drawn.take(.seen(.sample(phase: .running)), elapsed: .zero)
    #expect(drawn.take(.tick, elapsed: .seconds(600)).lines.isEmpty)
  }

  @Test func theLogTellsOfEachSourceOnce() {
    var story = story()
    _ = story.take(.seen(.sample(phase: .running)), elapsed: .zero)
    let log = RunLog(
      parsing: """
        2026-11-21T12:00:01.000Z info backup begins backup.id=x
        2026-11-21T12:00:02.000Z info source captured backup.id=x plain.bytes=2097152 source=raft stored.bytes=1048576
        """)
    #expect(
      story.take(.log(log), elapsed: .seconds(2)).texts == ["Captured: source raft, 2.0 MiB read, 1.0 MiB stored"])
    #expect(story.take(.log(log), elapsed: .seconds(4)).lines.isEmpty)
    let progress = story.progress(elapsed: .seconds(4))
    #expect(progress.fraction == 0.5)
    #expect(progress.parts == ["Running", "1 of 2 sources", "1.0 MiB stored"])
  }

  @Test func aLogInJSONIsReadAsWell() {
    let log = RunLog(
      parsing: """
        {"message":"source captured","source":"raft","plain.bytes":"10","stored.bytes":"5","level":"info"}
        {"message":"about source captured","source":"other"}
        """)
    #expect(log.captured == [RunLog.Source(name: "raft", plainBytes: 10, storedBytes: 5)])
  }
}

/// Calls that fail while somebody waits.
@Suite struct TroublesTests {
  private func error(_ code: KubernetesError.Code) -> KubernetesError {
    KubernetesError(code: code, operation: "watch backups", message: "no")
  }

  @Test func oneBrokenConnectionIsNotWorthALine() {
    var troubles = Troubles()
    #expect(troubles.add(error(.connection), elapsed: .zero).line == nil)
    #expect(troubles.end() == nil)
  }

  @Test func aServerThatIsAwayIsToldOnceAndNeverGivenUp() {
    var troubles = Troubles()
    var lines: [String] = []
    for second in stride(from: 0, to: 3_600, by: 5) {
      let (line, end) = troubles.add(error(.connection), elapsed: .seconds(second))
      lines += [line].compactMap { $0 }
      #expect(end == nil)
    }
    #expect(lines == ["the API server: no; trying again"])
    #expect(troubles.end() == "the API server answers again")
  }

  /// An expired token is renewed, and rights take a moment to load; a wrong one stays wrong.
  @Test(arguments: [KubernetesError.Code.unauthorized, .forbidden, .notFound])
  func aRefusalIsGivenUpAfterAMinute(_ code: KubernetesError.Code) throws {
    var troubles = Troubles()
    #expect(troubles.add(error(code), elapsed: .zero).line != nil)
    #expect(troubles.add(error(code), elapsed: .seconds(30)).end == nil)
    #expect(troubles.add(error(code), elapsed: .seconds(59)).end == nil)
    let end = try #require(troubles.add(error(code), elapsed: .seconds(60)).end)
    #expect(end.exit == .failed)
  }

  @Test func refusalsThatPassedStartAnew() {
    var troubles = Troubles()
    _ = troubles.add(error(.unauthorized), elapsed: .zero)
    // The watch went on quietly in between.
    #expect(troubles.add(error(.unauthorized), elapsed: .seconds(300)).end == nil)
  }
}
