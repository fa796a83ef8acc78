import KubernetesModel

/// Deployments and StatefulSets. No controller runs their pods in the sandbox; they are stored, validated and scaled.
struct WorkloadRules: ResourceRules {
  enum Kind: Sendable { case deployment, statefulSet }

  let kind: Kind

  var hasGeneration: Bool { true }

  func prepareForCreate(_ object: inout JSONValue) {
    object["status"] = kind == .deployment ? [:] : ["replicas": 0, "availableReplicas": 0]
  }

  func applyDefaults(_ object: inout JSONValue) {
    object.mapMember("spec") { spec in
      spec.setDefault("replicas", 1)
      spec.setDefault("revisionHistoryLimit", 10)
      spec.mapMember("template") { template in
        template.setDefault("metadata", [:])
        template.mapMember("spec") { PodDefaults.apply(to: &$0) }
      }
      switch kind {
      case .deployment:
        spec.setDefault("progressDeadlineSeconds", 600)
        spec.setDefault("strategy", ["type": "RollingUpdate"])
        spec.mapMember("strategy") { strategy in
          strategy.setDefault("type", "RollingUpdate")
          guard strategy["type"] == "RollingUpdate" else { return }
          strategy.setDefault("rollingUpdate", [:])
          strategy.mapMember("rollingUpdate") { update in
            update.setDefault("maxSurge", "25%")
            update.setDefault("maxUnavailable", "25%")
          }
        }
      case .statefulSet:
        spec.setDefault("podManagementPolicy", "OrderedReady")
        spec.setDefault("updateStrategy", ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]])
        spec.setDefault(
          "persistentVolumeClaimRetentionPolicy", ["whenDeleted": "Retain", "whenScaled": "Retain"])
        spec.mapElements("volumeClaimTemplates") { claim in
          claim.setDefault("apiVersion", "v1")
          claim.setDefault("kind", "PersistentVolumeClaim")
          PersistentVolumeClaimRules().applyDefaults(&claim)
          claim.setDefault("status", ["phase": "Pending"])
        }
      }
    }
  }

  func validate(_ object: JSONValue) -> [FieldError] {
    let (spec, path) = (object["spec"] ?? [:], FieldPath("spec"))
    var errors: [FieldError] = []
    if let replicas = spec["replicas"]?.integerValue, replicas < 0 {
      errors.append(.invalid(path.child("replicas"), .integer(replicas), "must be greater than or equal to 0"))
    }
    let labels = spec["template"]?["metadata"]?["labels"]?.objectValue ?? [:]
    let selector = spec["selector"] ?? [:]
    let isEmpty = selector.objectValue?.isEmpty ?? true
    if isEmpty { errors.append(.required(path.child("selector"))) }
    let matches =
      isEmpty
      ? false
      : (try? selector.decoded(as: LabelSelector.self))
        .flatMap { try? $0.matches(labels.compactMapValues(\.stringValue)) }
    if matches != true {
      errors.append(
        .invalid(
          path.child("template.metadata.labels"), .object(labels), "`selector` does not match template `labels`"))
    }
    return errors
      + PodValidation.validate(spec["template"]?["spec"], path.child("template.spec"), restartPolicies: ["Always"])
  }

  func validateUpdate(_ object: JSONValue, old: JSONValue) -> [FieldError] {
    var errors: [FieldError] = []
    if object["spec"]?["selector"] != old["spec"]?["selector"] {
      errors.append(.invalid(FieldPath("spec.selector"), object["spec"]?["selector"], "field is immutable"))
    }
    guard kind == .statefulSet else { return errors }
    var (new, previous) = (object["spec"] ?? [:], old["spec"] ?? [:])
    for member in [
      "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "selector",
      "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
    ] {
      new[member] = nil
      previous[member] = nil
    }
    if new != previous {
      errors.append(
        .forbidden(
          FieldPath("spec"),
          "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
            + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"))
    }
    return errors
  }
}
