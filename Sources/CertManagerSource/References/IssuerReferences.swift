public import KubernetesModel

/// The Secrets that an Issuer or ClusterIssuer names.
///
/// The table is cert-manager's own API, v1 as of 1.19, field by field: a name that ends in SecretRef is not enough.
/// https://cert-manager.io/docs/reference/api-docs/
enum IssuerReferences {
  /// In the issuer's namespace; for a ClusterIssuer, in the cluster resource namespace.
  static let own: [FieldPath] = [
    "spec.ca.secretName",
    "spec.acme.privateKeySecretRef.name",
    "spec.acme.externalAccountBinding.keySecretRef.name",
    "spec.acme.solvers[].dns01.acmeDNS.accountSecretRef.name",
    "spec.acme.solvers[].dns01.akamai.accessTokenSecretRef.name",
    "spec.acme.solvers[].dns01.akamai.clientSecretSecretRef.name",
    "spec.acme.solvers[].dns01.akamai.clientTokenSecretRef.name",
    "spec.acme.solvers[].dns01.azureDNS.clientSecretSecretRef.name",
    "spec.acme.solvers[].dns01.cloudDNS.serviceAccountSecretRef.name",
    "spec.acme.solvers[].dns01.cloudflare.apiKeySecretRef.name",
    "spec.acme.solvers[].dns01.cloudflare.apiTokenSecretRef.name",
    "spec.acme.solvers[].dns01.digitalocean.tokenSecretRef.name",
    "spec.acme.solvers[].dns01.rfc2136.tsigSecretSecretRef.name",
    "spec.acme.solvers[].dns01.route53.accessKeyIDSecretRef.name",
    "spec.acme.solvers[].dns01.route53.secretAccessKeySecretRef.name",
    "spec.vault.auth.appRole.secretRef.name",
    "spec.vault.auth.clientCertificate.secretName",
    "spec.vault.auth.kubernetes.secretRef.name",
    "spec.vault.auth.tokenSecretRef.name",
    "spec.vault.caBundleSecretRef.name",
    "spec.vault.clientCertSecretRef.name",
    "spec.vault.clientKeySecretRef.name",
    "spec.venafi.cloud.apiTokenSecretRef.name",
    "spec.venafi.ngts.credentialsRef.name",
    "spec.venafi.tpp.caBundleSecretRef.name",
    "spec.venafi.tpp.credentialsRef.name",
  ]

  /// In the namespace of the Challenge, which is the Certificate's: the pull secrets of solver pods.
  static let ofChallenges: [FieldPath] = [
    "spec.acme.solvers[].http01.gatewayHTTPRoute.podTemplate.spec.imagePullSecrets[].name",
    "spec.acme.solvers[].http01.ingress.podTemplate.spec.imagePullSecrets[].name",
  ]

  /// What the API does not describe: each webhook has its own configuration.
  static func ofWebhooks(_ issuer: JSONValue) -> [SecretGuess.Found] {
    (issuer[path: "spec", "acme", "solvers"]?.arrayValue ?? []).enumerated().flatMap { index, solver in
      (solver[path: "dns01", "webhook", "config"]).map {
        SecretGuess.search($0, at: "spec.acme.solvers[\(index)].dns01.webhook.config")
      } ?? []
    }
  }

  static func own(_ issuer: JSONValue) -> Set<String> {
    Set(own.flatMap { $0.strings(in: issuer) })
  }

  static func ofChallenges(_ issuer: JSONValue) -> Set<String> {
    Set(ofChallenges.flatMap { $0.strings(in: issuer) })
  }
}

/// The Secrets that an issuer names, for whoever restores it.
public enum IssuerSecrets {
  /// In the issuer's namespace, or for a ClusterIssuer in the cluster resource namespace; what looks like a reference in a
  /// webhook's configuration too.
  public static func names(in issuer: JSONValue) -> Set<String> {
    IssuerReferences.own(issuer).union(IssuerReferences.ofWebhooks(issuer).map(\.name))
  }
}

/// The Secrets that a Certificate names, in its own namespace.
enum CertificateReferences {
  static let output: FieldPath = "spec.secretName"
  static let keystorePasswords: [FieldPath] = [
    "spec.keystores.jks.passwordSecretRef.name",
    "spec.keystores.pkcs12.passwordSecretRef.name",
  ]

  static func all(_ certificate: JSONValue) -> Set<String> {
    Set(([output] + keystorePasswords).flatMap { $0.strings(in: certificate) })
  }
}
