internal import BackupFormat
internal import Foundation
internal import HoldfastAPI
public import JobPlan
internal import KubernetesModel
internal import Logging
internal import NIOCore
internal import ObjectStore

/// Tries a target before a backup has to: can a backup be written there, create-only, and what else may these credentials
/// do? Leaves nothing behind that it can remove.
///
/// Only what a backup cannot do without is a failure; a missing right to read, list or delete is a warning that says what
/// will not work.
public struct PreflightRun: Sendable {
  /// No step takes longer, so that a server that never answers is told from one that is slow.
  public static let stepLimit: Duration = .seconds(30)
  /// All of them together, but for the removal of the probe: well below the deadline of the Job.
  static let totalLimit: Duration = .seconds(120)
  /// Seconds between the store's clock and ours that are worth a word. S3 refuses requests at 900.
  private static let skewLimit: TimeInterval = 60

  let context: RunContext
  private let probe: PreflightProbe
  private let started: Date
  private let end: Duration

  /// - Parameter context: Its store locks nothing: a probe must go again.
  public init(context: RunContext) {
    self.context = context
    started = context.now()
    end = context.clock.now() + Self.totalLimit
    probe = PreflightProbe(id: context.makeID(started), layout: context.layout)
  }

  /// Cancelling the task (SIGTERM) removes the probe; the result says so.
  public func run() async -> ExecutorResult {
    var report = PreflightReport()
    if context.plan.spec.target.insecureSkipVerify == true {
      report.warnings.append(
        "target.insecureSkipVerify is set: whoever is between here and the store can read the credentials")
    }
    if await write(&report) {
      await checkCreateOnly(&report)
      await checkRead(&report)
      await checkList(&report)
      await checkLock(&report)
      await remove(&report)
    }
    report.end()
    var result = ExecutorResult(
      operation: .preflight, outcome: .failed, startTime: Timestamp(started), completionTime: Timestamp(context.now()))
    result.location = "\(context.store.location)/\(context.layout.policyPrefix.dropLast())"
    report.fill(&result)
    log(result)
    return result
  }

  private func log(_ result: ExecutorResult) {
    for warning in result.warnings ?? [] { context.logger.warning("preflight", metadata: ["warning": "\(warning)"]) }
    if let failure = result.failure {
      context.logger.error(
        "preflight failed", metadata: ["reason": "\(failure.reason)", "error": "\(failure.message)"])
    } else {
      context.logger.info("preflight succeeded", metadata: ["target": "\(result.location ?? "")"])
    }
  }

  // MARK: Writing

  /// - Returns: Whether the probe is there.
  private func write(_ report: inout PreflightReport) async -> Bool {
    do {
      try await limited { [store = context.store, probe] in
        try await store.put(probe.key, body: probe.body, condition: .ifAbsent)
      }
      report.complete(.connect, .authenticate, .bucket, .write)
      return true
    } catch {
      place(error, in: &report)
      if RunLease.mayExist(after: error) { _ = await removeProbe() }
      return false
    }
  }

  /// How far a request came that was refused.
  private func place(_ error: any Error, in report: inout PreflightReport) {
    let failure = failure(error)
    switch (error as? ObjectStoreError)?.code {
    case .unreachable?, .timeout?, .certificateUntrusted?: report.fail(.connect, failure)
    case .signatureMismatch?, .clockSkew?:
      report.complete(.connect)
      report.fail(.authenticate, failure)
    case .bucketNotFound?, .regionMismatch?:
      report.complete(.connect)
      report.fail(.bucket, failure)
    case .unsupported?:
      report.complete(.connect, .authenticate, .bucket)
      report.fail(.createOnly, failure)
    case .configuration?: report.fail(.connect, failure)
    case nil where error is DeadlineExceeded: report.fail(.connect, failure)
    default:
      report.complete(.connect)
      report.fail(.write, failure)
    }
  }

  private func checkCreateOnly(_ report: inout PreflightReport) async {
    do {
      try await limited { [store = context.store, probe] in
        try await store.put(probe.key, body: probe.otherBody, condition: .ifAbsent)
      }
      report.fail(
        .createOnly,
        RunFailure(
          step: .preflight, reason: .conditionalWriteUnsupported,
          message:
            "the store let a create-only write replace an object: with it, one backup could replace another; use "
            + "another store, or a newer version of this one"))
    } catch let error as ObjectStoreError where [.alreadyExists, .accessDenied, .locked].contains(error.code) {
      // Some stores look for the right to replace an object before they look at the condition. Either way it stays.
      report.confirm(.createOnly, .conditionalWrite)
    } catch {
      report.fail(.createOnly, failure(error))
    }
  }

  // MARK: What a backup does without

  private func checkRead(_ report: inout PreflightReport) async {
    do {
      let bytes = try await limited { [store = context.store, probe] in
        try await store.getBytes(probe.key, upTo: 1 << 16)
      }
      guard bytes == probe.body else {
        return report.fail(
          .read,
          RunFailure(
            step: .preflight, reason: .storeFailed, message: "what the store gave back is not what was written"))
      }
      report.confirm(.read, .read)
    } catch let error as ObjectStoreError where error.code == .accessDenied {
      report.miss(
        .read, .read,
        "the credentials may not read: backups can be written with them, but not pruned, verified or restored")
    } catch {
      report.fail(.read, failure(error))
    }
  }

  private func checkList(_ report: inout PreflightReport) async {
    do {
      let objects = try await limited { [store = context.store, layout = context.layout] in
        try await store.listAll(prefix: PreflightProbe.prefix(in: layout))
      }
      guard let own = objects.first(where: { $0.key == probe.key }) else {
        return report.miss(
          .list, .list,
          "a listing does not show what was written just before: runs of this policy may not see each other")
      }
      report.confirm(.list, .list)
      compareClocks(own, &report)
      await removeOldProbes(objects, own)
      await lookForBackups(&report)
    } catch let error as ObjectStoreError where error.code == .accessDenied {
      let pruning = context.plan.spec.retention == nil ? "" : ", and retention removes nothing"
      report.miss(
        .list, .list, "the credentials may not list: runs of this policy cannot see each other\(pruning)")
    } catch {
      report.fail(.list, failure(error))
    }
  }

  /// Whether the policy begins where another cluster, or an earlier one, has left backups. Says nothing where it takes long.
  private func lookForBackups(_ report: inout PreflightReport) async {
    let hasAny = try? await limited { [walk = ManifestWalk(store: context.store, layout: context.layout)] in
      var hasAny = false
      try await walk.run { _ in
        hasAny = true
        return false
      }
      return hasAny
    }
    if let hasAny { report.note(.olderBackups, hasAny) }
  }

  private func compareClocks(_ object: ObjectInfo, _ report: inout PreflightReport) {
    guard let modified = object.lastModified else { return }
    // The write was between these two.
    let now = context.now()
    let skew = modified < started ? modified.timeIntervalSince(started) : max(0, modified.timeIntervalSince(now))
    guard abs(skew) > Self.skewLimit else { return }
    report.warnings.append(
      "the store's clock is \(Int(abs(skew))) s \(skew > 0 ? "ahead of" : "behind") this node's; S3 refuses requests at "
        + "900 s: check the node's time synchronisation")
  }

  private func checkLock(_ report: inout PreflightReport) async {
    guard context.plan.spec.target.objectLock != nil else { return report.skip(.lock, "target.objectLock is not set") }
    guard let lockCheck = context.lockCheck else { return report.skip(.lock, "this store does not tell") }
    do {
      if try await limited(lockCheck) {
        report.confirm(.lock, .objectLock)
      } else {
        report.fail(
          .lock,
          RunFailure(
            step: .preflight, reason: .objectLockUnsupported,
            message: "target.objectLock is set, and the bucket does not allow locks; turn them on for the bucket, or "
              + "remove target.objectLock"))
      }
    } catch let error as ObjectStoreError where error.code == .accessDenied {
      report.skip(.lock, "the credentials may not ask whether the bucket allows locks")
    } catch let error as ObjectStoreError where error.code == .unsupported {
      report.fail(
        .lock,
        RunFailure(
          step: .preflight, reason: .objectLockUnsupported,
          message: "target.objectLock is set, and the store has no locks: \(error)", cause: error))
    } catch {
      report.fail(.lock, failure(error))
    }
  }

  // MARK: Removing

  private func remove(_ report: inout PreflightReport) async {
    switch await removeProbe() {
    case nil: report.confirm(.delete, .delete)
    case let error as ObjectStoreError where error.code == .accessDenied || error.code == .locked:
      let pruning = context.plan.spec.retention == nil ? "" : "; retention removes nothing"
      let why =
        error.code == .locked
        ? "a default retention of the bucket keeps new objects" : "the credentials may not delete"
      report.miss(.delete, .delete, "\(why): leases and the probe \(probe.key) stay\(pruning)")
    case let error?: report.fail(.delete, failure(error))
    }
    if Task.isCancelled { report.fail(.delete, failure(CancellationError())) }
  }

  /// Also after a cancellation.
  private func removeProbe() async -> (any Error)? {
    await cleaningUp(within: context.settings.interruptedCleanupLimit, clock: context.clock) {
      [store = context.store, probe] in
      try await store.delete(probe.key)
    }
  }

  /// Those of preflights that were killed.
  private func removeOldProbes(_ objects: [ObjectInfo], _ own: ObjectInfo) async {
    guard let now = own.lastModified else { return }
    for object in objects where object.key != own.key && PreflightProbe.isProbe(object.key, in: context.layout) {
      guard let modified = object.lastModified, now.timeIntervalSince(modified) > 3_600 else { continue }
      _ = try? await limited { [store = context.store] in try await store.delete(object.key) }
    }
  }

  // MARK: Errors

  private func limited<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await withDeadline(max(.zero, min(Self.stepLimit, end - context.clock.now())), clock: context.clock, body)
  }

  private func failure(_ error: any Error) -> RunFailure {
    // What a call that was broken off says is only the echo.
    if Task.isCancelled { return ErrorMapping.interrupted(ErrorMapping.failure(error, step: .preflight)) }
    if error is DeadlineExceeded {
      return RunFailure(
        step: .preflight, reason: .endpointUnreachable,
        message: "\(context.store.location) gave no answer within \(Self.stepLimit); check target.endpoint and network "
          + "policies", cause: error)
    }
    return ErrorMapping.failure(error, step: .preflight)
  }
}
