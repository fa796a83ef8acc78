import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

@Suite struct ChartTests {
  /// Values that turn everything on, and one that turns much off.
  static let everything = """
    image: {repository: registry.example.com/team/holdfast, tag: 0.1.0-rc.1, pullPolicy: Always}
    imagePullSecrets: [pull]
    executor: {image: "registry.example.com/executor:2", pullPolicy: Never, imagePullSecrets: [a, b], fsGroup: 1234567}
    watchNamespaces: [openbao, pki]
    notifications: {urlSecret: {name: hook, key: address}, format: slack, reasons: [BackupFailed]}
    extraArgs: [--leader-elect-name=other]
    extraEnv: [{name: HTTPS_PROXY, value: "http://proxy:3128"}]
    serviceAccount: {name: mine, annotations: {a: b}}
    metrics:
      service: {annotations: {"prometheus.io/scrape": "true"}}
      serviceMonitor: {enabled: true, labels: {release: prometheus}}
      prometheusRule: {enabled: true, labels: {release: prometheus}}
      dashboard: {enabled: true, annotations: {grafana_folder: Backups}}
    networkPolicy:
      enabled: true
      from: [{namespaceSelector: {matchLabels: {name: monitoring}}}]
      executors: {enabled: true, egress: [{ports: [{port: 443}]}]}
    podLabels: {team: platform}
    podAnnotations: {note: "1"}
    priorityClassName: system-cluster-critical
    nodeSelector: {kubernetes.io/os: linux}
    tolerations: [{operator: Exists}]
    affinity: {nodeAffinity: {}}
    topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {team: platform}}}
    """
  static let little = """
    replicaCount: 1
    fullnameOverride: short
    rbac: {userRoles: {aggregate: false}}
    metrics: {service: {enabled: false}}
    """
  static let variants = [
    "{}", everything, little, "networkPolicy: {enabled: true}", "{watchNamespaces: [pki], trustedNamespaces: [pki]}",
  ]

  @Test func lintIsStrict() async throws {
    try await helm(["lint", "--strict", Repository.chart]).checked()
    try await helm(["lint", "--strict", Repository.chart, "--values", "-"], input: Self.everything).checked()
  }

  /// Promise 1.
  @Test(arguments: variants) func noRuleHasAVerbOnSecrets(values: String) async throws {
    let manifests = try await Manifests.chart(values: values)
    // Those of executors are nobody's until the operator binds them to an executor's account.
    let rules = manifests.rules(where: { !$0.hasPrefix("holdfast-executor-") })
    #expect(!rules.isEmpty)
    for binding in manifests.all("ClusterRoleBinding") + manifests.all("RoleBinding") {
      let role = binding[path: "roleRef", "name"]?.stringValue ?? ""
      #expect(!role.hasPrefix("holdfast-executor-"), "the chart binds \(role)")
    }
    for rule in rules {
      let resources = rule.strings("resources")
      #expect(!resources.contains { $0 == "*" || $0.split(separator: "/").first == "secrets" }, "\(rule)")
      #expect(!rule.strings("verbs").contains("*") && !rule.strings("apiGroups").contains("*"), "\(rule)")
      #expect(!rule.strings("verbs").contains("impersonate") && !rule.strings("verbs").contains("escalate"), "\(rule)")
      // What runs in a pod, or who may do what, is not the operator's to change.
      #expect(!resources.contains { ["pods/exec", "pods/attach", "serviceaccounts/token"].contains($0) }, "\(rule)")
      if rule.strings("verbs").contains("bind") {
        #expect(rule.strings("resourceNames").allSatisfy { $0.hasPrefix("holdfast-executor-") }, "\(rule)")
        #expect(!rule.strings("resourceNames").isEmpty, "bind without names: \(rule)")
      }
    }
  }

  @Test func whatTheOperatorMayBindIsInstalled() async throws {
    let manifests = try await Manifests.chart(values: "trustedNamespaces: [pki]")
    let names = manifests.rules.filter { $0.strings("verbs") == ["bind"] }.flatMap { $0.strings("resourceNames") }
    #expect(!names.isEmpty)
    for name in names { _ = try manifests.one("ClusterRole", name) }
    #expect(Set(names) == Set(ExecutorRole.allCases.map(\.name)))
  }

  /// What the code says that each source needs is what the chart installs, no more and no less.
  @Test(arguments: ExecutorRole.allCases) func rolesOfExecutorsAreWhatSourcesNeed(role: ExecutorRole) async throws {
    let installed = try await Manifests.chart().one("ClusterRole", role.name)
    #expect(try installed["rules"] == JSONValue(encoding: role.rules))
    for rule in role.rules {
      // Nothing is ever deleted.
      #expect(Set(rule.verbs).isSubset(of: ["get", "list", "create", "update", "patch", "escalate", "bind"]))
      #expect(!rule.verbs.contains("escalate") || role == .restore)
      guard !role.writes else { continue }
      #expect(Set(rule.verbs).isSubset(of: ["get", "list", "create"]))
      #expect(!rule.verbs.contains("create") || rule.resources == ["pods/exec"])
    }
  }

  /// Whoever has the operator's token has no more than it needs: where nothing is trusted, nothing beyond namespaces is given.
  @Test(arguments: ["", "{watchNamespaces: [pki]}"]) func withoutTrustNothingIsGivenBeyondNamespaces(values: String)
    async throws
  {
    let manifests = try await values.isEmpty ? Manifests.chart() : Manifests.chart(values: values)
    let rules = manifests.all("ClusterRole").filter { $0.name == "holdfast-operator" }
      .flatMap { $0["rules"]?.arrayValue ?? [] }
    for rule in rules where rule.strings("resources") == ["clusterrolebindings"] {
      #expect(Set(rule.strings("verbs")) == ["get", "list", "watch", "delete"])
    }
    let bound = rules.filter { $0.strings("verbs") == ["bind"] }.flatMap { $0.strings("resourceNames") }
    for role in ["restore", "certmanager-cluster-restore", "certmanager-cluster", "definitions"] {
      #expect(!bound.contains("holdfast-executor-\(role)"))
    }
  }

  @Test func aTrustedNamespaceInASmallInstallationBringsTheRightsForIt() async throws {
    let manifests = try await Manifests.chart(values: "{watchNamespaces: [pki], trustedNamespaces: [pki]}")
    #expect(try manifests.container().strings("args").contains("--trusted-namespace=pki"))
    let cluster = try manifests.one("ClusterRole", "holdfast-operator")["rules"]?.arrayValue ?? []
    let verbs = cluster.filter { $0.strings("resources") == ["clusterrolebindings"] }.flatMap { $0.strings("verbs") }
    #expect(Set(verbs) == ["get", "list", "watch", "delete", "create", "update"])
    let bound = cluster.filter { $0.strings("verbs") == ["bind"] }.flatMap { $0.strings("resourceNames") }
    #expect(!bound.contains("holdfast-executor-exec") && bound.contains("holdfast-executor-resources"))
  }

  /// Pod Security `restricted`, field by field.
  @Test(arguments: variants) func podsAreRestricted(values: String) async throws {
    let manifests = try await Manifests.chart(values: values)
    let pod = try require(try manifests.one("Deployment")[path: "spec", "template", "spec"], "pod")
    #expect(pod[path: "securityContext", "runAsNonRoot"] == true)
    #expect(pod[path: "securityContext", "seccompProfile", "type"] == "RuntimeDefault")
    #expect(pod["hostNetwork"] == nil && pod["hostPID"] == nil)
    // Nothing but the webhook's URL, where there is one.
    let volumes = pod["volumes"]?.arrayValue ?? []
    #expect(volumes.isEmpty || values == Self.everything)
    #expect(volumes.allSatisfy { $0["secret"]?["secretName"] == "hook" })
    let container = try manifests.container()
    #expect(container[path: "securityContext", "allowPrivilegeEscalation"] == false)
    #expect(container[path: "securityContext", "readOnlyRootFilesystem"] == true)
    #expect(container[path: "securityContext", "capabilities", "drop"] == ["ALL"])
    #expect(container[path: "resources", "limits", "memory"] != nil)
  }

  @Test func leadsByElectionAndIsProbed() async throws {
    let manifests = try await Manifests.chart()
    #expect(try manifests.one("Deployment")[path: "spec", "replicas"] == 2)
    let container = try manifests.container()
    #expect(container.strings("args").first == "operator")
    #expect(container.strings("args").contains("--leader-elect"))
    #expect(container[path: "livenessProbe", "httpGet", "path"] == "/healthz")
    #expect(container[path: "readinessProbe", "httpGet", "path"] == "/readyz")
    let lease = try manifests.one("Role", "holdfast-operator-leader-election")
    #expect(lease[path: "metadata", "namespace"] == "holdfast-system")
    _ = try manifests.one("PodDisruptionBudget")
    #expect(try await Manifests.chart(values: "replicaCount: 1").all("PodDisruptionBudget").isEmpty)
  }

  @Test func imagesOfOperatorAndExecutorsAreOneUnlessToldOtherwise() async throws {
    func images(_ values: String) async throws -> (String?, String?) {
      let container = try await Manifests.chart(values: values).container()
      let executor = container["env"]?.arrayValue?.first { $0["name"] == "HOLDFAST_EXECUTOR_IMAGE" }
      return (container["image"]?.stringValue, executor?["value"]?.stringValue)
    }
    #expect(try await images("{}") == ("holdfast:0.1.0", "holdfast:0.1.0"))
    #expect(try await images("image: {repository: r/h, tag: x}") == ("r/h:x", "r/h:x"))
    #expect(try await images("executor: {image: e:1}") == ("holdfast:0.1.0", "e:1"))
    let digest = "sha256:" + String(repeating: "a", count: 64)
    #expect(try await images("image: {digest: '\(digest)'}") == ("holdfast@\(digest)", "holdfast@\(digest)"))
  }

  @Test func everyValueArrives() async throws {
    let manifests = try await Manifests.chart(values: Self.everything)
    let arguments = try manifests.container().strings("args")
    for argument in [
      "--executor-image-pull-policy=Never", "--executor-image-pull-secret=a", "--executor-image-pull-secret=b",
      "--notifications-url-file=/etc/holdfast/notifications/url", "--notifications-format=slack",
      "--notifications-reason=BackupFailed", "--executor-fs-group=1234567", "--namespace=openbao", "--namespace=pki",
      "--leader-elect-name=other",
    ] {
      #expect(arguments.contains(argument))
    }
    let pod = try require(try manifests.one("Deployment")[path: "spec", "template", "spec"], "pod")
    #expect(pod["serviceAccountName"] == "mine")
    #expect(pod["priorityClassName"] == "system-cluster-critical")
    #expect(pod["imagePullSecrets"] == [["name": "pull"]])
    #expect(pod["topologySpreadConstraints"]?.arrayValue?.count == 1)
    #expect(manifests.all("ServiceMonitor").count == 1 && manifests.all("PrometheusRule").count == 1)
    // The operator's, and one for executors in each namespace.
    let policies = manifests.all("NetworkPolicy")
    #expect(
      policies.compactMap { $0[path: "metadata", "namespace"]?.stringValue }.sorted()
        == ["holdfast-system", "openbao", "pki"])
  }

  @Test func nobodyConnectsToExecutors() async throws {
    let manifests = try await Manifests.chart(
      values: "networkPolicy: {executors: {enabled: true, namespaces: [pki]}}")
    let policy = try manifests.one("NetworkPolicy")
    #expect(policy["spec"]?["ingress"] == [] && policy["spec"]?.strings("policyTypes") == ["Ingress"])
    // The labels are those that the code gives to executor pods, restores and preflights included.
    let selector = try require(policy[path: "spec", "podSelector", "matchLabels"]?.objectValue, "selector")
    for operation in JobOperation.allCases {
      let labels = ObjectLabels.of(policy: "p", operation: operation)
      #expect(selector.allSatisfy { labels[$0.key] == $0.value.stringValue })
    }
  }

  @Test func watchedNamespacesGetRolesInPlaceOfTheClusterRole() async throws {
    let manifests = try await Manifests.chart(values: "watchNamespaces: [openbao, pki]")
    let cluster = try manifests.one("ClusterRole", "holdfast-operator")["rules"]?.arrayValue ?? []
    #expect(cluster.map { $0.strings("resources") } == [["namespaces"]])
    let everywhere = try await Manifests.chart().one("ClusterRole", "holdfast-operator")["rules"]?.arrayValue ?? []
    for namespace in ["openbao", "pki"] {
      let role = manifests.all("Role").filter { $0[path: "metadata", "namespace"] == .string(namespace) }
      let rules = role.first?["rules"]?.arrayValue ?? []
      #expect(role.count == 1 && Array(everywhere.prefix(cluster.count + rules.count)) == cluster + rules)
    }
    #expect(manifests.all("RoleBinding").count == 3)
  }

  @Test func userRolesJoinKubernetesOwn() async throws {
    let aggregate = "rbac.authorization.k8s.io/aggregate-to-"
    let manifests = try await Manifests.chart()
    let view = try manifests.one("ClusterRole", "holdfast-view")
    let edit = try manifests.one("ClusterRole", "holdfast-edit")
    #expect(view[path: "metadata", "labels"]?[aggregate + "view"] == "true")
    #expect(edit[path: "metadata", "labels"]?[aggregate + "view"] == nil)
    #expect(edit[path: "metadata", "labels"]?[aggregate + "edit"] == "true")
    #expect(view["rules"]?.arrayValue?.flatMap { $0.strings("verbs") } == ["get", "list", "watch"])
    // Who may write a policy or a restore has every Secret of the namespace: that is admin's. edit takes a backup.
    #expect(edit["rules"] == [["apiGroups": ["holdfast.dev"], "resources": ["backups"], "verbs": ["create"]]])
    let admin = try manifests.one("ClusterRole", "holdfast-admin")
    #expect(admin[path: "metadata", "labels"]?[aggregate + "edit"] == nil)
    #expect(admin[path: "metadata", "labels"]?[aggregate + "admin"] == "true")
    #expect(admin["rules"]?.arrayValue?.first?.strings("verbs").contains("create") == true)
    let separate = try await Manifests.chart(values: Self.little).one("ClusterRole", "short-edit")
    #expect(separate[path: "metadata", "labels"]?[aggregate + "edit"] == nil)
  }

  @Test(arguments: [
    "replicaCount: two", "image: {repository: ''}", "image: {digest: abc}", "log: {level: loud}", "unknown: 1",
    "executor: {pullPolicy: Sometimes}", "watchNamespaces: [Not_A_Name]", "trustedNamespaces: ['*']", "http: {port: 0}",
    "serviceAccount: {create: false}", "metrics: {service: {enabled: false}, serviceMonitor: {enabled: true}}",
    "notifications: {format: xml}", "notifications: {urlSecret: {name: x, key: ''}}",
    "networkPolicy: {executors: {enabled: true}}", "metrics: {prometheusRule: {enabled: maybe}}",
    "podDisruptionBudget: {maxUnavailable: []}", "rbac: {userRoles: {agregate: true}}", "tests: {image: 1}",
  ])
  func wrongValuesAreRefused(values: String) async throws {
    let result = try await helm(["template", "x", Repository.chart, "--values", "-"], input: values)
    #expect(!result.succeeded)
    // The message names the field, or the value that is needed.
    let field = values.prefix { $0 != ":" }
    #expect(result.errors.contains(field), "\(result.errors)")
  }

  @Test func releasesOfOtherNamesDoNotCollide() async throws {
    func names(_ manifests: Manifests) -> Set<String> {
      Set(
        manifests.objects.map { "\($0["kind"]?.stringValue ?? "")/\($0[path: "metadata", "name"]?.stringValue ?? "")" })
    }
    let one = names(try await Manifests.chart(release: "one"))
    let two = names(
      try await Manifests.chart(release: "two", values: "rbac: {executorRoles: {create: false}}"))
    #expect(one.isDisjoint(with: two))
    #expect(one.count == two.count + ExecutorRole.allCases.count)
  }
}
