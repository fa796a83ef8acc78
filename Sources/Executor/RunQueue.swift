internal import BackupFormat
internal import Foundation
internal import HoldfastAPI
internal import Logging
internal import NIOCore
internal import ObjectStore

/// Lets the backups of one policy run one after the other, whoever started them: a CronJob that forbids concurrency does
/// not look at Jobs made by hand, and a laptop knows of neither.
///
/// Lamport's bakery, with leases for tickets and ids for numbers. A run writes its lease as `waiting` and looks: it is
/// held up by any live run that is `running`, and by one that is `waiting` with a smaller id. Then it writes `running` and
/// looks once more: it steps back for any live one with a smaller id. Of two that start together each either sees the
/// other's lease or wrote its own before the other looked, provided that a listing shows what was written before it.
///
/// Credentials that may not list cannot see other runs: there is no queue then, and every run goes at once. Nothing breaks,
/// since each writes below an id of its own.
struct RunQueue {
  let context: RunContext
  let lease: RunLease
  let permissions: MissingPermissions

  /// An id that sorts after all that are there: ids tell the order of backups, and two of one second differ by chance.
  static func nextID(_ context: RunContext, _ permissions: MissingPermissions) async throws -> BackupID {
    let catalogue = try await permissions.unlessDenied(.list) {
      try await Catalogue.load(context.store, layout: context.layout, uploads: false)
    }
    let newest = catalogue?.entries.keys.max()?.date
    for _ in 0..<5 {
      let now = context.now()
      // An id from a clock that is far ahead cannot be waited for.
      guard let newest, newest.timeIntervalSince(now) < 2, newest.addingTimeInterval(1) > now else { break }
      try await context.clock.sleep(.seconds(newest.addingTimeInterval(1).timeIntervalSince(now)))
    }
    return context.makeID(context.now())
  }

  /// Returns when it is this run's turn.
  /// - Returns: The backups that were there by then; nil where nobody may look.
  /// - Throws: ``RunFailure`` with reason DeadlineExceeded where the others take too long.
  func enter() async throws -> [BackupID]? {
    let start = context.clock.now()
    var isFirstLook = true
    var seen: [BackupID]?
    while true {
      if let other = try await blocker(isFinal: false, &seen) {
        if isFirstLook {
          context.logger.notice(
            "another run of this policy is at work; waiting", metadata: ["backup.id": "\(other)"])
        }
        isFirstLook = false
        guard context.clock.now() - start < context.settings.queueLimit else { throw tookTooLong(other) }
        try await context.clock.sleep(context.settings.queuePoll)
        continue
      }
      try await lease.enter(.running)
      guard try await blocker(isFinal: true, &seen) != nil else { return seen }
      try await lease.enter(.waiting)
    }
  }

  /// A live run that goes first.
  private func blocker(isFinal: Bool, _ seen: inout [BackupID]?) async throws -> BackupID? {
    guard !permissions.lacks(.list),
      let catalogue = try await permissions.unlessDenied(
        .list, { try await Catalogue.load(context.store, layout: context.layout, uploads: false) })
    else { return nil }
    seen = catalogue.sorted.filter(\.hasManifest).map(\.id)
    let others = catalogue.sorted.filter { $0.id != lease.id && $0.lease != nil }
    guard !others.isEmpty else { return nil }
    let now = try await lease.storeNow()
    for other in others {
      guard let object = other.lease else { continue }
      let record = try await permissions.unlessDenied(.read) {
        try await LeaseRecord.read(object.key, from: context.store)
      }?.flatMap(\.self)
      let verdict = LeaseVerdict.judge(
        record: record, lease: object, storeNow: now, lifetime: context.settings.leaseLifetime,
        me: RunLease.holder(context), processes: context.processes)
      guard verdict == .alive, record.map({ $0.operation == lease.operation }) ?? true else { continue }
      // Of leases that nobody may read the ids alone decide: two runs would otherwise wait for each other.
      let isRunning = !permissions.lacks(.read) && record?.phase != .waiting
      if other.id < lease.id || (isRunning && !isFinal) { return other.id }
    }
    return nil
  }

  private func tookTooLong(_ other: BackupID) -> RunFailure {
    RunFailure(
      step: .prepare, reason: .deadlineExceeded,
      message: "the run \(other) of the same policy was still at work after \(context.settings.queueLimit); this one "
        + "was not begun")
  }
}
