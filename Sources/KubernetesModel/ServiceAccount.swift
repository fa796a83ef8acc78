/// The identity of pods (core/v1).
public struct ServiceAccount: KubernetesObject, Hashable {
  public static let resource = ResourceType(group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts")

  public var apiVersion = "v1"
  public var kind = "ServiceAccount"
  public var metadata: ObjectMeta
  public var automountServiceAccountToken: Bool?
  public var imagePullSecrets: [LocalObjectReference]?

  public init(
    metadata: ObjectMeta = ObjectMeta(), automountServiceAccountToken: Bool? = nil,
    imagePullSecrets: [LocalObjectReference]? = nil
  ) {
    self.metadata = metadata
    self.automountServiceAccountToken = automountServiceAccountToken
    self.imagePullSecrets = imagePullSecrets
  }
}
