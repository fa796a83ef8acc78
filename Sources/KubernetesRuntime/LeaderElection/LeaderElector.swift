public import Foundation
public import KubernetesClient
public import KubernetesModel
public import Logging
import Metrics
public import ServiceLifecycle

/// Runs work in one of several processes at a time, by a Lease of `coordination.k8s.io`, like client-go.
///
/// Flow: wait until the lease is free, take it, run the work and renew the lease beside it, give it back.
///
/// Guarantees, as long as the clocks of the processes run at about the same speed:
/// - After a process is killed, another takes over within `leaseDuration` + `retryPeriod` and a bit.
/// - After a clean stop the lease is released, and another takes over within `retryPeriod` and a bit.
/// - Where the lease could not be renewed for `renewDeadline`, or somebody else has it, the work is cancelled and
///   ``run()`` throws ``KubernetesError`` with `leadershipLost`; the process should then end and start again.
///
/// Assumptions: `identity` is new for each process. Times in the lease are for people only; a clock that is wrong or
/// jumps does no harm.
///
/// Caveats: a process that is paused for longer than `leaseDuration` goes on for a moment after it wakes, beside a new
/// leader. Writes with a resource version, as updates have, make that harmless. On cancellation, in contrast to
/// graceful shutdown, the lease is not released, since calls no longer work then; it expires.
public struct LeaderElector: Service {
  public struct Options: Sendable {
    /// Namespace and name of the lease.
    public var lease: ObjectKey
    public var identity: String
    /// How long others wait before they take over from one that no longer renews.
    public var leaseDuration: Duration
    /// How long the leader tries to renew before it gives up. Less than `leaseDuration`.
    public var renewDeadline: Duration
    /// Between two attempts. Less than `renewDeadline`.
    public var retryPeriod: Duration

    public init(
      lease: ObjectKey, identity: String, leaseDuration: Duration = .seconds(15),
      renewDeadline: Duration = .seconds(10), retryPeriod: Duration = .seconds(2)
    ) {
      self.lease = lease
      self.identity = identity
      self.leaseDuration = leaseDuration
      self.renewDeadline = renewDeadline
      self.retryPeriod = retryPeriod
    }

    /// The host's name, which is the pod's, and something random.
    public static func uniqueIdentity(hostName: String = ProcessInfo.processInfo.hostName) -> String {
      "\(hostName)_\(UUID().uuidString.lowercased())"
    }
  }

  private let options: Options
  private let lock: LeaseLock
  private let clock: ErasedClock
  private let random: @Sendable () -> Double
  private let logger: Logger
  private let work: @Sendable () async throws -> Void

  /// - Parameters:
  ///   - work: Runs while this process leads; should run until graceful shutdown. A `ServiceGroup` may run in it.
  ///   - wallClock: For the times in the lease.
  /// - Throws: ``KubernetesError`` with `configuration` where the durations do not fit each other.
  public init(
    _ client: KubernetesClient, options: Options, logger: Logger, clock: some Clock<Duration> = ContinuousClock(),
    wallClock: @escaping @Sendable () -> Date = { Date() },
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
    work: @escaping @Sendable () async throws -> Void
  ) throws {
    guard options.retryPeriod > .zero, options.retryPeriod < options.renewDeadline,
      options.renewDeadline < options.leaseDuration, options.leaseDuration >= .seconds(1), !options.identity.isEmpty
    else {
      throw KubernetesError(
        code: .configuration, operation: "lead by lease \(options.lease)",
        message: "retryPeriod < renewDeadline < leaseDuration has to hold, and an identity is needed")
    }
    self.options = options
    self.clock = ErasedClock(clock)
    self.random = random
    var logger = logger
    logger[metadataKey: "lease"] = "\(options.lease)"
    logger[metadataKey: "identity"] = "\(options.identity)"
    self.logger = logger
    self.work = work
    lock = LeaseLock(client: client, options: options, clock: self.clock, wallClock: wallClock)
  }

  /// Returns after the work has ended, or on graceful shutdown before it began.
  /// - Throws: what the work throws; ``KubernetesError`` with `leadershipLost`; `CancellationError`.
  public func run() async throws {
    guard let acquiredAt = try await acquire() else { return }
    logger.info("This process leads now.")
    gauge.record(1)
    defer { gauge.record(0) }
    try await lead(acquiredAt: acquiredAt)
  }

  private var gauge: Gauge {
    Gauge(label: "kubernetes_leader_election_leading", dimensions: [("lease", "\(options.lease)")])
  }

  /// - Returns: When the winning attempt began; nil on graceful shutdown.
  private func acquire() async throws -> Duration? {
    let acquired = Locked<Duration?>(nil)
    try await runUntilShutdown {
      var lastHolder: String?
      while true {
        let start = clock.now
        var wait = options.retryPeriod * (1 + 0.2 * random())
        do {
          let attempt = try await withTimeout(options.renewDeadline, clock: clock) {
            try await lock.tryAcquireOrRenew()
          }
          switch attempt {
          case .leading:
            acquired.withLock { $0 = start }
            return
          case .held(let holder, let expiry):
            if holder != lastHolder { logger.info("Another process leads.", metadata: ["holder": "\(holder)"]) }
            lastHolder = holder
            // Look again right when the lease ends, if that is earlier than the next turn.
            wait = max(.milliseconds(50), min(wait, expiry - clock.now))
          }
        } catch is CancellationError {
          throw CancellationError()
        } catch {
          logger.info("The lease could not be read or taken.", metadata: ["error": "\(error)"])
        }
        try await clock.sleep(for: wait)
      }
    }
    return acquired.withLock { $0 }
  }

  private func lead(acquiredAt: Duration) async throws {
    let lost: KubernetesError? = try await withThrowingTaskGroup(of: KubernetesError?.self) { group in
      group.addTask {
        try await work()
        return nil
      }
      group.addTask { try await renew(since: acquiredAt) }
      defer { group.cancelAll() }
      do {
        return try await group.next() ?? nil
      } catch {
        // The renewal goes on until here, so that nobody else starts while the work is still ending.
        group.cancelAll()
        await release()
        throw error
      }
    }
    if let lost {
      logger.info("This process leads no longer.", metadata: ["error": "\(lost)"])
      throw lost
    }
    await release()
  }

  /// Renews until that is no longer possible.
  /// - Returns: Why the lease is lost.
  private func renew(since acquiredAt: Duration) async throws -> KubernetesError {
    var renewedAt = acquiredAt
    var lastError: (any Error)?
    while true {
      let rest = renewedAt + options.renewDeadline - clock.now
      try await clock.sleep(for: max(.zero, min(options.retryPeriod, rest)))
      let start = clock.now
      let remaining = renewedAt + options.renewDeadline - start
      guard remaining > .zero else {
        return lost("the lease was not renewed for \(options.renewDeadline)", cause: lastError)
      }
      do {
        // Half of the deadline, so that one call without an answer does not use it up.
        let limit = min(remaining, options.renewDeadline / 2)
        let attempt = try await withTimeout(limit, clock: clock) { try await lock.tryAcquireOrRenew() }
        switch attempt {
        case .leading: renewedAt = start
        case .held(let holder, _): return lost("'\(holder)' has the lease", cause: nil)
        }
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        lastError = error
        logger.info("The lease could not be renewed yet.", metadata: ["error": "\(error)"])
      }
    }
  }

  private func lost(_ message: String, cause: (any Error)?) -> KubernetesError {
    KubernetesError(
      code: .leadershipLost, operation: "renew lease \(options.lease)",
      message: message + (cause.map { "; last error: \($0)" } ?? ""), cause: cause)
  }

  private func release() async {
    // Calls fail in a cancelled task; the lease expires.
    if Task.isCancelled { return }
    do {
      try await withTimeout(options.renewDeadline / 2, clock: clock) { try await lock.release() }
      logger.info("The lease is released.")
    } catch {
      logger.info("The lease could not be released and will expire.", metadata: ["error": "\(error)"])
    }
  }
}
