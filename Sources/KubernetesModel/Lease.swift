/// A lock with an expiry (coordination.k8s.io/v1).
public struct Lease: KubernetesObject, Hashable {
  public static let resource = ResourceType(
    group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases")

  public var apiVersion = "coordination.k8s.io/v1"
  public var kind = "Lease"
  public var metadata: ObjectMeta
  public var spec: LeaseSpec?

  public init(metadata: ObjectMeta = ObjectMeta(), spec: LeaseSpec? = nil) {
    self.metadata = metadata
    self.spec = spec
  }
}

public struct LeaseSpec: Codable, Sendable, Hashable {
  /// Empty or nil where nobody holds the lease.
  public var holderIdentity: String?
  public var leaseDurationSeconds: Int32?
  public var acquireTime: MicroTimestamp?
  public var renewTime: MicroTimestamp?
  public var leaseTransitions: Int32?

  public init(
    holderIdentity: String? = nil, leaseDurationSeconds: Int32? = nil, acquireTime: MicroTimestamp? = nil,
    renewTime: MicroTimestamp? = nil, leaseTransitions: Int32? = nil
  ) {
    self.holderIdentity = holderIdentity
    self.leaseDurationSeconds = leaseDurationSeconds
    self.acquireTime = acquireTime
    self.renewTime = renewTime
    self.leaseTransitions = leaseTransitions
  }
}
