internal import KubernetesModel

/// Gives an object another namespace, with the edits that keep true what it says of others. Pure.
struct NamespaceRemap: Sendable {
  let mapping: [String: String]

  func name(_ namespace: String) -> String { mapping[namespace] ?? namespace }

  /// - Parameter namespace: Where it goes; nil for what is in none.
  /// - Returns: The object, and what a person has to look after.
  func apply(_ object: JSONValue, of resource: ResourceType, to namespace: String?) -> (JSONValue, [String]) {
    var object = object
    if let namespace, object.namespace != namespace { object["metadata"]?["namespace"] = .string(namespace) }
    guard !mapping.isEmpty else { return (object, []) }
    if resource.group.isEmpty, resource.kind == "Namespace", let name = object.name {
      object["metadata"]?["name"] = .string(self.name(name))
    }
    editAnnotations(&object)
    // Of data nothing is known: it stays as it is.
    let isData = resource.group.isEmpty && (resource.kind == "Secret" || resource.kind == "ConfigMap")
    if !isData {
      for (key, member) in object.objectValue ?? [:] where key != "metadata" {
        object[key] = edited(member, in: key)
      }
    }
    return (object, warnings(object, of: resource))
  }

  /// `namespace/name`, as cert-manager's CA injector has it.
  private func editAnnotations(_ object: inout JSONValue) {
    for key in ["cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret"] {
      guard let value = object.annotations[key], let slash = value.firstIndex(of: "/") else { continue }
      let renamed = name(String(value[..<slash])) + value[slash...]
      if renamed != value { object["metadata"]?["annotations"]?[key] = .string(renamed) }
    }
  }

  /// Members that hold a reference with a namespace, in the APIs of Kubernetes, cert-manager and the Gateway API.
  private static let references: Set<String> = [
    "subjects", "service", "claimRef", "parentRefs", "backendRefs", "certificateRefs", "from", "secretRef",
    "configMapRef", "serviceAccountRef", "targetRef",
  ]

  private func edited(_ value: JSONValue, in parent: String) -> JSONValue {
    switch value {
    case .array(let elements): return .array(elements.map { edited($0, in: parent) })
    case .object(let members):
      return .object(
        Dictionary(
          uniqueKeysWithValues: members.map { key, member in
            guard case .string(let text) = member else { return (key, edited(member, in: key)) }
            let isReference =
              key == "secretNamespace" || key.hasSuffix("/secret-namespace") || key.hasSuffix("-secret-namespace")
              || key == "namespace" && Self.references.contains(parent)
              || key == "kubernetes.io/metadata.name" && parent == "matchLabels"
            return (key, isReference ? .string(name(text)) : member)
          }))
    default: return value
    }
  }

  // MARK: What cannot be remapped

  private func warnings(_ object: JSONValue, of resource: ResourceType) -> [String] {
    var warnings: [String] = []
    for (old, new) in mapping.sorted(by: { $0.key < $1.key }) {
      if resource.group == "cert-manager.io", resource.kind == "Certificate" {
        let names = Self.subjectNames(object).filter { Self.names(old, in: $0) }
        if !names.isEmpty {
          warnings.append(
            "its names hold the namespace \(old) and stay so (\(names.prefix(3).joined(separator: ", "))): services in "
              + "\(new) are not called that")
        }
      } else if !(resource.group.isEmpty && resource.kind == "Secret"), Self.mentions(object, ".\(old).svc") {
        warnings.append("it names services in \(old) (.\(old).svc), which stay so")
      }
    }
    guard object.namespace.map({ mapping.values.contains($0) }) == true else { return warnings }
    if let role = object[path: "spec", "vault", "auth", "kubernetes", "role"]?.stringValue {
      warnings.append(
        "its login at Vault or OpenBao, role \(role), has to allow the ServiceAccount of namespace \(object.namespace ?? "")"
      )
    }
    if resource.group.isEmpty, resource.kind == "ServiceAccount" {
      let identities = [
        "eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id",
      ].filter { object.annotations[$0] != nil }
      if let identity = identities.first {
        warnings.append(
          "its cloud identity (\(identity)) is trusted for the old namespace; allow namespace \(object.namespace ?? "")"
        )
      }
    }
    return warnings
  }

  private static func subjectNames(_ certificate: JSONValue) -> [String] {
    let lists = ["dnsNames", "uris"].flatMap { certificate[path: "spec", $0]?.arrayValue ?? [] }
    return (lists + [certificate[path: "spec", "commonName"]].compactMap(\.self)).compactMap(\.stringValue)
  }

  /// As a label of a DNS name or a step of a URI, but not as its first label, which is the host's own name.
  private static func names(_ namespace: String, in text: String) -> Bool {
    let parts = text.split(whereSeparator: { $0 == "." || $0 == "/" || $0 == ":" })
    return parts.dropFirst().contains { $0 == namespace }
  }

  private static func mentions(_ value: JSONValue, _ text: String) -> Bool {
    switch value {
    case .string(let string): string.contains(text)
    case .array(let elements): elements.contains { mentions($0, text) }
    case .object(let members): members.contains { $0.key != "managedFields" && mentions($0.value, text) }
    default: false
    }
  }
}
