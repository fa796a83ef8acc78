/// One verb on one resource that the operator needs, and what for.
public struct OperatorPermission: Sendable, Hashable {
  /// Where the right has to hold.
  public enum Scope: Sendable, Hashable, CaseIterable {
    /// In the namespaces that it works in: `operator-rules.yaml` of the chart.
    case namespaces
    /// Everywhere, in each installation: `cluster-rules.yaml`.
    case cluster
    /// Beyond namespaces, where one is trusted: `trust-rules.yaml`.
    case trust
    /// Beyond namespaces, also where none is trusted any more: `distrust-rules.yaml`. Not where the operator works in some
    /// namespaces only, none of them trusted.
    case distrust
    /// In the namespaces that it works in, where the gate is enabled: `gate-rules.yaml`.
    case gate
    /// In its own namespace, for leader election.
    case ownNamespace
  }

  public var scope: Scope
  /// Empty for the core group.
  public var group: String
  /// With its subresource: `backups/status`.
  public var resource: String
  public var verb: String
  /// The objects that it is for; empty for all.
  public var names: [String]
  /// What the operator does with it.
  public var reason: String
}

/// Every right that the operator's ServiceAccount needs. The chart's roles are held to this list, in each mode, and this list to
/// what the operator's code calls. Who adds a call adds it here, with its reason, and then to `charts/holdfast/files`.
public enum OperatorPermissions {
  public static let all: [OperatorPermission] = own + jobs + core + bindings + beyond + gate + election

  private static let api = "holdfast.dev"

  private static let own =
    rights(
      .namespaces, api, "backuppolicies",
      [
        "get": "reads a policy before it acts on it", "list": "fills the cache of policies",
        "watch": "learns of changed policies",
      ])
    + rights(
      .namespaces, api, "restorerequests",
      [
        "get": "reads a request before each step", "list": "fills the cache; which backups restores use",
        "watch": "learns of changed requests",
      ])
    + rights(
      .namespaces, api, "backups",
      [
        "get": "reads a Backup before it acts on it", "list": "the history of a policy", "watch": "learns of new ones",
        "create": "mirrors a run; the safety backup of a restore", "patch": "its finalizer",
        "delete": "removes Backups whose artifacts retention removed, and old failed ones",
      ])
    + rights(.namespaces, api, "backuppolicies/status", ["patch": "conditions, last runs, next run"])
    + rights(.namespaces, api, "backups/status", ["patch": "phase, artifacts, failure"])
    + rights(.namespaces, api, "restorerequests/status", ["patch": "phase, claim, plan, steps"])
    + ["backuppolicies/finalizers", "backups/finalizers", "restorerequests/finalizers"].flatMap {
      rights(
        .namespaces, api, $0,
        ["update": "owner references that block deletion, where the API server's admission checks them"])
    }

  private static let jobs =
    rights(
      .namespaces, "batch", "cronjobs",
      [
        "get": "compares the schedule with the policy", "list": "fills the cache", "watch": "repairs drift at once",
        "create": "the schedule of a policy", "update": "a changed policy; drift",
        "delete": "a policy that has no schedule any more",
      ])
    + rights(
      .namespaces, "batch", "cronjobs/status",
      ["patch": "marks times that passed under another schedule, so that a change starts no run by itself"])
    + rights(
      .namespaces, "batch", "jobs",
      [
        "get": "how a run goes", "list": "the runs of a policy, so that two never overlap", "watch": "learns of runs",
        "create": "runs by hand, restores, deletions, preflights",
        "patch": "holds a second run back, lets it go, marks it as recorded", "delete": "what a deleted Backup left",
      ])

  private static let core =
    rights(
      .namespaces, "", "pods",
      ["list": "the pods of a Job: why one does not start, and results", "watch": "learns of results"])
    + rights(
      .namespaces, "", "configmaps",
      [
        "get": "compares the plan with the policy; the plan of a dry run", "list": "fills the cache",
        "watch": "repairs drift at once", "create": "the plan of a policy", "update": "a changed policy; drift",
      ])
    + rights(
      .namespaces, "", "serviceaccounts",
      ["get": "whether the executor's account is there", "create": "the account of executors that need the API"])
    + rights(
      .namespaces, "", "persistentvolumeclaims",
      ["get": "whether the claim of a restore is there", "create": "the claim that a restore asks for"])
    + rights(.namespaces, "", "events", ["create": "tells people what happened", "patch": "counts repeated Events"])
    + rights(.cluster, "", "namespaces", names: ["kube-system"], ["get": "its uid is the cluster's id in manifests"])

  private static let bindings =
    rights(
      .namespaces, "rbac.authorization.k8s.io", "rolebindings",
      [
        "get": "compares an executor's rights with its sources", "list": "finds what has to be taken back",
        "watch": "repairs drift at once", "create": "gives an executor the role of its sources",
        "update": "another account or role; drift", "delete": "takes back what is not needed any more",
      ])
    + rights(
      .namespaces, "rbac.authorization.k8s.io", "clusterroles",
      names: [
        "holdfast-executor-results", "holdfast-executor-catalog", "holdfast-executor-verification",
        "holdfast-executor-controllers", "holdfast-executor-exec", "holdfast-executor-certmanager",
        "holdfast-executor-secrets", "holdfast-executor-resources", "holdfast-executor-certmanager-restore",
        "holdfast-executor-openziti-restore",
      ], ["bind": "an executor's role, in a namespace"])

  private static let beyond =
    rights(
      .distrust, "rbac.authorization.k8s.io", "clusterrolebindings",
      [
        "get": "compares an executor's rights with its sources", "list": "finds what has to be taken back",
        "watch": "repairs drift at once", "delete": "takes back what is not needed or trusted any more",
      ])
    + rights(
      .trust, "rbac.authorization.k8s.io", "clusterrolebindings",
      ["create": "gives an executor of a trusted namespace its role", "update": "another account or role; drift"])
    + rights(
      .trust, "rbac.authorization.k8s.io", "clusterroles",
      names: [
        "holdfast-executor-certmanager-cluster", "holdfast-executor-definitions", "holdfast-executor-resources",
        "holdfast-executor-certmanager-cluster-restore", "holdfast-executor-restore",
      ], ["bind": "an executor's role beyond its namespace"])

  private static let gate = ["deployments", "statefulsets", "daemonsets"].flatMap {
    rights(
      .gate, "apps", $0,
      [
        "list": "workloads that carry the gate's label, and whether glass was broken",
        "watch": "learns of broken glass",
      ])
  }

  private static let election =
    rights(.ownNamespace, "coordination.k8s.io", "leases", ["create": "the lease, where there is none"])
    + rights(
      .ownNamespace, "coordination.k8s.io", "leases", names: ["holdfast-operator"],
      ["get": "who leads", "update": "takes, renews and gives back the lease"])

  private static func rights(
    _ scope: OperatorPermission.Scope, _ group: String, _ resource: String, names: [String] = [],
    _ verbs: KeyValuePairs<String, String>
  ) -> [OperatorPermission] {
    verbs.map {
      OperatorPermission(scope: scope, group: group, resource: resource, verb: $0.key, names: names, reason: $0.value)
    }
  }
}
