import Foundation
import KubernetesModel
import Testing

@testable import CertManagerSource

/// The Secrets that cert-manager's objects name.
@Suite struct ReferenceTests {
  /// An object that has one value, at a path.
  private func object(_ path: FieldPath, _ value: String) -> JSONValue {
    var result = JSONValue.string(value)
    for step in path.description.split(separator: ".").reversed() {
      let isList = step.hasSuffix("[]")
      result = .object([String(isList ? step.dropLast(2) : step): isList ? .array([result]) : result])
    }
    return result
  }

  @Test(arguments: IssuerReferences.own)
  func everyFieldOfTheTableIsFound(_ path: FieldPath) {
    #expect(IssuerReferences.own(object(path, "wanted")) == ["wanted"])
    #expect(IssuerReferences.own(object(path, "")).isEmpty, "an empty name is no reference")
  }

  @Test(arguments: IssuerReferences.ofChallenges)
  func pullSecretsOfSolverPodsAreTheChallenges(_ path: FieldPath) {
    #expect(IssuerReferences.ofChallenges(object(path, "pull")) == ["pull"])
    #expect(IssuerReferences.own(object(path, "pull")).isEmpty)
  }

  @Test func anACMEIssuerNamesAllOfItsSecrets() throws {
    let issuer = try JSONValue(
      parsing: .init(
        #"""
        {"spec": {"acme": {
          "privateKeySecretRef": {"name": "account"},
          "externalAccountBinding": {"keyID": "k", "keySecretRef": {"name": "eab", "key": "secret"}},
          "solvers": [
            {"dns01": {"route53": {"region": "eu", "accessKeyIDSecretRef": {"name": "r53-id"},
              "secretAccessKeySecretRef": {"name": "r53-key", "key": "k"}}}},
            {"dns01": {"cloudflare": {"apiTokenSecretRef": {"name": "cf"}, "apiKeySecretRef": {"name": ""}}}},
            {"dns01": {"rfc2136": {"nameserver": "a", "tsigSecretSecretRef": {"name": "tsig"}}}},
            {"http01": {"ingress": {"podTemplate": {"spec": {"imagePullSecrets": [{"name": "p1"}, {"name": "p2"}]}}}}},
            {"dns01": {"webhook": {"groupName": "g", "solverName": "s", "config": {
              "apiKeySecretRef": {"name": "hook", "key": "k"}, "list": [{"secretName": "deep"}], "zone": "example.org"}}}}
          ]}}}
        """#.utf8))
    #expect(IssuerReferences.own(issuer) == ["account", "eab", "r53-id", "r53-key", "cf", "tsig"])
    #expect(IssuerReferences.ofChallenges(issuer) == ["p1", "p2"])
    let guessed = IssuerReferences.ofWebhooks(issuer)
    #expect(Set(guessed.map(\.name)) == ["hook", "deep"])
    #expect(guessed.contains { $0.path == "spec.acme.solvers[4].dns01.webhook.config.apiKeySecretRef" })
  }

  @Test func aGuessTakesNoTextThatIsNoName() {
    let config: JSONValue = [
      "secretName": "Not A Name", "tokenSecretRef": ["key": "only"], "secret": ["name": ["nested": "x"]],
      "secretRef": "plain",
    ]
    #expect(SecretGuess.search(config, at: "c").map(\.name) == ["plain"])
  }

  @Test func aGuessEndsInADeepConfiguration() {
    var config: JSONValue = ["secretName": "far"]
    for _ in 0..<10_000 { config = ["a": config] }
    #expect(SecretGuess.search(config, at: "c").isEmpty)
    // Taken apart from outside in: the nested value's own destruction would recurse.
    while let inner = config["a"] { config = inner }
  }

  @Test func aCertificateNamesItsOutputAndItsKeystorePasswords() {
    let certificate: JSONValue = [
      "spec": [
        "secretName": "out",
        "keystores": ["jks": ["passwordSecretRef": ["name": "jks"]], "pkcs12": ["passwordSecretRef": ["name": "p12"]]],
      ]
    ]
    #expect(CertificateReferences.all(certificate) == ["out", "jks", "p12"])
  }

  @Test func absentKindAndGroupOfAnIssuerMeanAnIssuerOfCertManager() {
    let plain = IssuerReference(["spec": ["issuerRef": ["name": "ca"]]])
    #expect(plain.description == "Issuer/ca")
    #expect(!plain.isExternal)
    let external = IssuerReference(
      ["spec": ["issuerRef": ["name": "aws", "kind": "AWSPCAIssuer", "group": "awspca.cert-manager.io"]]])
    #expect(external.isExternal)
  }

  // MARK: The controllers' flags

  private func deployment(_ arguments: [String], env: [JSONValue] = []) -> JSONValue {
    [
      "metadata": ["namespace": "cm-system"],
      "spec": [
        "template": [
          "spec": ["containers": [["args": .array(arguments.map { .string($0) }), "env": .array(env)]]]
        ]
      ],
    ]
  }

  @Test func theClusterResourceNamespaceIsReadFromTheFlag() {
    let fromPod: JSONValue = [
      "name": "POD_NAMESPACE", "valueFrom": ["fieldRef": ["fieldPath": "metadata.namespace"]],
    ]
    let flag = "cluster-resource-namespace"
    let cases: [([String], [JSONValue], String?)] = [
      (["--v=2", "--cluster-resource-namespace=pki"], [], "pki"),
      (["--cluster-resource-namespace=$(POD_NAMESPACE)"], [fromPod], "cm-system"),
      (["--cluster-resource-namespace", "pki"], [], "pki"),
      (["--cluster-resource-namespace=$(OTHER)"], [fromPod], nil),
      (["--cluster-resource-namespace=$(X)"], [["name": "X", "value": "literal"]], "literal"),
      (["--v=2"], [], nil),
    ]
    for (arguments, env, expected) in cases {
      #expect(ControllerArguments.value(of: flag, in: deployment(arguments, env: env)) == expected, "\(arguments)")
    }
  }
}
