import KubernetesModel

/// Pods: defaults, what can be run, and that almost nothing of the spec may change.
struct PodRules: ResourceRules {
  var hasGeneration: Bool { true }

  func applyDefaults(_ object: inout JSONValue) {
    object.mapMember("spec") { spec in
      PodDefaults.apply(to: &spec)
      spec.setDefault("serviceAccountName", "default")
      spec.setDefault("serviceAccount", spec["serviceAccountName"] ?? "default")
      spec.setDefault("enableServiceLinks", true)
      spec.setDefault("preemptionPolicy", "PreemptLowerPriority")
      spec.setDefault("priority", 0)
      spec.setDefault(
        "tolerations",
        [
          [
            "effect": "NoExecute", "key": "node.kubernetes.io/not-ready", "operator": "Exists",
            "tolerationSeconds": 300,
          ],
          [
            "effect": "NoExecute", "key": "node.kubernetes.io/unreachable", "operator": "Exists",
            "tolerationSeconds": 300,
          ],
        ])
    }
  }

  func prepareForCreate(_ object: inout JSONValue) {
    object["status"] = ["phase": "Pending", "qosClass": .string(qualityOfService(object["spec"] ?? [:]))]
  }

  func validate(_ object: JSONValue) -> [FieldError] { PodValidation.validate(object["spec"], FieldPath("spec")) }

  func validateUpdate(_ object: JSONValue, old: JSONValue) -> [FieldError] {
    var (new, previous) = (object["spec"] ?? [:], old["spec"] ?? [:])
    for list in ["containers", "initContainers"] {
      new.mapElements(list) { $0["image"] = nil }
      previous.mapElements(list) { $0["image"] = nil }
    }
    for member in ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"] {
      new[member] = nil
      previous[member] = nil
    }
    // The scheduler's and the kubelet's work here: a node may be set once.
    if (previous["nodeName"]?.stringValue ?? "").isEmpty {
      new["nodeName"] = nil
      previous["nodeName"] = nil
    }
    if new == previous { return [] }
    return [
      .forbidden(
        FieldPath("spec"),
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
          + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
          + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)")
    ]
  }

  private func qualityOfService(_ spec: JSONValue) -> String {
    let resources = (spec["containers"]?.arrayValue ?? []).map { $0["resources"] ?? [:] }
    let isEmpty = resources.allSatisfy {
      ($0["limits"]?.objectValue ?? [:]).isEmpty && ($0["requests"]?.objectValue ?? [:]).isEmpty
    }
    if isEmpty { return "BestEffort" }
    let isGuaranteed = resources.allSatisfy { resource in
      ["cpu", "memory"].allSatisfy { name in
        resource["limits"]?[name] != nil && resource["limits"]?[name] == resource["requests"]?[name]
      }
    }
    return isGuaranteed ? "Guaranteed" : "Burstable"
  }
}
