import KubernetesModel

/// What a candidate knows about a lease, measured by its own monotonic clock.
///
/// The times in a lease are those of its holder's clock, which may be wrong or jump. A candidate therefore counts from
/// the moment at which it saw the lease change, as client-go does.
struct LeaseObservation: Sendable {
  private var spec: LeaseSpec?
  private var observedAt: Duration = .zero

  /// - Parameter now: Of a monotonic clock, always the same one.
  mutating func observe(_ spec: LeaseSpec, now: Duration) {
    guard spec != self.spec else { return }
    self.spec = spec
    observedAt = now
  }

  var holder: String? { spec?.holderIdentity.flatMap { $0.isEmpty ? nil : $0 } }

  /// When the holder's time is over, unless the lease changes before; nil where nobody holds it.
  /// - Parameter fallback: Where the lease says no duration.
  func expiry(fallback: Duration) -> Duration? {
    guard let spec, holder != nil else { return nil }
    return observedAt + (spec.leaseDurationSeconds.map { .seconds(Int64($0)) } ?? fallback)
  }

  /// Whether `identity` may take the lease now.
  func isFree(for identity: String, now: Duration, fallback: Duration) -> Bool {
    guard let holder, holder != identity, let expiry = expiry(fallback: fallback) else { return true }
    return now >= expiry
  }
}
