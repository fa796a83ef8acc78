import KubernetesModel

extension ResourceType {
  static let namespaces = ResourceType(
    group: "", version: "v1", kind: "Namespace", plural: "namespaces", isNamespaced: false)
  static let nodes = ResourceType(group: "", version: "v1", kind: "Node", plural: "nodes", isNamespaced: false)
  static let pods = ResourceType(group: "", version: "v1", kind: "Pod", plural: "pods")
  static let configMaps = ResourceType(group: "", version: "v1", kind: "ConfigMap", plural: "configmaps")
  static let secrets = ResourceType(group: "", version: "v1", kind: "Secret", plural: "secrets")
  static let serviceAccounts = ResourceType(group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts")
  static let services = ResourceType(group: "", version: "v1", kind: "Service", plural: "services")
  static let endpoints = ResourceType(group: "", version: "v1", kind: "Endpoints", plural: "endpoints")
  static let persistentVolumeClaims = ResourceType(
    group: "", version: "v1", kind: "PersistentVolumeClaim", plural: "persistentvolumeclaims")
  static let events = ResourceType(group: "", version: "v1", kind: "Event", plural: "events")
  /// The same objects as ``events``, in the other shape.
  static let eventsV1 = ResourceType(group: "events.k8s.io", version: "v1", kind: "Event", plural: "events")
  static let deployments = ResourceType(group: "apps", version: "v1", kind: "Deployment", plural: "deployments")
  static let statefulSets = ResourceType(group: "apps", version: "v1", kind: "StatefulSet", plural: "statefulsets")
  static let jobs = ResourceType(group: "batch", version: "v1", kind: "Job", plural: "jobs")
  static let cronJobs = ResourceType(group: "batch", version: "v1", kind: "CronJob", plural: "cronjobs")
  static let roles = ResourceType(group: "rbac.authorization.k8s.io", version: "v1", kind: "Role", plural: "roles")
  static let roleBindings = ResourceType(
    group: "rbac.authorization.k8s.io", version: "v1", kind: "RoleBinding", plural: "rolebindings")
  static let clusterRoles = ResourceType(
    group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", plural: "clusterroles", isNamespaced: false)
  static let clusterRoleBindings = ResourceType(
    group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRoleBinding", plural: "clusterrolebindings",
    isNamespaced: false)
  static let leases = ResourceType(group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases")
  static let podDisruptionBudgets = ResourceType(
    group: "policy", version: "v1", kind: "PodDisruptionBudget", plural: "poddisruptionbudgets")
  static let networkPolicies = ResourceType(
    group: "networking.k8s.io", version: "v1", kind: "NetworkPolicy", plural: "networkpolicies")
  static let validatingAdmissionPolicies = ResourceType(
    group: "admissionregistration.k8s.io", version: "v1", kind: "ValidatingAdmissionPolicy",
    plural: "validatingadmissionpolicies", isNamespaced: false)
  static let validatingAdmissionPolicyBindings = ResourceType(
    group: "admissionregistration.k8s.io", version: "v1", kind: "ValidatingAdmissionPolicyBinding",
    plural: "validatingadmissionpolicybindings", isNamespaced: false)
  static let customResourceDefinitions = ResourceType(
    group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions", isNamespaced: false)

  /// `jobs.batch`, or `pods` in the core group: how error messages name a resource.
  var qualifiedPlural: String { group.isEmpty ? plural : "\(plural).\(group)" }

  /// `Job.batch`, or `Pod` in the core group.
  var qualifiedKind: String { group.isEmpty ? kind : "\(kind).\(group)" }
}
