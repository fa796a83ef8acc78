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
  /// Backup objects, to make one for each manifest of a bucket.
  case catalog
  /// Backup objects, to say in them what reading them back has shown.
  case verification
  /// Deployments, to scale cert-manager's controller to zero and back.
  case controllers
  /// The journal of a restore.
  case results
  /// cert-manager's objects of a namespace, and their Secrets and ConfigMaps, to bring back.
  case certManagerRestore
  /// What of cert-manager and trust-manager is in no namespace, to bring back.
  case certManagerClusterRestore
  /// An OpenZiti controller's workload and claim, to write its database while it is stopped.
  case openZitiRestore
  /// Everything, to bring back: of a namespace, or of the cluster. More than Kubernetes' own `edit`, and so for requests of
  /// trusted namespaces alone.
  case restore

  /// Whether it changes anything. All of these but ``verification``, which only touches the status of Backups, are bound only
  /// while the Job that needs them runs.
  public var writes: Bool {
    switch self {
    case .catalog, .verification, .controllers, .results, .certManagerRestore, .certManagerClusterRestore,
      .openZitiRestore, .restore:
      true
    case .exec, .certManager, .certManagerCluster, .secrets, .definitions, .resources: false
    }
  }

  public var name: String { "holdfast-executor-\(suffix)" }

  var suffix: String {
    switch self {
    case .exec: "exec"
    case .certManager: "certmanager"
    case .certManagerCluster: "certmanager-cluster"
    case .secrets: "secrets"
    case .definitions: "definitions"
    case .resources: "resources"
    case .catalog: "catalog"
    case .verification: "verification"
    case .controllers: "controllers"
    case .results: "results"
    case .certManagerRestore: "certmanager-restore"
    case .certManagerClusterRestore: "certmanager-cluster-restore"
    case .openZitiRestore: "openziti-restore"
    case .restore: "restore"
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
      [
        // `get` on everything would be exec into pods and the proxy of nodes, too.
        PolicyRule(apiGroups: ["*"], resources: ["*"], verbs: ["list"]),
        PolicyRule(apiGroups: [""], resources: ["namespaces"], verbs: ["get"]),
      ]
    case .catalog:
      [
        PolicyRule(apiGroups: ["holdfast.dev"], resources: ["backups"], verbs: ["get", "list", "create"]),
        PolicyRule(apiGroups: ["holdfast.dev"], resources: ["backups/status"], verbs: ["patch"]),
      ]
    case .verification:
      [
        PolicyRule(apiGroups: ["holdfast.dev"], resources: ["backups"], verbs: ["get", "list"]),
        PolicyRule(apiGroups: ["holdfast.dev"], resources: ["backups/status"], verbs: ["patch"]),
      ]
    case .controllers:
      [
        PolicyRule(apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "list", "patch"]),
        // Until the last of them is gone.
        PolicyRule(apiGroups: [""], resources: ["pods"], verbs: ["list"]),
      ]
    case .results:
      [PolicyRule(apiGroups: [""], resources: ["configmaps"], verbs: ["get", "update"])]
    case .certManagerRestore:
      [
        PolicyRule(
          apiGroups: ["cert-manager.io"], resources: ["issuers", "certificates"], verbs: ["get", "create", "update"]),
        PolicyRule(apiGroups: ["cert-manager.io"], resources: ["issuers/status"], verbs: ["patch"]),
        PolicyRule(apiGroups: [""], resources: ["secrets", "configmaps"], verbs: ["get", "create", "update"]),
        // Whether the namespace is there, and the owners of what is restored.
        PolicyRule(apiGroups: [""], resources: ["namespaces"], verbs: ["get"]),
        PolicyRule(apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: ["get"]),
        PolicyRule(apiGroups: ["gateway.networking.k8s.io"], resources: ["gateways"], verbs: ["get"]),
      ]
    case .certManagerClusterRestore:
      [
        PolicyRule(
          apiGroups: ["cert-manager.io"], resources: ["clusterissuers"], verbs: ["get", "create", "update"]),
        PolicyRule(apiGroups: ["cert-manager.io"], resources: ["clusterissuers/status"], verbs: ["patch"]),
        PolicyRule(
          apiGroups: ["trust.cert-manager.io"], resources: ["bundles"], verbs: ["get", "create", "update"]),
        PolicyRule(
          apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["get", "create"]),
        PolicyRule(apiGroups: [""], resources: ["namespaces"], verbs: ["get", "create"]),
      ]
    case .openZitiRestore:
      [
        // The number of replicas and the note of what it was are one write, which the subresource `scale` cannot be.
        PolicyRule(apiGroups: ["apps"], resources: ["deployments", "statefulsets"], verbs: ["get", "patch"]),
        // That the controller's pods are gone, and that they are ready again.
        PolicyRule(apiGroups: [""], resources: ["pods"], verbs: ["list"]),
      ]
    case .restore:
      [
        PolicyRule(apiGroups: ["*"], resources: ["*"], verbs: ["get", "create", "update", "patch"]),
        // Roles that allow more than that come back too.
        PolicyRule(
          apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles", "clusterroles"], verbs: ["escalate", "bind"]),
      ]
    }
  }
}
