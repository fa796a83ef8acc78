/// What a ServiceAccount or user may do in one namespace (rbac.authorization.k8s.io/v1).
public struct Role: KubernetesObject, Hashable {
  public static let resource = ResourceType(
    group: "rbac.authorization.k8s.io", version: "v1", kind: "Role", plural: "roles")

  public var apiVersion = "rbac.authorization.k8s.io/v1"
  public var kind = "Role"
  public var metadata: ObjectMeta
  public var rules: [PolicyRule]?

  public init(metadata: ObjectMeta = ObjectMeta(), rules: [PolicyRule]? = nil) {
    self.metadata = metadata
    self.rules = rules
  }
}

/// What a ServiceAccount or user may do, bound in one namespace or in all (rbac.authorization.k8s.io/v1).
public struct ClusterRole: KubernetesObject, Hashable {
  public static let resource = ResourceType(
    group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", plural: "clusterroles", isNamespaced: false)

  public var apiVersion = "rbac.authorization.k8s.io/v1"
  public var kind = "ClusterRole"
  public var metadata: ObjectMeta
  public var rules: [PolicyRule]?

  public init(metadata: ObjectMeta = ObjectMeta(), rules: [PolicyRule]? = nil) {
    self.metadata = metadata
    self.rules = rules
  }
}

/// Gives a role's rights in one namespace to its subjects (rbac.authorization.k8s.io/v1). `roleRef` is immutable.
public struct RoleBinding: KubernetesObject, Hashable {
  public static let resource = ResourceType(
    group: "rbac.authorization.k8s.io", version: "v1", kind: "RoleBinding", plural: "rolebindings")

  public var apiVersion = "rbac.authorization.k8s.io/v1"
  public var kind = "RoleBinding"
  public var metadata: ObjectMeta
  public var roleRef: RoleReference
  public var subjects: [Subject]?

  public init(metadata: ObjectMeta = ObjectMeta(), roleRef: RoleReference, subjects: [Subject]? = nil) {
    self.metadata = metadata
    self.roleRef = roleRef
    self.subjects = subjects
  }
}

/// As ``RoleBinding``, for all namespaces and for what is in none.
public struct ClusterRoleBinding: KubernetesObject, Hashable {
  public static let resource = ResourceType(
    group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRoleBinding", plural: "clusterrolebindings",
    isNamespaced: false)

  public var apiVersion = "rbac.authorization.k8s.io/v1"
  public var kind = "ClusterRoleBinding"
  public var metadata: ObjectMeta
  public var roleRef: RoleReference
  public var subjects: [Subject]?

  public init(metadata: ObjectMeta = ObjectMeta(), roleRef: RoleReference, subjects: [Subject]? = nil) {
    self.metadata = metadata
    self.roleRef = roleRef
    self.subjects = subjects
  }
}

public struct PolicyRule: Codable, Sendable, Hashable {
  public var apiGroups: [String]?
  public var resources: [String]?
  public var resourceNames: [String]?
  public var verbs: [String]
  public var nonResourceURLs: [String]?

  public init(
    apiGroups: [String]? = nil, resources: [String]? = nil, resourceNames: [String]? = nil, verbs: [String],
    nonResourceURLs: [String]? = nil
  ) {
    self.apiGroups = apiGroups
    self.resources = resources
    self.resourceNames = resourceNames
    self.verbs = verbs
    self.nonResourceURLs = nonResourceURLs
  }
}

public struct RoleReference: Codable, Sendable, Hashable {
  public var apiGroup: String
  /// `Role` or `ClusterRole`.
  public var kind: String
  public var name: String

  public init(apiGroup: String = "rbac.authorization.k8s.io", kind: String, name: String) {
    self.apiGroup = apiGroup
    self.kind = kind
    self.name = name
  }
}

public struct Subject: Codable, Sendable, Hashable {
  /// `ServiceAccount`, `User` or `Group`.
  public var kind: String
  public var name: String
  public var namespace: String?
  public var apiGroup: String?

  public init(kind: String, name: String, namespace: String? = nil, apiGroup: String? = nil) {
    self.kind = kind
    self.name = name
    self.namespace = namespace
    self.apiGroup = apiGroup
  }
}
