import KubernetesModel

/// Namespaces: the label with the name, the finalizer that waits for the contents to go.
struct NamespaceRules: ResourceRules {
  var nameStyle: NameStyle { .label }

  func prepareForCreate(_ object: inout JSONValue) {
    object["spec"] = ["finalizers": ["kubernetes"]]
    object["status"] = ["phase": "Active"]
  }

  func prepareForUpdate(_ object: inout JSONValue, old: JSONValue) {
    if old.isBeingDeleted { object["status", default: [:]]["phase"] = "Terminating" }
  }

  func applyDefaults(_ object: inout JSONValue) {
    var labels = object["metadata"]?["labels"] ?? [:]
    labels["kubernetes.io/metadata.name"] = .string(object.objectName)
    object["metadata", default: [:]]["labels"] = labels
  }
}

/// Events: the namespace of what they are about.
struct EventRules: ResourceRules {
  func applyDefaults(_ object: inout JSONValue) {
    guard object.apiVersion == "v1" else { return }
    if object["source"] == nil { object["source"] = [:] }
    for member in ["reportingComponent", "reportingInstance"] where object[member] == nil { object[member] = "" }
    for member in ["eventTime", "firstTimestamp", "lastTimestamp"] where object[member] == nil {
      object[member] = .null
    }
  }

  func validate(_ object: JSONValue) -> [FieldError] {
    let (regarding, path) =
      object.apiVersion == "v1"
      ? (object["involvedObject"], FieldPath("involvedObject.namespace"))
      : (object["regarding"], FieldPath("regarding.namespace"))
    var errors: [FieldError] = []
    let about = regarding?["namespace"]?.stringValue ?? ""
    if about.isEmpty ? object.namespace != "default" : about != object.namespace {
      errors.append(.invalid(path, .string(about), "does not match event.namespace"))
    }
    if object.apiVersion != "v1" {
      let isSeries = object["series"] != nil
      for member in ["reportingController", "reportingInstance", "action", "reason", "type"]
      where (object[member]?.stringValue ?? "").isEmpty && !isSeries {
        errors.append(.required(FieldPath(member)))
      }
      if object["eventTime"] == nil { errors.append(.required(FieldPath("eventTime"))) }
    }
    return errors
  }
}

/// Claims: the access modes, the request and what may not change. The sandbox binds none.
struct PersistentVolumeClaimRules: ResourceRules {
  func applyDefaults(_ object: inout JSONValue) {
    guard object["spec"] != nil else { return }
    if object["spec"]?["volumeMode"] == nil { object["spec", default: [:]]["volumeMode"] = "Filesystem" }
  }

  func prepareForCreate(_ object: inout JSONValue) { object["status"] = ["phase": "Pending"] }

  func validate(_ object: JSONValue) -> [FieldError] {
    let spec = object["spec"]
    var errors: [FieldError] = []
    let modes = spec?["accessModes"]?.arrayValue ?? []
    if modes.isEmpty { errors.append(.required(FieldPath("spec.accessModes"), "at least 1 access mode is required")) }
    let known = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]
    for mode in modes where !known.contains(mode.stringValue ?? "") {
      errors.append(.notSupported(FieldPath("spec.accessModes"), mode, known))
    }
    if spec?["resources"]?["requests"]?["storage"] == nil {
      errors.append(.required(FieldPath("spec.resources").key("storage")))
    }
    return errors
  }

  func validateUpdate(_ object: JSONValue, old: JSONValue) -> [FieldError] {
    var (new, previous) = (object["spec"] ?? [:], old["spec"] ?? [:])
    for member in ["resources", "volumeName"] {
      new[member] = nil
      previous[member] = nil
    }
    if new == previous { return [] }
    return [
      .forbidden(
        FieldPath("spec"),
        "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims")
    ]
  }
}

/// Services: the defaults of their ports. The sandbox has no cluster network; every service is headless.
struct ServiceRules: ResourceRules {
  var nameStyle: NameStyle { .startsWithLetter }

  func applyDefaults(_ object: inout JSONValue) {
    guard var spec = object["spec"] else { return }
    spec.setDefault("type", "ClusterIP")
    spec.setDefault("sessionAffinity", "None")
    if spec["type"] != "ExternalName" {
      spec.setDefault("clusterIP", "None")
      spec.setDefault("clusterIPs", .array([spec["clusterIP"] ?? "None"]))
      spec.setDefault("internalTrafficPolicy", "Cluster")
      spec.setDefault("ipFamilies", ["IPv4"])
      spec.setDefault("ipFamilyPolicy", "SingleStack")
    }
    spec.mapElements("ports") { port in
      port.setDefault("protocol", "TCP")
      port.setDefault("targetPort", port["port"] ?? 0)
    }
    object["spec"] = spec
  }

  func prepareForCreate(_ object: inout JSONValue) { object["status"] = ["loadBalancer": [:]] }

  func validate(_ object: JSONValue) -> [FieldError] {
    var errors: [FieldError] = []
    for (index, port) in (object["spec"]?["ports"]?.arrayValue ?? []).enumerated() {
      let path = FieldPath("spec.ports").index(index).child("port")
      guard let number = port["port"]?.integerValue, (1...65_535).contains(number) else {
        errors.append(.invalid(path, port["port"], "must be between 1 and 65535, inclusive"))
        continue
      }
    }
    return errors
  }
}

/// Leases: positive durations.
struct LeaseRules: ResourceRules {
  func validate(_ object: JSONValue) -> [FieldError] {
    var errors: [FieldError] = []
    if let seconds = object["spec"]?["leaseDurationSeconds"]?.integerValue, seconds <= 0 {
      errors.append(.invalid(FieldPath("spec.leaseDurationSeconds"), .integer(seconds), "must be greater than 0"))
    }
    if let transitions = object["spec"]?["leaseTransitions"]?.integerValue, transitions < 0 {
      errors.append(
        .invalid(FieldPath("spec.leaseTransitions"), .integer(transitions), "must be greater than or equal to 0"))
    }
    return errors
  }
}

extension JSONValue {
  mutating func setDefault(_ key: String, _ value: JSONValue) {
    if self[key] == nil { self[key] = value }
  }

  /// Changes each element of a list member; nothing where there is none.
  mutating func mapElements(_ key: String, _ change: (inout JSONValue) -> Void) {
    guard var elements = self[key]?.arrayValue else { return }
    for index in elements.indices { change(&elements[index]) }
    self[key] = .array(elements)
  }

  /// Changes a member where there is one.
  mutating func mapMember(_ key: String, _ change: (inout JSONValue) -> Void) {
    guard var member = self[key] else { return }
    change(&member)
    self[key] = member
  }
}
