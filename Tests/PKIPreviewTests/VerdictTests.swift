import Foundation
import KubernetesModel
import SwiftASN1
import Testing
import X509

@testable import PKIPreview

/// The verdict on one Certificate for each of cert-manager's checks, and for what lies just beside it.
@Suite struct VerdictTests {
  struct Case: CustomTestStringConvertible {
    /// What cert-manager is expected to say: `keeps`, `expired`, `chain`, or the reason of a re-issue.
    var expected: String
    var testDescription: String
    var certificate: JSONValue
    /// nil: there is none.
    var secret: JSONValue?

    init(
      _ testDescription: String, _ expected: String, spec: [String: JSONValue] = [:], _ secret: JSONValue?
    ) {
      self.testDescription = testDescription
      self.expected = expected
      self.certificate = Objects.certificate("web", spec)
      self.secret = secret
    }
  }

  private static func annotated(_ changes: [String: String?]) throws -> JSONValue {
    var annotations = Identity.annotations
    for (key, value) in changes { annotations["cert-manager.io/\(key)"] = value }
    return try Identity.make("web").secret(annotations: annotations)
  }

  private static func data(_ data: [String: String]) -> JSONValue {
    Objects.secret("web-tls", data, annotations: Identity.annotations)
  }

  private static func named(
    _ common: String?, _ names: GeneralName..., key: Certificate.PrivateKey = Identity.p256
  ) throws -> JSONValue {
    try Identity.make(common, key: key, names: names).secret()
  }

  private static func aged(_ from: Double, of life: Double) throws -> JSONValue {
    try Identity.make("web", from: from, life: life).secret()
  }

  static func presence() throws -> [Case] {
    let good = try Identity.make("web")
    let other = try Identity.make("web")
    var unreadable = try good.secret()
    unreadable["data"]?["tls.key"] = "%%%"
    return [
      Case("everything as it should be", "keeps", try good.secret()),
      Case("no Secret", "DoesNotExist", nil),
      Case(
        "a Secret without data", "MissingData",
        ["kind": "Secret", "metadata": ["name": "web-tls", "namespace": "app"]]),
      Case("no key", "MissingData", data(["tls.crt": try good.certificatePEM])),
      Case("an empty key", "MissingData", data(["tls.key": "", "tls.crt": try good.certificatePEM])),
      Case("no certificate", "MissingData", data(["tls.key": try good.keyPEM])),
      Case("an empty certificate", "MissingData", data(["tls.key": try good.keyPEM, "tls.crt": ""])),
      Case("a key that is no PEM", "InvalidKeyPair", data(["tls.key": "key", "tls.crt": try good.certificatePEM])),
      Case("a key that is not base64", "InvalidKeyPair", unreadable),
      Case(
        "a certificate in place of the key", "InvalidKeyPair",
        data(["tls.key": try good.certificatePEM, "tls.crt": try good.certificatePEM])),
      Case(
        "a certificate that cannot be read", "InvalidCertificate",
        data(["tls.key": try good.keyPEM, "tls.crt": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])),
      Case(
        "another's key", "InvalidKeyPair",
        data(["tls.key": try other.keyPEM, "tls.crt": try good.certificatePEM])),
      Case(
        "more certificates behind the leaf", "keeps",
        data(["tls.key": try good.keyPEM, "tls.crt": try good.certificatePEM + other.certificatePEM])),
      Case(
        "the leaf not first", "InvalidKeyPair",
        data(["tls.key": try good.keyPEM, "tls.crt": try other.certificatePEM + good.certificatePEM])),
    ]
  }

  static func annotations() throws -> [Case] {
    let cluster: [String: JSONValue] = ["issuerRef": ["name": "ca", "kind": "ClusterIssuer"]]
    let external: [String: JSONValue] = ["issuerRef": ["name": "ca", "kind": "PCA", "group": "awspca.cert-manager.io"]]
    let none: [String: String?] = [
      "issuer-name": nil, "issuer-kind": nil, "issuer-group": nil, "certificate-name": nil,
    ]
    return [
      Case("another issuer's name", "IncorrectIssuer", try annotated(["issuer-name": "old"])),
      Case("no issuer's name beside its kind", "IncorrectIssuer", try annotated(["issuer-name": nil])),
      Case("no kind means Issuer", "keeps", try annotated(["issuer-kind": nil])),
      Case("an empty kind means Issuer", "keeps", try annotated(["issuer-kind": ""])),
      Case(
        "no kind, and a ClusterIssuer is wanted", "IncorrectIssuer", spec: cluster, try annotated(["issuer-kind": nil])),
      Case("another kind", "IncorrectIssuer", try annotated(["issuer-kind": "ClusterIssuer"])),
      Case("the kind that is wanted", "keeps", spec: cluster, try annotated(["issuer-kind": "ClusterIssuer"])),
      Case("no group means cert-manager's", "keeps", try annotated(["issuer-group": nil])),
      Case("another group", "IncorrectIssuer", try annotated(["issuer-group": "example.com"])),
      Case(
        "an external issuer's Secret without a group", "IncorrectIssuer", spec: external,
        try annotated(["issuer-kind": "PCA", "issuer-group": nil])),
      Case(
        "an external issuer's Secret", "keeps", spec: external,
        try annotated(["issuer-kind": "PCA", "issuer-group": "awspca.cert-manager.io"])),
      Case(
        "a reference with kind and group", "keeps",
        spec: ["issuerRef": ["name": "ca", "kind": "Issuer", "group": "cert-manager.io"]], try annotated([:])),
      Case("no annotations at all, and an Issuer", "keeps", try annotated(none)),
      Case("no annotations at all, and a ClusterIssuer", "IncorrectIssuer", spec: cluster, try annotated(none)),
      Case("another Certificate's Secret", "IncorrectCertificate", try annotated(["certificate-name": "api"])),
      Case("nobody's Secret", "keeps", try annotated(["certificate-name": nil])),
      Case("an empty Certificate's name", "IncorrectCertificate", try annotated(["certificate-name": ""])),
    ]
  }

  static func keys() throws -> [Case] {
    let (rsa2048, rsa3072) = (try Identity.rsa2048.get(), try Identity.rsa3072.get())
    func key(_ algorithm: String?, _ size: Int64? = nil) -> [String: JSONValue] {
      var key: [String: JSONValue] = [:]
      key["algorithm"] = algorithm.map { .string($0) }
      key["size"] = size.map { .integer($0) }
      return ["privateKey": .object(key)]
    }
    return [
      Case("RSA where nothing is said", "keeps", spec: key(nil), try named("web", key: rsa2048)),
      Case("ECDSA where nothing is said", "SecretMismatch", spec: key(nil), try named("web")),
      Case("RSA of another size than the default", "SecretMismatch", spec: key("RSA"), try named("web", key: rsa3072)),
      Case("RSA of the size asked for", "keeps", spec: key("RSA", 3072), try named("web", key: rsa3072)),
      Case("RSA larger than asked for", "SecretMismatch", spec: key("RSA", 2048), try named("web", key: rsa3072)),
      Case("RSA where ECDSA is asked for", "SecretMismatch", try named("web", key: rsa2048)),
      Case("ECDSA of another curve than the default", "SecretMismatch", try named("web", key: Identity.p384)),
      Case("ECDSA of the curve asked for", "keeps", spec: key("ECDSA", 384), try named("web", key: Identity.p384)),
      Case("ECDSA 521", "keeps", spec: key("ECDSA", 521), try named("web", key: Identity.p521)),
      Case("ECDSA of another curve than asked for", "SecretMismatch", spec: key("ECDSA", 384), try named("web")),
      Case("Ed25519, whatever its size", "keeps", spec: key("Ed25519", 4096), try named("web", key: Identity.ed25519)),
      Case("ECDSA where Ed25519 is asked for", "SecretMismatch", spec: key("Ed25519"), try named("web")),
    ]
  }

  static func names() throws -> [Case] {
    let dns: [String: JSONValue] = ["commonName": "web", "dnsNames": ["web", "api"]]
    let ip = GeneralName.ipAddress(.init(contentBytes: [10, 0, 0, 1]))
    let mapped = GeneralName.ipAddress(.init(contentBytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1]))
    return [
      Case("another common name", "SecretMismatch", try named("old")),
      Case("the common name among the DNS names", "keeps", try named(nil, .dnsName("web"))),
      Case("a DNS name as the common name", "keeps", spec: ["commonName": "", "dnsNames": ["web"]], try named("web")),
      Case("all DNS names in another order", "keeps", spec: dns, try named("web", .dnsName("api"), .dnsName("web"))),
      Case("a DNS name is missing", "SecretMismatch", spec: dns, try named("web", .dnsName("web"))),
      Case("a DNS name too many", "SecretMismatch", try named("web", .dnsName("web"), .dnsName("old"))),
      Case("DNS names are compared by case", "SecretMismatch", spec: dns, try named("web", .dnsName("API"))),
      Case("an address", "keeps", spec: ["ipAddresses": ["10.0.0.1"]], try named("web", ip)),
      Case("an address in the form of IPv6", "keeps", spec: ["ipAddresses": ["10.0.0.1"]], try named("web", mapped)),
      Case("another address", "SecretMismatch", spec: ["ipAddresses": ["10.0.0.2"]], try named("web", ip)),
      Case("an address too many", "SecretMismatch", try named("web", ip)),
      Case(
        "a URI", "keeps", spec: ["uris": ["spiffe://a/b"]],
        try named("web", .uniformResourceIdentifier("spiffe://a/b"))),
      Case(
        "another URI", "SecretMismatch", spec: ["uris": ["spiffe://a/c"]],
        try named("web", .uniformResourceIdentifier("spiffe://a/b"))),
      Case("an email address is missing", "SecretMismatch", spec: ["emailAddresses": ["a@b.c"]], try named("web")),
      Case("an email address", "keeps", spec: ["emailAddresses": ["a@b.c"]], try named("web", .rfc822Name("a@b.c"))),
    ]
  }

  static func ages() throws -> [Case] {
    [
      Case("just before two thirds of its life", "keeps", try aged(59.9, of: 90)),
      Case("at two thirds of its life", "Renewing", try aged(60, of: 90)),
      Case("past two thirds of its life", "Renewing", try aged(61, of: 90)),
      Case("before renewBefore", "keeps", spec: ["renewBefore": "240h0m0s"], try aged(79, of: 90)),
      Case("after renewBefore", "Renewing", spec: ["renewBefore": "240h0m0s"], try aged(81, of: 90)),
      Case("a renewBefore longer than its life", "keeps", spec: ["renewBefore": "9000h"], try aged(59, of: 90)),
      Case("before renewBeforePercentage", "keeps", spec: ["renewBeforePercentage": 10], try aged(80, of: 90)),
      Case("after renewBeforePercentage", "Renewing", spec: ["renewBeforePercentage": 10], try aged(82, of: 90)),
      Case(
        "renewBefore goes before renewBeforePercentage", "keeps",
        spec: ["renewBefore": "24h", "renewBeforePercentage": 50], try aged(80, of: 90)),
      Case("never renewed", "keeps", spec: ["renewal": ["policy": "Disabled"]], try aged(89, of: 90)),
      Case("expired", "expired", try aged(91, of: 90)),
      Case("expired and never renewed", "expired", spec: ["renewal": ["policy": "Disabled"]], try aged(91, of: 90)),
      Case(
        "expired, and of another issuer", "IncorrectIssuer", spec: ["issuerRef": ["name": "new"]],
        try aged(91, of: 90)),
    ]
  }

  private func check(_ cases: [Case]) async throws {
    for one in cases {
      var preview = PKIPreview(clusterResourceNamespace: nil, now: Identity.now)
      preview.add(certificate: one.certificate)
      if let secret = one.secret { preview.add(secret: secret) }
      let result = try #require(await preview.previews().first)
      let code =
        switch result.verdict {
        case .keeps: "keeps"
        case .expired: "expired"
        case .chainDoesNotVerify: "chain"
        case .reissued(let reason): reason.code
        }
      #expect(code == one.expected, "\(one.testDescription): \(result.verdict)")
    }
  }

  @Test func whetherKeyAndCertificateAreThere() async throws { try await check(try Self.presence()) }
  @Test func whoIssuedItAndForWhom() async throws { try await check(try Self.annotations()) }
  @Test func whatKeyItHas() async throws { try await check(try Self.keys()) }
  @Test func whatNamesItHas() async throws { try await check(try Self.names()) }
  @Test func howOldItIs() async throws { try await check(try Self.ages()) }
}
