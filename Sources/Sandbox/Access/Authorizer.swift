import KubernetesModel

/// What a request wants to do, for role-based access control.
struct AccessAttributes: Sendable {
  var verb: String
  /// Empty for paths such as `/version`.
  var group = ""
  /// With the subresource: `pods/log`.
  var resource = ""
  var namespace: String?
  var name: String?
  /// Of a request that is for no resource.
  var path: String?
}

/// Role-based access control by the stored roles and bindings
/// (https://kubernetes.io/docs/reference/access-authn-authz/rbac/). Administrators pass; service accounts need rules.
struct Authorizer: Sendable {
  let store: Store

  func allows(_ caller: Caller, _ request: AccessAttributes) -> Bool {
    if caller.isAdministrator { return true }
    if let path = request.path { return Self.openPaths.contains { path == $0 || path.hasPrefix($0 + "/") } }
    if request.group.hasPrefix("auth"), request.resource.hasPrefix("selfsubject") { return true }
    return rules(of: caller, in: request.namespace).contains { Self.rule($0, allows: request) }
  }

  /// What `system:discovery` and `system:public-info-viewer` let everyone read.
  private static let openPaths = [
    "/api", "/apis", "/version", "/healthz", "/livez", "/readyz", "/openapi", "/openid", "/.well-known",
  ]

  /// The rules that bindings give a caller: those of the whole cluster and those of one namespace.
  func rules(of caller: Caller, in namespace: String?) -> [JSONValue] {
    var rules: [JSONValue] = []
    for binding in objects("clusterrolebindings", nil) where Self.binding(binding, names: caller) {
      rules += role(binding["roleRef"] ?? [:], namespace: nil)
    }
    guard let namespace, !namespace.isEmpty else { return rules }
    for binding in objects("rolebindings", namespace) where Self.binding(binding, names: caller) {
      rules += role(binding["roleRef"] ?? [:], namespace: namespace)
    }
    return rules
  }

  private func objects(_ plural: String, _ namespace: String?) -> [JSONValue] {
    let collection = CollectionKey(group: "rbac.authorization.k8s.io", plural: plural)
    return ((try? store.list(collection, namespace: namespace))?.items ?? []).map(\.value)
  }

  private func role(_ reference: JSONValue, namespace: String?) -> [JSONValue] {
    let isClusterRole = reference["kind"]?.stringValue == "ClusterRole"
    let collection = CollectionKey(
      group: "rbac.authorization.k8s.io", plural: isClusterRole ? "clusterroles" : "roles")
    let key = StoredKey(
      namespace: isClusterRole ? "" : namespace ?? "", name: reference["name"]?.stringValue ?? "")
    if isClusterRole, key.name == "cluster-admin" {
      return [["apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]]]
    }
    return store.get(collection, key)?.value["rules"]?.arrayValue ?? []
  }

  private static func binding(_ binding: JSONValue, names caller: Caller) -> Bool {
    (binding["subjects"]?.arrayValue ?? []).contains { subject in
      let name = subject["name"]?.stringValue ?? ""
      return switch subject["kind"]?.stringValue {
      case "ServiceAccount":
        "system:serviceaccount:\(subject["namespace"]?.stringValue ?? ""):\(name)" == caller.username
      case "User": name == caller.username
      case "Group": caller.groups.contains(name)
      default: false
      }
    }
  }

  private static func rule(_ rule: JSONValue, allows request: AccessAttributes) -> Bool {
    func contains(_ member: String, _ value: String) -> Bool {
      (rule[member]?.arrayValue ?? []).contains { $0.stringValue == "*" || $0.stringValue == value }
    }
    guard contains("verbs", request.verb), contains("apiGroups", request.group) else { return false }
    let parts = request.resource.split(separator: "/")
    guard contains("resources", request.resource) || (parts.count == 2 && contains("resources", "*/\(parts[1])")) else {
      return false
    }
    let names = rule["resourceNames"]?.arrayValue ?? []
    return names.isEmpty || names.contains { $0.stringValue == request.name }
  }
}
