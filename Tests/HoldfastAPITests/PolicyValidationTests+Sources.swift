import KubernetesModel

/// What each kind of source takes.
extension PolicyValidationTests {
  static let sources: [Case] = [
    Case("no source", "spec.sources", "at least one thing", set("spec", "sources", to: [])),
    Case("sources absent", "spec.sources", "is required", set("spec", "sources", to: nil)),
    Case(
      "seventeen sources", "spec.sources", "at most 16",
      set("spec", "sources", to: .array((1...17).map { source("s\($0)") }))),
    Case(
      "duplicate names", "spec.sources[1].name", "taken by another",
      set("spec", "sources", to: [source("a"), source("a")])),
    Case(
      "two kinds", "spec.sources[0]", "has 2 kinds",
      set("spec", "sources", "0", "vault", to: ["address": "https://v:8200"])),
    Case(
      "unknown kind", "spec.sources[0]", "openBao, vault",
      set("spec", "sources", to: [["name": "db", "postgres": [:]]])),
    Case("reserved name", "spec.sources[0].name", "reserved", set("spec", "sources", "0", "name", to: "manifest")),
    Case("name with slash", "spec.sources[0].name", "DNS label", set("spec", "sources", "0", "name", to: "a/b")),
    Case("no name", "spec.sources[0].name", "is required", set("spec", "sources", "0", "name", to: nil)),
    Case(
      "no address", "spec.sources[0].openBao.address", "is required",
      set("spec", "sources", "0", "openBao", "address", to: nil)),
    Case(
      "bare host", "spec.sources[0].openBao.address", "needs http:// or https://",
      set("spec", "sources", "0", "openBao", "address", to: "bao:8200")),
    Case(
      "path in address", "spec.sources[0].openBao.address", "path or query",
      set("spec", "sources", "0", "openBao", "address", to: "https://bao:8200/v1")),
    Case(
      "password in address", "spec.sources[0].openBao.address", "user or password",
      set("spec", "sources", "0", "openBao", "address", to: "https://u:hunter2@bao:8200")),
    Case(
      "no login", "spec.sources[0].openBao", "has no login",
      set("spec", "sources", "0", "openBao", "jwtAuthRole", to: nil)),
    Case(
      "two logins", "spec.sources[0].openBao", "two logins",
      set("spec", "sources", "0", "openBao", "tokenSecretRef", to: ["name": "t"])),
    Case("two inherited logins", "spec.tokenSecretRef", "two logins") {
      set("spec", "tokenSecretRef", to: ["name": "t"])(&$0)
      set("spec", "jwtAuthRole", to: "r")(&$0)
    },
    Case(
      "empty CA bundle", "spec.sources[0].openBao.caBundle", "exactly one",
      set("spec", "sources", "0", "openBao", "caBundle", to: [:])),
    Case("bad Secret name", "spec.tokenSecretRef.name", "not a valid object name") {
      set("spec", "sources", "0", "openBao", "jwtAuthRole", to: nil)(&$0)
      set("spec", "tokenSecretRef", to: ["name": "Backup Token"])(&$0)
    },
  ]

  static func source(_ kind: String, _ value: JSONValue) -> @Sendable (inout JSONValue) -> Void {
    set("spec", "sources", to: .array([.object(["name": "s", kind: value])]))
  }

  static let kinds: [Case] = [
    Case("no controller", "spec.sources[0].openZiti", "set release, or podSelector", source("openZiti", [:])),
    Case(
      "unknown snapshot", "spec.sources[0].openZiti.snapshot", "use agent, managementAPI",
      source("openZiti", ["release": "z", "snapshot": "copy"])),
    Case(
      "management API without URL", "spec.sources[0].openZiti.managementAPI.url", "is required",
      source("openZiti", ["podSelector": ["matchLabels": ["a": "b"]], "snapshot": "managementAPI"])),
    Case(
      "management API with two logins", "spec.sources[0].openZiti.managementAPI", "two logins",
      source(
        "openZiti",
        [
          "release": "z", "snapshot": "managementAPI",
          "managementAPI": ["adminSecretRef": ["name": "a"], "clientCertificateSecretRef": ["name": "c"]],
        ])),
    Case(
      "volume without claim", "spec.sources[0].openZiti.persistentVolumeClaim", "is required",
      source("openZiti", ["podSelector": ["matchLabels": ["a": "b"]], "retrieval": "volume"])),
    Case(
      "database beside the claim", "spec.sources[0].openZiti.persistentVolumeClaim.mountPath", "is not below it",
      source(
        "openZiti",
        [
          "release": "z", "retrieval": "volume", "databasePath": "/data/ctrl.db",
          "persistentVolumeClaim": ["claimName": "c"],
        ]
      )),
    Case(
      "every pod", "spec.sources[0].openZiti.podSelector", "selects every pod", source("openZiti", ["podSelector": [:]])
    ),
    Case(
      "relative database", "spec.sources[0].openZiti.databasePath", "absolute path",
      source("openZiti", ["release": "z", "databasePath": "ctrl.db"])),
    Case(
      "timeout of zero", "spec.sources[0].openZiti.timeout", "is zero",
      source("openZiti", ["release": "z", "timeout": "0s"])),
    Case("no endpoints", "spec.sources[0].etcd.endpoints", "at least one", source("etcd", ["endpoints": []])),
    Case(
      "endpoint without TLS", "spec.sources[0].etcd.endpoints[1]", "write https://",
      source("etcd", ["endpoints": ["https://a:2379", "http://b:2379"], "tls": ["serverName": "etcd"]])),
    Case(
      "etcd path", "spec.sources[0].etcd.endpoints[0]", "path or query",
      source("etcd", ["endpoints": ["https://a:2379/v3"]])),
    Case(
      "issuers as number", "spec.sources[0].certManager.issuers", "All, None or a list",
      source("certManager", ["issuers": 5])),
    Case(
      "issuers as name", "spec.sources[0].certManager.issuers", "All, None or a list",
      source("certManager", ["issuers": "ca"])),
    Case(
      "bad extra Secret", "spec.sources[0].certManager.extraSecrets[0]", "not a valid object name",
      source("certManager", ["extraSecrets": ["A B"]])),
    Case(
      "selector of nothing", "spec.sources[0].resources.include[0]", "neither group nor kind",
      source("resources", ["include": [["version": "v1"]]])),
    Case(
      "kind in lower case", "spec.sources[0].resources.exclude[0].kind", "as in a manifest",
      source("resources", ["exclude": [["kind": "secrets"]]])),
    Case(
      "star besides others", "spec.sources[0].resources.namespaces", "keep '*' alone",
      source("resources", ["namespaces": ["*", "a"]])),
    Case(
      "bad field selector", "spec.sources[0].resources.fieldSelector", "not a field selector",
      source("resources", ["fieldSelector": "metadata.name"])),
    Case("page of zero", "spec.sources[0].resources.pageSize", "1 to 1000", source("resources", ["pageSize": 0])),
    Case(
      "unknown operator", "spec.sources[0].resources.labelSelector.matchExpressions[0]", "use In, NotIn",
      source("resources", ["labelSelector": ["matchExpressions": [["key": "a", "operator": "Like"]]]])),
    Case("files of nowhere", "spec.sources[0].files", "has no place", source("files", ["paths": ["/etc"]])),
    Case(
      "files without paths", "spec.sources[0].files.paths", "is required",
      source("files", ["persistentVolumeClaim": ["claimName": "c"]])),
    Case(
      "dots in a path", "spec.sources[0].files.persistentVolumeClaim.paths[0]", "'.' or '..'",
      source("files", ["persistentVolumeClaim": ["claimName": "c", "paths": ["/../etc"]]])),
    Case(
      "three logins", "spec.sources[0].openBao", "has 3 logins",
      source(
        "openBao",
        [
          "address": "https://b", "tokenFile": "/t", "kubernetesAuth": ["role": "r"],
          "userpass": ["username": "u", "passwordSecretRef": ["name": "p"]],
        ])),
    Case(
      "AppRole without a role", "spec.sources[0].openBao.appRole", "exactly one",
      source("openBao", ["address": "https://b", "appRole": ["secretIDSecretRef": ["name": "s"]]])),
    Case(
      "mount path with slash", "spec.sources[0].openBao.kubernetesAuth.mountPath", "not a mount path",
      source("openBao", ["address": "https://b", "kubernetesAuth": ["role": "r", "mountPath": "/kubernetes"]])),
    Case(
      "unknown workload", "spec.preUpgrade.workloads[0].kind", "use Deployment",
      set("spec", "preUpgrade", to: ["workloads": [["kind": "Pod", "name": "p"]]])),
    Case("root as user", "spec.executor.runAsUser", "other than root", set("spec", "executor", to: ["runAsUser": 0])),
  ]
}
