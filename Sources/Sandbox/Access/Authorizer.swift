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

  /// Whether a caller may give others a role: only who has everything that is in it, or the verb `bind` on it
  /// (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-binding-creation-or-update).
  func mayBind(_ caller: Caller, _ reference: JSONValue, in namespace: String?) -> Bool {
    if caller.isAdministrator { return true }
    let isClusterRole = reference["kind"]?.stringValue == "ClusterRole"
    let bind = AccessAttributes(
      verb: "bind", group: "rbac.authorization.k8s.io", resource: isClusterRole ? "clusterroles" : "roles",
      namespace: namespace, name: reference["name"]?.stringValue)
    if allows(caller, bind) { return true }
    let own = rules(of: caller, in: namespace)
    return role(reference, namespace: namespace).allSatisfy { rule in
      Self.attributes(of: rule, in: namespace).allSatisfy { wanted in own.contains { Self.rule($0, allows: wanted) } }
    }
  }

  /// Each verb on each resource of a rule, once for each name that it is limited to.
  private static func attributes(of rule: JSONValue, in namespace: String?) -> [AccessAttributes] {
    func texts(_ member: String) -> [String] { (rule[member]?.arrayValue ?? []).compactMap(\.stringValue) }
    let names = texts("resourceNames").map(Optional.some)
    return texts("verbs").flatMap { verb in
      texts("apiGroups").flatMap { group in
        texts("resources").flatMap { resource in
          (names.isEmpty ? [nil] : names).map { name in
            AccessAttributes(verb: verb, group: group, resource: resource, namespace: namespace, name: name)
          }
        }
      }
    }
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
