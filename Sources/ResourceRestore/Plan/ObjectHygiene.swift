internal import KubernetesModel

/// Takes out of an object what belongs to the cluster that it came from. Pure.
enum ObjectHygiene {
  /// Set by the server, of no meaning to another one.
  static let metadata = [
    "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "deletionTimestamp",
    "deletionGracePeriodSeconds", "selfLink", "ownerReferences", "generateName",
  ]

  /// Names what is not restored at all, and why; nil for what is.
  static func exclusion(_ object: JSONValue, of resource: ResourceType) -> String? {
    switch (resource.group, resource.kind) {
    case ("cert-manager.io", "CertificateRequest"), ("acme.cert-manager.io", _):
      return "cert-manager makes it when it needs it"
    case ("", "Secret"):
      if object["type"]?.stringValue == "kubernetes.io/service-account-token" {
        return "it is the token of an account of the old cluster"
      }
      if object.labels["cert-manager.io/next-private-key"] == "true" {
        return "it is a private key of an issuance that was under way"
      }
      return nil
    case ("batch", "Job"):
      let hasEnded = (object[path: "status", "conditions"]?.arrayValue ?? []).contains {
        ["Complete", "Failed"].contains($0["type"]?.stringValue ?? "") && $0["status"]?.stringValue == "True"
      }
      return hasEnded ? "it has ended; made anew, it would run once more" : nil
    case ("", "Pod"):
      return ["Succeeded", "Failed"].contains(object[path: "status", "phase"]?.stringValue ?? "")
        ? "it has ended; made anew, it would run once more" : nil
    case ("", "ConfigMap"):
      return object.name == "kube-root-ca.crt" ? "the cluster makes it in every namespace" : nil
    case ("holdfast.dev", "Backup"), ("holdfast.dev", "RestoreRequest"):
      return "Holdfast makes it from the bucket; restored, it would act"
    case ("", "Event"), ("events.k8s.io", _), ("", "Endpoints"), ("discovery.k8s.io", _), ("coordination.k8s.io", _),
      ("", "Node"), ("", "ComponentStatus"), ("certificates.k8s.io", "CertificateSigningRequest"),
      ("storage.k8s.io", "CSINode"), ("storage.k8s.io", "VolumeAttachment"), ("networking.k8s.io", "IPAddress"),
      ("storage.k8s.io", "CSIStorageCapacity"), ("internal.apiserver.k8s.io", _), ("apps", "ControllerRevision"):
      return "it belongs to the running cluster, which makes it itself"
    default: return nil
    }
  }

  /// Without what the server sets, and without what it gives out.
  static func cleaned(_ object: JSONValue, of resource: ResourceType) -> JSONValue {
    var object = object
    object["status"] = nil
    var metadata = object["metadata"] ?? [:]
    for field in Self.metadata { metadata[field] = nil }
    if let finalizers = metadata["finalizers"]?.arrayValue {
      let kept = finalizers.filter { $0 != "foregroundDeletion" && $0 != "orphan" }
      metadata["finalizers"] = kept.isEmpty ? nil : .array(kept)
    }
    object["metadata"] = metadata
    for path in assigned(object, of: resource) { object = object.removing(path[...]) }
    drop(annotations: droppedAnnotations(resource), from: &object)
    if resource.group.isEmpty, resource.kind == "ServiceAccount" { dropTokens(from: &object) }
    return object
  }

  /// Fields that the server gives out: not restored, and in an object that is replaced left as they are.
  static func assigned(_ object: JSONValue, of resource: ResourceType) -> [[String]] {
    switch (resource.group, resource.kind) {
    case ("", "Service"):
      // A headless one is so by its own choice.
      return object[path: "spec", "clusterIP"] == "None"
        ? [] : [["spec", "clusterIP"], ["spec", "clusterIPs"], ["spec", "healthCheckNodePort"]]
    case ("", "PersistentVolumeClaim"): return [["spec", "volumeName"]]
    case ("", "PersistentVolume"):
      return [["spec", "claimRef", "uid"], ["spec", "claimRef", "resourceVersion"]]
    case ("", "Pod"): return [["spec", "nodeName"]]
    case ("", "Namespace"):
      return [["spec", "finalizers"], ["metadata", "labels", "kubernetes.io/metadata.name"]]
    case ("batch", "Job"):
      if object[path: "spec", "manualSelector"]?.boolValue == true { return [] }
      let labels = ["controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name"]
      return [["spec", "selector"]] + labels.map { ["spec", "template", "metadata", "labels", $0] }
        + labels.map { ["metadata", "labels", $0] }
    default: return []
    }
  }

  private static func droppedAnnotations(_ resource: ResourceType) -> [String] {
    guard resource.group.isEmpty, resource.kind == "PersistentVolumeClaim" else { return [] }
    return [
      "pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller",
      "volume.kubernetes.io/selected-node", "volume.kubernetes.io/storage-provisioner",
      "volume.beta.kubernetes.io/storage-provisioner",
    ]
  }

  private static func drop(annotations names: [String], from object: inout JSONValue) {
    for name in names { object = object.removing(["metadata", "annotations", name]) }
  }

  /// References to tokens that are not restored.
  private static func dropTokens(from object: inout JSONValue) {
    guard let secrets = object["secrets"]?.arrayValue else { return }
    let prefix = "\(object.name ?? "")-token-"
    let kept = secrets.filter { !($0["name"]?.stringValue ?? "").hasPrefix(prefix) }
    object["secrets"] = kept.isEmpty ? nil : .array(kept)
  }

  static func hasNodePorts(_ object: JSONValue, _ resource: ResourceType) -> Bool {
    resource.group.isEmpty && resource.kind == "Service"
      && (object[path: "spec", "ports"]?.arrayValue ?? []).contains { $0["nodePort"] != nil }
  }

  static func withoutNodePorts(_ service: JSONValue) -> JSONValue {
    guard let ports = service[path: "spec", "ports"]?.arrayValue else { return service }
    var service = service
    service["spec"]?["ports"] = .array(
      ports.map { port in
        var port = port
        port["nodePort"] = nil
        return port
      })
    return service
  }

  /// Kinds that hold what nobody makes again, whoever owns them.
  static func holdsData(_ resource: ResourceType) -> Bool {
    resource.group.isEmpty
      && ["Secret", "ConfigMap", "PersistentVolumeClaim", "PersistentVolume"].contains(resource.kind)
  }
}

extension JSONValue {
  /// Without the value at a path; what it was the last member of goes too, but for `metadata` and `spec`.
  func removing(_ path: ArraySlice<String>) -> JSONValue {
    guard let first = path.first, var member = self[first] else { return self }
    var result = self
    if path.count == 1 {
      result[first] = nil
    } else {
      guard case .object = member else { return self }
      member = member.removing(path.dropFirst())
      let isEmpty = member.objectValue?.isEmpty == true && !["metadata", "spec"].contains(first)
      result[first] = isEmpty ? nil : member
    }
    return result
  }

  subscript(at path: ArraySlice<String>) -> JSONValue? {
    guard let first = path.first else { return self }
    return self[first]?[at: path.dropFirst()]
  }

  /// With a value at a path, where there is one to be set.
  func setting(_ value: JSONValue?, at path: ArraySlice<String>) -> JSONValue {
    guard let first = path.first else { return value ?? self }
    guard let value else { return self }
    var result = self
    result[first] = (self[first] ?? [:]).setting(value, at: path.dropFirst())
    return result
  }
}
