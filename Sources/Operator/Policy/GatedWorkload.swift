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

/// The policies whose gate a change concerns: the one that the label names, and the one that it named before.
///
/// A status changes all the time, and says nothing of the gate.
func gatingPolicies<Workload: GatedWorkload>(of change: Change<Workload>) -> [ObjectKey] {
  let names: [String?]
  switch change {
  case .updated(let old, let new):
    let (before, after) = (old.metadata, new.metadata)
    names = [after.labels?[HoldfastAPI.preUpgradeLabel], before.labels?[HoldfastAPI.preUpgradeLabel]]
    guard
      names[0] != names[1] || before.generation != after.generation || before.uid != after.uid
        || old.breakGlassReason != new.breakGlassReason
    else { return [] }
  case .added, .deleted, .broken: names = [change.metadata.labels?[HoldfastAPI.preUpgradeLabel]]
  }
  return Set(names.compactMap(\.self).filter { !$0.isEmpty }).sorted().map {
    ObjectKey(namespace: change.metadata.namespace, name: $0)
  }
}
