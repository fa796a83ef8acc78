import HoldfastAPI
import KubernetesClient
import KubernetesModel
import KubernetesRuntime

/// A workload that carries the label of the gate: only what is the same for all kinds.
protocol GatedWorkload: KubernetesObject {}

struct GatedDeployment: GatedWorkload, Hashable {
  static let resource = ResourceType(group: "apps", version: "v1", kind: "Deployment", plural: "deployments")
  var apiVersion = "apps/v1"
  var kind = "Deployment"
  var metadata: ObjectMeta
}

struct GatedStatefulSet: GatedWorkload, Hashable {
  static let resource = ResourceType(group: "apps", version: "v1", kind: "StatefulSet", plural: "statefulsets")
  var apiVersion = "apps/v1"
  var kind = "StatefulSet"
  var metadata: ObjectMeta
}

struct GatedDaemonSet: GatedWorkload, Hashable {
  static let resource = ResourceType(group: "apps", version: "v1", kind: "DaemonSet", plural: "daemonsets")
  var apiVersion = "apps/v1"
  var kind = "DaemonSet"
  var metadata: ObjectMeta
}

extension GatedWorkload {
  /// Why the glass was broken, as far as a status holds it; nil where it was not.
  var breakGlassReason: String? {
    let text = metadata.annotations?[HoldfastAPI.breakGlassAnnotation] ?? ""
    return text.allSatisfy(\.isWhitespace) ? nil : String(text.prefix(1_024))
  }
}

/// The policy whose gate holds a workload back: its own, and the one that it had before.
func gatingPolicies<Workload: GatedWorkload>(of change: Change<Workload>) -> [ObjectKey] {
  let metadata = change.metadata
  guard let name = metadata.labels?[HoldfastAPI.preUpgradeLabel], !name.isEmpty else { return [] }
  return [ObjectKey(namespace: metadata.namespace, name: name)]
}
