/// What the operator's configuration adds to every executor pod.
public struct ExecutorDefaults: Sendable, Hashable {
  /// Used where neither the policy nor the request names an image.
  public var image: String
  /// nil leaves it to the API server.
  public var imagePullPolicy: String?
  /// Secrets in the namespace of the policy.
  public var imagePullSecrets: [String]
  /// The group that owns the volume of a filesystem target; nil where the platform assigns one (OpenShift).
  public var fileSystemGroup: Int64?

  public init(
    image: String, imagePullPolicy: String? = nil, imagePullSecrets: [String] = [], fileSystemGroup: Int64? = 65_532
  ) {
    self.image = image
    self.imagePullPolicy = imagePullPolicy
    self.imagePullSecrets = imagePullSecrets
    self.fileSystemGroup = fileSystemGroup
  }
}

/// A part of a policy that cannot be made into an object.
public struct JobPlanError: Error, Sendable, Hashable, CustomStringConvertible {
  /// For example `spec.executor.resources`.
  public var field: String
  public var message: String

  public init(field: String, message: String) {
    self.field = field
    self.message = message
  }

  public var description: String { "\(field): \(message)" }
}
