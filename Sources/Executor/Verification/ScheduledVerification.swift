public import Age
internal import BackupFormat
internal import Foundation
public import HoldfastAPI
public import JobPlan
public import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import ObjectStore

/// Reads back the backups that `spec.verification` asks for, and says in each Backup object what was found.
///
/// - It needs no operator: where one is down, what was found waits in the Backups.
/// - A backup that is damaged does not end the run; a store that does not answer does.
/// - With `all`, those come first that were longest not read back: a run that its deadline ends goes on with the next.
public struct ScheduledVerification: Sendable {
  private static let listed = 10

  let context: RunContext
  let verification: Verification
  let run: VerifyRun
  let objects: BackupObjects

  /// - Parameter client: Of the API server that has the Backups.
  public init(
    context: RunContext, verification: Verification, identities: [AgeIdentity], client: KubernetesClient
  ) {
    self.context = context
    self.verification = verification
    run = VerifyRun(context: context, identities: identities, comparesWhatIdentitiesDoNotOpen: true)
    objects = BackupObjects(
      client: client, namespace: context.plan.policy.namespace, policy: context.plan.policy.name)
  }

  /// - Parameter report: Called for each backup as soon as it is done.
  /// - Throws: ``RunFailure``.
  public func result(report: (VerifyRun.Verdict) -> Void = { _ in }) async throws -> ExecutorResult {
    let started = Timestamp(context.now())
    var tally = ExecutorResult.Verification()
    var warnings: [String] = []
    var unrecorded = 0
    do {
      let survey = try await objects.survey()
      let ids = try await chosen(survey)
      for id in ids {
        try Task.checkCancellation()
        guard let verdict = try await verdict(id, survey) else { continue }
        report(verdict)
        tally.count(verdict)
        warnings += verdict.warnings.map { "\(id): \($0)" }
        try stopIfTheStoreIsAway(verdict)
        if try await !record(verdict, survey) { unrecorded += 1 }
      }
    } catch {
      throw ErrorMapping.backupObjects(error, step: .verify)
    }
    var result = ExecutorResult(
      operation: .verify, outcome: .succeeded, startTime: started, completionTime: Timestamp(context.now()))
    result.location = "\(context.store.location)/\(context.layout.policyPrefix.dropLast())"
    tally.damagedIDs = Array(tally.damagedIDs.sorted(by: >).prefix(Self.listed))
    result.verification = tally
    if unrecorded > 0 {
      warnings.append("\(unrecorded) backup(s) have no Backup object yet, so that nothing is recorded of them")
    }
    if warnings.count > Self.listed {
      warnings = warnings.prefix(Self.listed) + ["and \(warnings.count - Self.listed) more; see the Backups"]
    }
    result.warnings = warnings.isEmpty ? nil : warnings
    return result
  }

  /// What the bucket holds, and what Backups say that it holds.
  private func chosen(_ survey: BackupObjects.Survey) async throws -> [BackupID] {
    var ids = Set(survey.byID.compactMap { id, known in known.isComplete ? expected(id, known) : nil })
    try await ManifestWalk(store: context.store, layout: context.layout).run { page in
      ids.formUnion(page.map(\.id))
      return true
    }
    guard let count = verification.count else {
      func last(_ id: BackupID) -> Date { survey.byID[id.rawValue]?.verifiedAt ?? .distantPast }
      return ids.sorted { (last($0), $1) < (last($1), $0) }
    }
    return Array(ids.sorted(by: >).prefix(count))
  }

  /// One in another target than the policy has now is not looked for here.
  private func expected(_ text: String, _ known: BackupObjects.Known) -> BackupID? {
    guard let id = BackupID(text), known.location == context.location(of: id, in: context.layout) else { return nil }
    return id
  }

  /// - Returns: nil where the backup was removed meanwhile.
  private func verdict(_ id: BackupID, _ survey: BackupObjects.Survey) async throws -> VerifyRun.Verdict? {
    if let verdict = try await run.verify(id: id) { return verdict }
    // Of one that retention or a person has removed, the Backup goes too. Where it stays, the backup is lost.
    guard let known = survey.byID[id.rawValue], try await objects.stands(known.name, for: id) else { return nil }
    return VerifyRun.Verdict(
      id: id, artifacts: 0, storedBytes: 0,
      failure: RunFailure(
        step: .verify, reason: .objectNotFound,
        message: "there is no manifest at \(context.layout.manifestKey(of: id)): the backup is gone from the bucket"))
  }

  private func stopIfTheStoreIsAway(_ verdict: VerifyRun.Verdict) throws {
    guard verdict.state == .unknown, let failure = verdict.failure else { return }
    if Reason.storeReasons.contains(failure.reason) || failure.reason == .storeFailed || failure.reason == .interrupted
    {
      throw failure
    }
  }

  /// - Returns: False where there is no Backup to say it in. Of what could not be told, nothing is said.
  private func record(_ verdict: VerifyRun.Verdict, _ survey: BackupObjects.Survey) async throws -> Bool {
    let metadata: Logger.Metadata = ["backup.id": "\(verdict.id)", "depth": "\(verdict.depth?.rawValue ?? "")"]
    if let failure = verdict.failure {
      context.logger.error("not as it was made", metadata: metadata.merging(["error": "\(failure)"]) { $1 })
    } else {
      context.logger.info("verified", metadata: metadata)
    }
    guard verdict.state != .unknown else { return true }
    guard let known = survey.byID[verdict.id.rawValue], known.isComplete else { return false }
    return try await objects.record(
      verdict.verification(at: Timestamp(context.now())), isGood: verdict.state == .good, in: known.name)
  }
}

extension BackupObjects {
  /// Whether the Backup is still there for this id, and not on its way out.
  func stands(_ name: String, for id: BackupID) async throws -> Bool {
    let live = try await absentIfNotFound { try await client.get(Backup.resource, name: name, namespace: namespace) }
    return live?[path: "status", "id"]?.stringValue == id.rawValue && live?.objectMeta.deletionTimestamp == nil
  }
}

extension ExecutorResult.Verification {
  mutating func count(_ verdict: VerifyRun.Verdict) {
    switch verdict.state {
    case .good: good += 1
    case .unknown: unknown += 1
    case .damaged:
      damaged += 1
      damagedIDs.append(verdict.id.rawValue)
    }
  }
}
