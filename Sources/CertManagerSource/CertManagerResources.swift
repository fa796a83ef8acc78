import KubernetesModel

/// What is read, and where the API serves it.
enum CertManagerResources {
  static let group = "cert-manager.io"

  static let issuers = ResourceType(group: group, version: "v1", kind: "Issuer", plural: "issuers")
  static let clusterIssuers = ResourceType(
    group: group, version: "v1", kind: "ClusterIssuer", plural: "clusterissuers", isNamespaced: false)
  static let certificates = ResourceType(group: group, version: "v1", kind: "Certificate", plural: "certificates")
  static let bundles = ResourceType(
    group: "trust.cert-manager.io", version: "v1alpha1", kind: "Bundle", plural: "bundles", isNamespaced: false)
  static let secrets = ResourceType(group: "", version: "v1", kind: "Secret", plural: "secrets")
  static let configMaps = ResourceType(group: "", version: "v1", kind: "ConfigMap", plural: "configmaps")
  static let deployments = ResourceType(group: "apps", version: "v1", kind: "Deployment", plural: "deployments")
  static let customResourceDefinitions = ResourceType(
    group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition", plural: "customresourcedefinitions",
    isNamespaced: false)

  /// The resource of an object that was read.
  static func of(_ object: JSONValue) -> ResourceType? {
    [issuers, clusterIssuers, certificates, bundles, secrets, configMaps, customResourceDefinitions].first {
      $0.kind == object.kind && $0.apiVersion == object.apiVersion
    }
  }

  /// The CRDs of what is taken. Orders and Challenges are left out, and their CRDs belong to cert-manager's installation.
  static let definitions = [
    "issuers.cert-manager.io", "clusterissuers.cert-manager.io", "certificates.cert-manager.io",
    "bundles.trust.cert-manager.io",
  ]
}

extension JSONValue {
  /// A private key that cert-manager is about to use: of no worth to a restore, which would confuse it.
  /// https://cert-manager.io/docs/reference/labels-and-annotations/
  var isNextPrivateKey: Bool { labels["cert-manager.io/next-private-key"] == "true" }

  /// Whether cert-manager is issuing the certificate now.
  var isIssuing: Bool {
    (self[path: "status", "conditions"]?.arrayValue ?? []).contains {
      $0["type"]?.stringValue == "Issuing" && $0["status"]?.stringValue == "True"
    }
  }

  /// The controller that made a Certificate and will make it again: an Ingress, a Gateway.
  var shim: String? {
    (self[path: "metadata", "ownerReferences"]?.arrayValue ?? []).lazy
      .filter { $0["controller"]?.boolValue == true }
      .compactMap { owner in owner["kind"]?.stringValue.map { "\($0)/\(owner["name"]?.stringValue ?? "")" } }
      .first
  }
}
