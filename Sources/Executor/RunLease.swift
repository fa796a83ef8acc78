internal import Logging
internal import BackupFormat
internal import Foundation
internal import HoldfastAPI
internal import JobPlan
internal import KubernetesModel
internal import NIOCore
internal import ObjectStore
import Synchronization

/// Says that a run is writing below its id, so that others tell its unfinished objects from a dead run's debris.
///
/// The object `<id>/.running` is written create-only before anything else of a run, renewed every heartbeat, and removed
/// after everything else. Whoever prunes treats an id without a manifest like this:
/// - no lease: debris once its newest object or upload is older than the grace period (24 h);
/// - a lease that is alive: somebody's work, left alone;
/// - a lease that is dead: debris at once. Dead means that its process ran on this very machine and is gone, or that it
///   was an earlier pod of the same Job, or that it was not renewed for five minutes of the store's own clock.
///
/// No node's clock matters: the store stamps both the lease and, by the pruner's own lease, the present. The other
/// side keeps the promise too: a run that could not renew its lease for half of that at a stretch, by a clock that
/// also counts suspended time, gives up, and it renews right before it writes its manifest, which must be done in
/// what is left of that time. So a run that others may call dead never commits.
final class RunLease: Sendable {
  private struct State {
    var beat = 0
    /// When the last renewal that succeeded was sent.
    var lastSent: Duration?
    /// A gap was too long: others may have called this run dead.
    var isLost = false
    var phase = LeaseRecord.Phase.waiting
  }

  let id: BackupID
  let key: String
  private let context: RunContext
  let operation: String
  private let startedAt: String
  private let state = Mutex(State())

  init(id: BackupID, operation: String, context: RunContext, layout: BucketLayout) {
    self.id = id
    self.key = layout.prefix(of: id) + LeaseRecord.name
    self.context = context
    self.operation = operation
    self.startedAt = Timestamp(context.now()).description
  }

  static func holder(_ context: RunContext) -> LeaseRecord.Holder {
    LeaseRecord.Holder(
      clusterID: context.plan.clusterID, namespace: context.identity.namespace, job: context.identity.job,
      pod: context.identity.pod, process: context.processes.current)
  }

  /// Create-only: no two runs share an id, and a store that cannot write create-only is found out before an upload.
  func begin() async throws { try await write(.ifAbsent) }

  /// Whether ``begin()`` may have taken effect although it threw: false where the store has answered with a refusal.
  static func mayExist(after error: any Error) -> Bool {
    guard let error = error as? ObjectStoreError else { return true }
    return [.timeout, .serverError, .throttled, .integrity, .failed].contains(error.code)
  }

  func renew() async throws { try await write(.none) }

  /// For ``RunQueue``.
  func enter(_ phase: LeaseRecord.Phase) async throws {
    state.withLock { $0.phase = phase }
    try await renew()
  }

  /// Runs `body` while the lease is renewed beside it.
  func whileKept<Value>(_ body: () async throws -> Value) async throws -> Value {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [self] in
        while true {
          try await context.clock.sleep(context.settings.heartbeat)
          do {
            try await renew()
          } catch is CancellationError {
            return
          } catch {
            // One that fails does no harm: the next may succeed, and a gap that is too long counts at the commit.
            context.logger.warning("lease not renewed", metadata: ["backup.id": "\(id)", "error": "\(error)"])
          }
        }
      }
      defer { group.cancelAll() }
      return try await body()
    }
  }

  /// Renews once more and tells how long the manifest's writing may take.
  ///
  /// - Throws: ``RunFailure`` where others may have called this run dead.
  func renewForCommit() async throws -> Duration {
    try await renew()
    let now = context.clock.now()
    return try state.withLock { state in
      guard !state.isLost, let sent = state.lastSent, now - sent < context.settings.leaseConfidence else {
        throw RunFailure(
          step: .manifest, reason: .storeFailed,
          message:
            "the lease \(key) could not be renewed for \(context.settings.leaseConfidence); another run may have "
            + "taken this one for dead and removed its objects, so it ends without a backup")
      }
      return context.settings.leaseConfidence - (now - sent)
    }
  }

  /// The store's clock, as it stamped a renewal of this lease.
  func storeNow() async throws -> Date {
    try await renew()
    do {
      return try await context.store.head(key)?.lastModified ?? context.now()
    } catch let error as ObjectStoreError where error.code == .accessDenied {
      // A listing has the time too, and asks for another permission.
      let page = try await context.store.list(prefix: key, startingAfter: nil)
      return page.objects.first { $0.key == key }?.lastModified ?? context.now()
    }
  }

  /// Removes the lease; the last thing that a run does. Where it fails, the lease dies of age.
  func end() async throws { try await context.store.delete(key) }

  private func write(_ condition: WriteCondition) async throws {
    let sent = context.clock.now()
    let (beat, phase) = state.withLock { state in
      state.beat += 1
      if let last = state.lastSent, sent - last > context.settings.leaseConfidence { state.isLost = true }
      return (state.beat, state.phase)
    }
    let record = LeaseRecord(
      operation: operation, phase: phase, startedAt: startedAt, holder: Self.holder(context), beat: beat)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(record)
    try await context.store.put(key, body: ByteBuffer(bytes: data), condition: condition)
    state.withLock { state in
      guard state.lastSent.map({ $0 < sent }) ?? true else { return }
      state.lastSent = sent
    }
  }
}
