import KubernetesModel

/// Roles and ClusterRoles.
struct RoleRules: ResourceRules {
  var nameStyle: NameStyle { .pathSegment }

  func validate(_ object: JSONValue) -> [FieldError] {
    var errors: [FieldError] = []
    for (index, rule) in (object["rules"]?.arrayValue ?? []).enumerated() {
      let path = FieldPath("rules").index(index)
      let isNonResource = !(rule["nonResourceURLs"]?.arrayValue ?? []).isEmpty
      if (rule["verbs"]?.arrayValue ?? []).isEmpty {
        errors.append(.required(path.child("verbs"), "verbs must contain at least one value"))
      }
      if isNonResource {
        if object.kind == "Role" {
          errors.append(
            .invalid(
              path.child("nonResourceURLs"), rule["nonResourceURLs"],
              "namespaced rules cannot apply to non-resource URLs"))
        }
        continue
      }
      if (rule["apiGroups"]?.arrayValue ?? []).isEmpty {
        errors.append(.required(path.child("apiGroups"), "resource rules must supply at least one api group"))
      }
      if (rule["resources"]?.arrayValue ?? []).isEmpty {
        errors.append(.required(path.child("resources"), "resource rules must supply at least one resource"))
      }
    }
    return errors
  }
}

/// RoleBindings and ClusterRoleBindings: the role may not change.
struct RoleBindingRules: ResourceRules {
  private static let group = "rbac.authorization.k8s.io"

  var nameStyle: NameStyle { .pathSegment }

  func applyDefaults(_ object: inout JSONValue) {
    object.mapMember("roleRef") { $0.setDefault("apiGroup", .string(Self.group)) }
    object.mapElements("subjects") { subject in
      if subject["kind"] != "ServiceAccount" { subject.setDefault("apiGroup", .string(Self.group)) }
    }
  }

  func validate(_ object: JSONValue) -> [FieldError] {
    var errors: [FieldError] = []
    let role = object["roleRef"] ?? [:]
    let kinds = object.kind == "ClusterRoleBinding" ? ["ClusterRole"] : ["Role", "ClusterRole"]
    if !kinds.contains(role["kind"]?.stringValue ?? "") {
      errors.append(.notSupported(FieldPath("roleRef.kind"), role["kind"] ?? "", kinds))
    }
    if (role["name"]?.stringValue ?? "").isEmpty { errors.append(.required(FieldPath("roleRef.name"))) }
    for (index, subject) in (object["subjects"]?.arrayValue ?? []).enumerated() {
      let path = FieldPath("subjects").index(index)
      if (subject["name"]?.stringValue ?? "").isEmpty { errors.append(.required(path.child("name"))) }
      let kind = subject["kind"]?.stringValue ?? ""
      if !["ServiceAccount", "User", "Group"].contains(kind) {
        errors.append(.notSupported(path.child("kind"), .string(kind), ["ServiceAccount", "User", "Group"]))
      } else if kind == "ServiceAccount", (subject["namespace"]?.stringValue ?? "").isEmpty {
        errors.append(.required(path.child("namespace")))
      }
    }
    return errors
  }

  /// As the server's own type writes it, which has no JSON names.
  private func shown(_ role: JSONValue) -> JSONValue {
    [
      "APIGroup": role["apiGroup"] ?? "", "Kind": role["kind"] ?? "", "Name": role["name"] ?? "",
    ]
  }

  func validateUpdate(_ object: JSONValue, old: JSONValue) -> [FieldError] {
    object["roleRef"] == old["roleRef"]
      ? [] : [.invalid(FieldPath("roleRef"), shown(object["roleRef"] ?? [:]), "cannot change roleRef")]
  }
}
