public import Age
public import BackupFormat
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
/// - Neither a backup that is damaged nor one that the store refuses ends the run. A store that cannot be listed does, and one
///   that refuses several in a row and then also the one that was read last of all.
/// - A run that could tell of none fails.
/// - With `all`, those come first that were longest not read back: a run that its deadline ends goes on with the next.
public struct ScheduledVerification: Sendable {
  private static let listed = 10
  /// After as many failures of the store one behind the other, one that was readable before tells whether it is the store.
  private static let patience = 3

  let context: RunContext
  let verification: Verification?
  let only: BackupID?
  let run: VerifyRun
  let objects: BackupObjects

  /// - Parameters:
  ///   - verification: Of the policy; without it all are read.
  ///   - only: This one in place of those that the policy chooses.
  ///   - client: Of the API server that has the Backups.
  public init(
    context: RunContext, verification: Verification?, only: BackupID? = nil, identities: [AgeIdentity],
    client: KubernetesClient
  ) {
    self.context = context
    self.verification = verification
    self.only = only
    run = VerifyRun(context: context, identities: identities, comparesWhatIdentitiesDoNotOpen: true)
    objects = BackupObjects(
      client: client, namespace: context.plan.policy.namespace, policy: context.plan.policy.name)
  }

  /// - Parameter report: Called for each backup as soon as it is done.
  /// - Throws: ``RunFailure``.
  public func result(report: (VerifyRun.Verdict) -> Void = { _ in }) async throws -> ExecutorResult {
    let started = Timestamp(context.now())
    var tally = ExecutorResult.Verification()
    var warnings = FirstLines()
    var unrecorded = 0
    var refused = 0
    var untold: RunFailure?
    do {
      let survey = try await objects.survey()
      var (pending, oldest) = if let only { try single(only, survey) } else { try await chosen(survey) }
      while !pending.isEmpty {
        try Task.checkCancellation()
        let id = refused == Self.patience ? pending.removeLast() : pending.removeFirst()
        let verdict: VerifyRun.Verdict
        switch try await look(at: id, survey, oldest: oldest) {
        case .verdict(let found): verdict = found
        case .removed: continue
        case .removedUnheard(let name):
          warnings.add(
            "\(id): it is older than every backup in the bucket and was removed there; Backup \(name) stands for nothing"
          )
          continue
        }
        report(verdict)
        tally.count(verdict)
        for warning in verdict.warnings { warnings.add("\(id): \(warning)") }
        if try await !record(verdict, survey) { unrecorded += 1 }
        refused = Self.isOfStore(verdict) ? refused + 1 : 0
        guard verdict.state == .unknown, let failure = verdict.failure else { continue }
        if refused > Self.patience || failure.reason == .interrupted { throw failure }
        untold = untold ?? failure
      }
      if let untold, tally.good == 0, tally.damaged == 0 { throw untold }
    } catch {
      throw ErrorMapping.backupObjects(error, step: .verify)
    }
    var result = ExecutorResult(
      operation: .verify, outcome: .succeeded, startTime: started, completionTime: Timestamp(context.now()))
    result.location = "\(context.store.location)/\(context.layout.policyPrefix.dropLast())"
    tally.damagedIDs = Array(tally.damagedIDs.sorted(by: >).prefix(Self.listed))
    result.verification = tally
    var lines = warnings.lines(hint: "; see the Backups")
    if tally.unknown > 0, let untold {
      lines.append("of \(tally.unknown) backup(s) nothing could be told; the first: \(untold.message)")
    }
    if unrecorded > 0 {
      lines.append("\(unrecorded) backup(s) have no Backup object yet, so that nothing is recorded of them")
    }
    result.warnings = lines.isEmpty ? nil : lines
    return result
  }

  /// What the bucket holds, and what Backups say that it holds.
  /// - Returns: Which to read, in this order, and the oldest one that the bucket has a manifest of.
  private func chosen(_ survey: BackupObjects.Survey) async throws -> (ids: [BackupID], oldest: BackupID?) {
    var oldest: BackupID?
    var ids = Set(survey.byID.compactMap { id, known in known.isComplete ? expected(id, known) : nil })
    try await ManifestWalk(store: context.store, layout: context.layout).run { page in
      ids.formUnion(page.map(\.id))
      oldest = (page.map(\.id) + [oldest].compactMap(\.self)).min()
      return true
    }
    guard let count = verification?.count else {
      // Of one without a Backup object nobody can tell when it was read: it comes last, or it would come first each time. But for
      // those that are newer than every object: theirs has yet to be made.
      let known = survey.byID.filter(\.value.isComplete)
      let newest = known.keys.compactMap { BackupID($0) }.max()
      func last(_ id: BackupID) -> Date {
        if let known = known[id.rawValue] { return known.verifiedAt ?? .distantPast }
        return newest.map { id < $0 } ?? false ? .distantFuture : .distantPast
      }
      return (ids.sorted { (last($0), $1) < (last($1), $0) }, oldest)
    }
    return (Array(ids.sorted(by: >).prefix(count)), oldest)
  }

  /// - Returns: As ``chosen(_:)``. The bucket is not listed for the oldest one: who asks for a backup that is gone is told so.
  private func single(_ id: BackupID, _ survey: BackupObjects.Survey) throws -> (ids: [BackupID], oldest: BackupID?) {
    guard let known = survey.byID[id.rawValue] else {
      throw RunFailure(step: .verify, reason: .backupNotFound, message: "no Backup of the policy stands for \(id)")
    }
    guard expected(id.rawValue, known) != nil else {
      throw RunFailure(
        step: .verify, reason: .backupNotFound,
        message: "Backup \(known.name) is at \(known.location ?? "an unknown place"), and the policy's target is now "
          + "\(context.location(of: id, in: context.layout)); give the policy its old target back, or read the backup back "
          + "with a policy of that target")
    }
    return ([id], nil)
  }

  /// One in another target than the policy has now is not looked for here.
  private func expected(_ text: String, _ known: BackupObjects.Known) -> BackupID? {
    guard let id = BackupID(text), known.location == context.location(of: id, in: context.layout) else { return nil }
    return id
  }

  private enum Look {
    case verdict(VerifyRun.Verdict)
    case removed
    /// Retention removed it, and the Backup of that name was not told.
    case removedUnheard(String)
  }

  private func look(at id: BackupID, _ survey: BackupObjects.Survey, oldest: BackupID?) async throws -> Look {
    if let verdict = try await run.verify(id: id) { return .verdict(verdict) }
    // Of one that retention or a person has removed, the Backup goes too. Where it stays, the backup is lost, unless the word
    // of a run that pruned it was: retention removes the oldest.
    guard let known = survey.byID[id.rawValue], try await objects.stands(known.name, for: id) else { return .removed }
    if let oldest, id < oldest { return .removedUnheard(known.name) }
    let failure = RunFailure(
      step: .verify, reason: .objectNotFound,
      message: "there is no manifest at \(context.layout.manifestKey(of: id)): the backup is gone from the bucket")
    return .verdict(VerifyRun.Verdict(id: id, artifacts: 0, storedBytes: 0, failure: failure))
  }

  private static func isOfStore(_ verdict: VerifyRun.Verdict) -> Bool {
    guard verdict.state == .unknown, let reason = verdict.failure?.reason else { return false }
    return Reason.storeReasons.contains(reason) || reason == .storeFailed
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
