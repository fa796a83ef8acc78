import Foundation
import KubernetesClient
import KubernetesModel
import Testing

/// Credential plugins of a kubeconfig: who may run one is told how, and others are refused.
struct ExecPluginTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func load(_ exec: String, allows: Bool = true) throws -> ClientConfiguration {
    let file = try directory.write(
      """
      current-context: main
      clusters: [{name: c, cluster: {server: "https://a:6443", certificate-authority-data: Q0E=}}]
      contexts: [{name: main, context: {cluster: c, user: u}}]
      users: [{name: u, user: {exec: {\(exec)}}}]
      """, to: "config")
    return try ClientConfiguration.load(kubeconfig: file, environment: [:], allowsExecPlugin: allows)
  }

  private let version = "apiVersion: client.authentication.k8s.io/v1"

  @Test func thePluginIsReadWithItsArguments() throws {
    let plugin = try #require(
      try load(
        "\(version), command: aws, args: [eks, get-token], env: [{name: AWS_PROFILE, value: prod}], installHint: get it"
      ).execPlugin)
    #expect(plugin.command == "aws" && plugin.arguments == ["eks", "get-token"])
    #expect(plugin.environment == ["AWS_PROFILE": "prod"] && plugin.installHint == "get it")
    #expect(
      try plugin.info()
        == #"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}"#)
    // Beside the kubeconfig, as client-go has it.
    #expect(try load("\(version), command: ./get-token").execPlugin?.command.hasSuffix("/./get-token") == true)
  }

  @Test func aPluginThatWantsTheClusterIsToldOfIt() throws {
    let info = try #require(try load("\(version), command: x, provideClusterInfo: true").execPlugin).info()
    #expect(info.contains(#""server":"https://a:6443""#) && info.contains(#""certificate-authority-data":"Q0E=""#))
  }

  @Test(arguments: ["command: x", "apiVersion: v1", "apiVersion: v1, command: x, interactiveMode: Always"])
  func whatCannotBeRunIsRefused(_ exec: String) {
    #expect(throws: KubernetesError.self) { try load(exec) }
  }

  @Test func whoRunsNoPluginsRefusesThem() {
    #expect(throws: KubernetesError.self) { try load("\(version), command: aws", allows: false) }
  }

  private let plugin = ExecPlugin(apiVersion: "v1", command: "x")

  @Test func anAnswerHasATokenOrACertificate() throws {
    let answer =
      #"{"apiVersion":"v1","kind":"ExecCredential","status":{"token":"secret","expirationTimestamp":"2026-11-21T12:00:00Z"}}"#
    let credential = try ExecCredential(answer: Data(answer.utf8), of: plugin)
    #expect(credential.token == "secret" && credential.expires == RFC3339.parse("2026-11-21T12:00:00Z"))
    #expect(!"\(credential)".contains("secret") && !String(reflecting: credential).contains("secret"))
    let pair =
      #"{"apiVersion":"v1","kind":"ExecCredential","status":{"clientCertificateData":"C","clientKeyData":"K"}}"#
    #expect(try ExecCredential(answer: Data(pair.utf8), of: plugin).clientCertificate?.privateKey == Data("K".utf8))
  }

  @Test(arguments: [
    "", "token", #"{"apiVersion":"v1","kind":"ExecCredential"}"#,
    #"{"apiVersion":"v2","kind":"ExecCredential","status":{"token":"secret"}}"#,
    #"{"apiVersion":"v1","kind":"ExecCredential","status":{"tokens":"secret"}}"#,
  ])
  func anotherAnswerIsRefusedAndNotQuoted(_ answer: String) throws {
    let error = #expect(throws: KubernetesError.self) {
      try ExecCredential(answer: Data(answer.utf8), of: plugin)
    }
    #expect(error.map { !"\($0)".contains("secret") } == true)
  }
}
