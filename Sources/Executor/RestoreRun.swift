internal import Logging
public import Age
public import BackupFormat
internal import Foundation
internal import HoldfastAPI
public import JobPlan
internal import KubernetesModel
internal import NIOCore
internal import ResourceRestore
public import SnapshotSource
import Synchronization

/// Brings the artifacts of one backup back to where they came from, or to where the plan says.
///
/// Everything is read, decrypted and checked once before anything is touched; then it is read again, into the
/// destination. The destructive step is begun at most once in a run; that it is begun once at all is the operator's
/// part, which claims the request before it makes the Job.
public struct RestoreRun: Sendable {
  public typealias MakeDestination =
    @Sendable (_ source: String, _ kind: String, _ force: Bool) throws -> any SnapshotDestination

  /// nil for an artifact that is no set of API objects.
  public typealias MakeObjectRestore = @Sendable (_ artifact: Manifest.Artifact) throws -> ObjectRestore?

  struct Target: Sendable {
    var artifact: Manifest.Artifact
    var destination: any SnapshotDestination
  }

  /// API objects: brought back by many small steps, each of which can be repeated.
  struct ObjectTarget: Sendable {
    var artifact: Manifest.Artifact
    var restore: ObjectRestore
    var planned: ObjectRestore.Planned?
  }

  let context: RunContext
  let restore: Plan.Restore
  let identities: [AgeIdentity]
  let makeDestination: MakeDestination
  let makeObjectRestore: MakeObjectRestore
  /// Where each step is claimed before it begins; nil where a person runs the restore.
  let journal: RestoreJournalWriter?
  /// Told of the result as it stands right before the destructive step: where the process dies in it, that is what
  /// remains to be read.
  let checkpoint: @Sendable (ExecutorResult) -> Void
  /// What is written down in place of the result, where another part finishes the restore.
  let recording: @Sendable (ExecutorResult) -> ExecutorResult

  public init(
    context: RunContext, restore: Plan.Restore, identities: [AgeIdentity],
    makeDestination: @escaping MakeDestination, makeObjectRestore: @escaping MakeObjectRestore = { _ in nil },
    journal: RestoreJournalWriter? = nil, checkpoint: @escaping @Sendable (ExecutorResult) -> Void = { _ in },
    recording: @escaping @Sendable (ExecutorResult) -> ExecutorResult = { $0 }
  ) {
    self.context = context
    self.restore = restore
    self.identities = identities
    self.makeDestination = makeDestination
    self.makeObjectRestore = makeObjectRestore
    self.journal = journal
    self.checkpoint = checkpoint
    self.recording = recording
  }

  var layout: BucketLayout {
    BucketLayout(
      pathPrefix: context.plan.spec.target.pathPrefix, namespace: restore.origin.namespace, policy: restore.origin.name)
  }

  public func run() async -> ExecutorResult {
    let started = Timestamp(context.now())
    var result = ExecutorResult(operation: .restore, outcome: .failed, startTime: started, completionTime: started)
    var steps = StepLog([.preflight, .download, .restore, .verify], now: context.now)
    do {
      try await run(&result, &steps)
      result.outcome = .succeeded
    } catch {
      var failure = ErrorMapping.failure(error, step: Self.running(steps))
      // A cancelled restore may have been sent whole: that is not the same as an interrupted one.
      if Task.isCancelled && !failure.isOutcomeUnknown { failure = interrupted(failure, after: steps) }
      steps.end(after: failure)
      result.outcome = failure.isOutcomeUnknown ? .unknown : .failed
      result.failure = failure.backupFailure
      context.logger.error(
        "restore failed",
        metadata: ["step": "\(failure.step.rawValue)", "reason": "\(failure.reason)", "error": "\(error)"])
    }
    result.steps = steps.steps
    result.completionTime = Timestamp(context.now())
    await journal?.write(recording(result))
    return result
  }

  /// With what is certain all the same: what was done until then is done.
  private func interrupted(_ failure: RunFailure, after steps: StepLog) -> RunFailure {
    var interrupted = ErrorMapping.interrupted(failure)
    let states = Dictionary(uniqueKeysWithValues: steps.steps.map { ($0.name, $0.state) })
    if states[RunStep.restore.rawValue] == .completed {
      interrupted.message += "; everything is restored, and was not proved"
    } else if states[RunStep.restore.rawValue] == .pending {
      interrupted.message += "; nothing was changed"
    } else if !interrupted.message.contains(failure.message) {
      interrupted.message += ": \(failure.message)"
    }
    return interrupted
  }

  private static func running(_ steps: StepLog) -> RunStep {
    steps.steps.first { $0.state == .running }.flatMap { RunStep(rawValue: $0.name) } ?? .preflight
  }

  private func run(_ result: inout ExecutorResult, _ steps: inout StepLog) async throws {
    steps.begin(.preflight)
    try await journal?.open()
    let manifest = try await findBackup()
    result.id = manifest.id.rawValue
    result.location = context.location(of: manifest.id, in: layout)
    let artifacts = try chosen(manifest)
    var objects = try makeObjectTargets(artifacts)
    let targets = try makeTargets(artifacts.filter { artifact in !objects.contains { $0.artifact == artifact } })
    let actions = try await preflight(targets)
    let done = (restore.done ?? []).map {
      RestoreRequest.PlannedAction(source: $0, action: "skip", object: $0, detail: "restored by an earlier attempt")
    }
    result.plan = try await planObjects(&objects) + actions + done
    await journal?.write(result.plan ?? [])
    guard !restore.dryRun else {
      steps.complete(.preflight, objects.isEmpty ? nil : Self.summary(objects))
      steps.skipPending()
      return
    }
    try check(objects)
    try Self.refuseConflicts(actions)
    steps.complete(.preflight)
    steps.begin(.download)
    for target in targets { try await download(target) }
    steps.complete(.download, "\(targets.count) artifact(s) read, decrypted and checked")

    steps.begin(.restore)
    // First what a database's clients log in with.
    let message = try await writeObjects(objects, &steps)
    for (index, target) in targets.enumerated() {
      try await write(target, result, steps, isFirst: index == 0 && objects.isEmpty)
    }
    steps.complete(.restore, message)

    steps.begin(.verify)
    var facts: [String: [String: String]] = [:]
    for target in targets { facts[target.artifact.source] = try await verify(target) }
    result.facts = facts
    let proofs = facts.sorted { $0.key < $1.key }.compactMap { $0.value[SnapshotFacts.proof] }
    steps.complete(.verify, proofs.isEmpty ? nil : proofs.joined(separator: "; "))
    context.logger.info("restore complete", metadata: ["backup.id": "\(manifest.id)"])
  }
}
