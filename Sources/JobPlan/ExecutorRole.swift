public import KubernetesModel

/// The ClusterRoles that executors can be given. The chart installs them under these names; the operator may bind them, by
/// name, and no other.
public enum ExecutorRole: String, Sendable, Hashable, CaseIterable {
  /// Find pods and run programs in them.
  case exec
  /// cert-manager's objects of a namespace, and the Secrets and ConfigMaps that they name.
  case certManager
  /// What of cert-manager and trust-manager is in no namespace.
  case certManagerCluster
  /// Secrets and ConfigMaps of the namespaces where ClusterIssuers and Bundles have theirs.
  case secrets
  /// The definitions of custom resources.
  case definitions
  /// Everything, to read: of a namespace, or of the cluster.
  case resources

  public var name: String { "holdfast-executor-\(suffix)" }

  var suffix: String {
    switch self {
    case .exec: "exec"
    case .certManager: "certmanager"
    case .certManagerCluster: "certmanager-cluster"
    case .secrets: "secrets"
    case .definitions: "definitions"
    case .resources: "resources"
    }
  }

  /// What the ClusterRole holds; `charts/holdfast/files` says the same, and a test compares them.
  public var rules: [PolicyRule] {
    switch self {
    case .exec:
      [
        PolicyRule(apiGroups: [""], resources: ["pods"], verbs: ["get", "list"]),
        // Over a WebSocket an exec is a GET, which the server checks as `create` too.
        PolicyRule(apiGroups: [""], resources: ["pods/exec"], verbs: ["get", "create"]),
      ]
    case .certManager:
      [
        PolicyRule(apiGroups: ["cert-manager.io"], resources: ["issuers", "certificates"], verbs: ["get", "list"]),
        PolicyRule(apiGroups: [""], resources: ["secrets", "configmaps"], verbs: ["get"]),
      ]
    case .certManagerCluster:
      [
        PolicyRule(apiGroups: ["cert-manager.io"], resources: ["clusterissuers"], verbs: ["get", "list"]),
        PolicyRule(apiGroups: ["trust.cert-manager.io"], resources: ["bundles"], verbs: ["get", "list"]),
        // Their arguments say which namespaces the controllers read.
        PolicyRule(apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "list"]),
      ]
    case .secrets:
      [PolicyRule(apiGroups: [""], resources: ["secrets", "configmaps"], verbs: ["get", "list"])]
    case .definitions:
      [
        PolicyRule(
          apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["get", "list"])
      ]
    case .resources:
      [PolicyRule(apiGroups: ["*"], resources: ["*"], verbs: ["get", "list"])]
    }
  }
}
