import KubernetesModel
import Operator
import TestServers
import Testing

/// The operator's account can do what the code declares that it needs, and nothing else, however it is installed.
@Suite struct PermissionTests {
  /// A verb on a resource in a place; a rule of three verbs is three of them.
  struct Right: Hashable, CustomStringConvertible {
    /// A namespace, or nil for everywhere.
    var namespace: String?
    var group: String
    var resource: String
    var verb: String
    var names: [String]

    var description: String {
      "\(verb) \(resource).\(group) \(names.joined(separator: ",")) in \(namespace ?? "all namespaces")"
    }
  }

  struct Mode: Sendable, CustomTestStringConvertible {
    var values: String
    /// nil for all.
    var namespaces: [String]?
    var isTrusting: Bool
    var isGated = false
    var testDescription: String { values }
  }

  private static let modes = [
    Mode(values: "{}", namespaces: nil, isTrusting: false),
    Mode(values: "trustedNamespaces: [pki]", namespaces: nil, isTrusting: true),
    Mode(values: "watchNamespaces: [openbao, pki]", namespaces: ["openbao", "pki"], isTrusting: false),
    Mode(
      values: "{watchNamespaces: [openbao, pki], trustedNamespaces: [pki]}", namespaces: ["openbao", "pki"],
      isTrusting: true),
    Mode(values: "preUpgrade: {gate: {enabled: true}}", namespaces: nil, isTrusting: false, isGated: true),
    Mode(
      values: "{watchNamespaces: [openbao], preUpgrade: {gate: {enabled: true}}}", namespaces: ["openbao"],
      isTrusting: false, isGated: true),
    Mode(values: "serviceAccount: {create: false, name: mine}", namespaces: nil, isTrusting: false),
  ]

  @Test(arguments: modes) func theAccountCanDoWhatTheCodeNeedsAndNothingElse(mode: Mode) async throws {
    let manifests = try await Manifests.chart(values: mode.values)
    let account = try manifests.one("Deployment")[path: "spec", "template", "spec", "serviceAccountName"]
    #expect(try Self.rights(of: account?.stringValue ?? "", in: manifests) == Self.wanted(mode))
  }

  /// What kustomize installs is tested to be what the chart makes; the overlay for one namespace once more, for itself.
  @Test func theOverlayForOneNamespaceGivesNoMore() async throws {
    let manifests = try await Manifests.kustomization("deploy/overlays/single-namespace")
    let mode = Mode(values: "", namespaces: ["default"], isTrusting: false)
    #expect(try Self.rights(of: "holdfast-operator", in: manifests) == Self.wanted(mode))
  }

  @Test func eachRightIsDeclaredOnceAndSaysWhatFor() {
    var seen: Set<String> = []
    for permission in OperatorPermissions.all {
      let key = "\(permission.scope) \(permission.group) \(permission.resource) \(permission.verb) \(permission.names)"
      #expect(seen.insert(key).inserted, "twice: \(key)")
      #expect(permission.reason.count > 5, "no reason: \(key)")
      #expect(!permission.resource.hasPrefix("secrets"), "promise 1")
      #expect(!["*", "escalate", "impersonate"].contains(permission.verb))
    }
  }

  private static func wanted(_ mode: Mode) -> Set<Right> {
    var rights: Set<Right> = []
    for permission in OperatorPermissions.all {
      let places: [String?] =
        switch permission.scope {
        case .namespaces: mode.namespaces.map { $0.map(Optional.some) } ?? [nil]
        case .gate: mode.isGated ? mode.namespaces.map { $0.map(Optional.some) } ?? [nil] : []
        case .cluster: [nil]
        case .trust: mode.isTrusting ? [nil] : []
        case .distrust: mode.isTrusting || mode.namespaces == nil ? [nil] : []
        case .ownNamespace: ["holdfast-system"]
        }
      for place in places {
        rights.insert(
          Right(
            namespace: place, group: permission.group, resource: permission.resource, verb: permission.verb,
            names: permission.names.sorted()))
      }
    }
    return rights
  }

  /// Whatever is bound to the account.
  private static func rights(of account: String, in manifests: Manifests) throws -> Set<Right> {
    var rights: Set<Right> = []
    for binding in manifests.all("ClusterRoleBinding") + manifests.all("RoleBinding") {
      for subject in binding["subjects"]?.arrayValue ?? [] {
        #expect(subject["name"] == .string(account) && subject["kind"] == "ServiceAccount")
        #expect(subject["namespace"] == "holdfast-system")
      }
      let place = binding[path: "metadata", "namespace"]?.stringValue
      let kind = binding[path: "roleRef", "kind"]?.stringValue ?? ""
      let name = binding[path: "roleRef", "name"]?.stringValue
      let roles = manifests.all(kind).filter {
        $0[path: "metadata", "name"]?.stringValue == name
          && (kind == "ClusterRole" || $0[path: "metadata", "namespace"]?.stringValue == place)
      }
      try #require(roles.count == 1, "\(kind) \(name ?? "") of a binding in \(place ?? "the cluster")")
      for rule in roles[0]["rules"]?.arrayValue ?? [] {
        #expect(rule["nonResourceURLs"] == nil)
        for group in rule.strings("apiGroups") {
          for resource in rule.strings("resources") {
            for verb in rule.strings("verbs") {
              rights.insert(
                Right(
                  namespace: place, group: group, resource: resource, verb: verb,
                  names: rule.strings("resourceNames").sorted()))
            }
          }
        }
      }
    }
    return rights
  }
}
