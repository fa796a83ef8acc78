import Foundation
import KubernetesClient
import KubernetesModel

/// Takes, renews and releases one lease for one candidate. Used by one task at a time.
actor LeaseLock {
  enum Attempt: Sendable, Hashable {
    case leading
    /// Another one holds it, by this candidate's clock until `until`.
    case held(by: String, until: Duration)
  }

  private let client: KubernetesClient
  private let options: LeaderElector.Options
  private let clock: ErasedClock
  private let wallClock: @Sendable () -> Date
  private var observation = LeaseObservation()
  /// The lease as this candidate wrote it last; saves reading it before each renewal.
  private var written: Lease?

  init(
    client: KubernetesClient, options: LeaderElector.Options, clock: ErasedClock,
    wallClock: @escaping @Sendable () -> Date
  ) {
    self.client = client
    self.options = options
    self.clock = clock
    self.wallClock = wallClock
  }

  /// Takes the lease where it is free, or renews it where it is this candidate's.
  ///
  /// Safe against others by the resource version: of several who write, one wins.
  /// - Throws: ``KubernetesError`` where the outcome is not known; the next attempt reads the lease first.
  func tryAcquireOrRenew() async throws -> Attempt {
    if let lease = written {
      written = nil
      do {
        return try await write(taking(lease))
      } catch let error as KubernetesError where error.code == .conflict || error.code == .notFound {
        // Somebody wrote in between; look who.
      }
    }
    guard let lease = try await absentIfNotFound({ try await self.read() }) else {
      return try await settlingConflict {
        try await self.accept(self.client.create(self.taking(nil)))
      }
    }
    observation.observe(lease.spec ?? LeaseSpec(), now: clock.now)
    guard observation.isFree(for: options.identity, now: clock.now, fallback: options.leaseDuration) else {
      return held()
    }
    return try await settlingConflict { try await self.write(self.taking(lease)) }
  }

  /// Gives the lease back, so that another may take it at once. Does nothing where it is no longer this candidate's.
  func release() async throws {
    guard var lease = try await absentIfNotFound({ try await self.read() }),
      lease.spec?.holderIdentity == options.identity
    else { return }
    let now = MicroTimestamp(wallClock())
    lease.spec?.holderIdentity = ""
    lease.spec?.leaseDurationSeconds = 1
    lease.spec?.acquireTime = now
    lease.spec?.renewTime = now
    written = nil
    try await client.update(lease)
  }

  private func read() async throws -> Lease {
    try await client.get(Lease.self, name: options.lease.name, namespace: options.lease.namespace)
  }

  private func write(_ lease: Lease) async throws -> Attempt { try await accept(client.update(lease)) }

  private func accept(_ lease: Lease) -> Attempt {
    written = lease
    observation.observe(lease.spec ?? LeaseSpec(), now: clock.now)
    return .leading
  }

  private func held() -> Attempt {
    .held(
      by: observation.holder ?? "another candidate",
      until: observation.expiry(fallback: options.leaseDuration) ?? clock.now)
  }

  /// Somebody else was faster: that is an answer, not an error.
  private func settlingConflict(_ call: () async throws -> Attempt) async throws -> Attempt {
    do {
      return try await call()
    } catch let error as KubernetesError where error.code == .conflict || error.code == .alreadyExists {
      return .held(by: "another candidate", until: clock.now + options.retryPeriod)
    }
  }

  /// The lease with this candidate as its holder.
  private func taking(_ lease: Lease?) -> Lease {
    var lease =
      lease
      ?? Lease(metadata: ObjectMeta(name: options.lease.name, namespace: options.lease.namespace))
    var spec = lease.spec ?? LeaseSpec()
    let now = MicroTimestamp(wallClock())
    if spec.holderIdentity != options.identity {
      spec.acquireTime = now
      spec.leaseTransitions = lease.metadata.resourceVersion == nil ? 0 : (spec.leaseTransitions ?? 0) + 1
    }
    spec.holderIdentity = options.identity
    // Whole seconds on the wire; rounded up, so that nobody takes the lease too early.
    spec.leaseDurationSeconds = Int32(options.leaseDuration.seconds.rounded(.up))
    spec.renewTime = now
    lease.spec = spec
    return lease
  }
}
