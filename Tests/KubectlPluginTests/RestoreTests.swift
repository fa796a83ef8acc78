import ArgumentParser
import Foundation
import HoldfastAPI
import KubernetesModel
import Testing

@testable import KubectlPlugin

@Suite struct RestoreTests {
  private func selection(_ arguments: String...) throws -> RestoreSelection { try RestoreSelection.parse(arguments) }

  @Test func flagsBecomeARequest() throws {
    let request = try selection(
      "--latest", "bao", "--before", "2026-11-21T03:00:00Z", "--require-verified", "--sources", "raft,pki",
      "--identity-secret", "age:key.txt", "--conflict", "skip", "--map-namespace", "a=b", "--force",
      "--no-safety-backup"
    ).request(namespace: "openbao", isDryRun: true, suffix: "x7k2p")
    #expect(request.metadata.name == "bao-plan-x7k2p")
    #expect(request.spec.from.latest?.policyRef.name == "bao")
    #expect(request.spec.from.latest?.before == Timestamp("2026-11-21T03:00:00Z"))
    #expect(request.spec.from.latest?.requireVerified == true)
    #expect(request.spec.sources?.map(\.name) == ["raft", "pki"])
    #expect(request.spec.decryption?.identitySecretRef == SecretReference(name: "age", key: "key.txt"))
    #expect(request.spec.conflictPolicy == .skip && request.spec.namespaceMapping == ["a": "b"])
    #expect(request.spec.force == true && request.spec.safetyBackup == false && request.spec.dryRun == true)
  }

  @Test func whatIsNotSaidIsLeftToTheDefaults() throws {
    let spec = try selection("--backup", "bao-1").request(namespace: "n", isDryRun: false, suffix: "x").spec
    #expect(spec == RestoreRequest.Spec(from: .init(backup: "bao-1")))
  }

  @Test(arguments: [
    [], ["--backup", "a", "--latest", "b"], ["--backup", "a", "--before", "2026-11-21T03:00:00Z"],
    ["--latest", "a", "--before", "yesterday"], ["--backup", "a", "--map-namespace", "x"],
    ["--backup", "a", "--conflict", "merge"],
  ])
  func wrongFlagsAreRefused(_ arguments: [String]) {
    #expect(throws: (any Error).self) { try RestoreSelection.parse(arguments) }
  }

  @Test func aWrongNameIsRefusedAsTheOperatorWould() throws {
    let selection = try selection("--backup", "Not_A_Name")
    let failure = #expect(throws: PluginFailure.self) {
      try selection.request(namespace: "n", isDryRun: false, suffix: "x")
    }
    #expect(failure?.exit == .usage && failure?.message.contains("spec.from.backup") == true)
  }

  private func request(_ phase: RestoreRequest.Phase?, _ change: (inout RestoreRequest.Status) -> Void = { _ in })
    -> RestoreRequest
  {
    var request = RestoreRequest(
      metadata: ObjectMeta(name: "back", namespace: "openbao", uid: "u"), spec: .init(from: .init(backup: "bao-1")))
    var status = RestoreRequest.Status(phase: phase)
    change(&status)
    if phase != nil { request.status = status }
    return request
  }

  @Test(arguments: [
    (RestoreRequest.Phase.completed, CommandExit.done), (.planned, .done), (.failed, .failed), (.unknown, .failed),
  ])
  func theExitFollowsThePhase(_ phase: RestoreRequest.Phase, _ exit: CommandExit) {
    var story = RestoreStory(name: "back", namespace: "openbao")
    #expect(story.take(.seen(request(phase)), elapsed: .zero).end?.exit == exit)
  }

  @Test func phasesOnTheWayEndNothing() {
    var story = RestoreStory(name: "back", namespace: "openbao")
    for phase in [nil, RestoreRequest.Phase.pending, .validating, .safetyBackup, .restoring, .verifying] {
      #expect(story.take(.seen(request(phase)), elapsed: .zero).end == nil)
    }
    #expect(story.take(.gone, elapsed: .zero).end?.exit == .failed)
  }

  @Test func eachStepIsToldOnceAndObjectsMakeTheBar() {
    var story = RestoreStory(name: "back", namespace: "openbao")
    var step = RestoreRequest.Step(name: "restore pki", state: .running)
    step.done = 3
    step.total = 12
    let running = request(.restoring) {
      $0.steps = [RestoreRequest.Step(name: "resolve", state: .completed, message: "Backup bao-1"), step]
    }
    #expect(story.take(.seen(running), elapsed: .zero).texts == ["Done: resolve, Backup bao-1", "Restoring"])
    #expect(story.take(.seen(running), elapsed: .zero).texts.isEmpty)
    #expect(story.progress(elapsed: .zero).fraction == 0.25)
    #expect(story.progress(elapsed: .zero).parts.contains("3 of 12 objects"))
  }

  @Test func aPlanWithAConflictIsANo() throws {
    let planned = request(.planned) {
      $0.plan = [
        .init(source: "pki", action: "create", object: "secrets pki/ca"),
        .init(source: "pki", action: "conflict", object: "secrets pki/tls", detail: "data.tls.crt differs"),
      ]
    }
    var story = RestoreStory(name: "back", namespace: "openbao")
    let end = try #require(story.take(.seen(dry(planned)), elapsed: .zero).end)
    #expect(end.exit == .failed)
    #expect(end.text.hasSuffix("1 conflict, 1 create: the restore would be refused, and nothing changed"))
    #expect(end.text.contains("pki      conflict   secrets pki/tls   data.tls.crt differs"))
  }

  private func dry(_ request: RestoreRequest) -> RestoreRequest {
    var copy = request
    copy.spec.dryRun = true
    return copy
  }

  @Test func onlyADryRunSaysThatNothingWasTouched() {
    let plan = [RestoreRequest.PlannedAction(source: "pki", action: "create", object: "secrets pki/ca")]
    func text(_ request: RestoreRequest) -> String {
      RestoreDescription(request: request, now: noon.date).lines.map(\.text).joined(separator: "\n")
    }
    let done = request(.completed) { $0.plan = plan }
    #expect(text(done).contains("1 create") && !text(done).contains("nothing was touched"))
    #expect(text(dry(request(.planned) { $0.plan = plan })).contains("1 create; nothing was touched"))
  }

  /// Promise 7: a person decides, and is told how.
  @Test func anUnknownOutcomeNamesTheDecisions() throws {
    var story = RestoreStory(name: "back", namespace: "openbao")
    let end = try #require(story.take(.seen(request(.unknown)), elapsed: .zero).end)
    #expect(end.text.contains("kubectl holdfast restore resume back -n openbao"))
    #expect(end.text.contains("kubectl holdfast restore abandon back -n openbao"))
  }

  @Test func aSecondDecisionIsAnotherValue() {
    #expect(RestoreDecision.resume.value(for: request(.unknown)) == "resume")
    let again = request(.unknown) {
      $0.decision = "resume"
      $0.attempt = 2
    }
    #expect(RestoreDecision.abandon.value(for: again) == "abandon-3")
  }

  @Test func whatAPersonAgreesToNamesTheMissingSafetyBackup() throws {
    let request = try selection("--backup", "bao-1", "--no-safety-backup").request(
      namespace: "openbao", isDryRun: false, suffix: "x")
    #expect(request.intent.contains("  safety backup: NONE: what is there now cannot be brought back"))
    let usual = try selection("--backup", "bao-1").request(namespace: "openbao", isDryRun: false, suffix: "x")
    #expect(
      usual.intent.contains(
        "  safety backup: taken first, where a policy of this namespace says how and something is overwritten"))
  }
}
