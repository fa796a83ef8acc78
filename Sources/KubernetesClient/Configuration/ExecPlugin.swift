public import Foundation
public import KubernetesModel

/// A program that gives a credential: `users[].user.exec` of a kubeconfig
/// (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins).
///
/// This library runs no program: who starts it for a person does, and pods have credentials of their own.
public struct ExecPlugin: Sendable, Hashable {
  public var apiVersion: String
  /// On `PATH`, or a path.
  public var command: String
  public var arguments: [String]
  public var environment: [String: String]
  public var installHint: String?
  /// Of the cluster, where the program wants to know.
  public var cluster: JSONValue?

  public init(
    apiVersion: String, command: String, arguments: [String] = [], environment: [String: String] = [:],
    installHint: String? = nil, cluster: JSONValue? = nil
  ) {
    self.apiVersion = apiVersion
    self.command = command
    self.arguments = arguments
    self.environment = environment
    self.installHint = installHint
    self.cluster = cluster
  }

  /// The value of the program's variable `KUBERNETES_EXEC_INFO`.
  public func info() throws -> String {
    var spec: JSONValue = ["interactive": false]
    if let cluster { spec["cluster"] = cluster }
    let info: JSONValue = ["apiVersion": .string(apiVersion), "kind": "ExecCredential", "spec": spec]
    return String(decoding: try info.serialized(), as: UTF8.self)
  }
}

/// What such a program answers.
public struct ExecCredential: Sendable {
  public var token: String?
  public var clientCertificate: ClientConfiguration.ClientCertificate?
  /// nil where it is good for as long as the process lives.
  public var expires: Date?

  /// - Throws: ``KubernetesError`` with `configuration`; it quotes nothing of the answer, which is a secret.
  public init(answer: Data, of plugin: ExecPlugin) throws {
    func failure(_ message: String) -> KubernetesError {
      KubernetesError(
        code: .configuration, operation: "run the credential plugin \(plugin.command)", message: message)
    }
    guard let json = try? JSONValue(parsing: answer), json.kind == "ExecCredential", let status = json["status"] else {
      throw failure("its answer is no ExecCredential with a status")
    }
    guard json.apiVersion == plugin.apiVersion else {
      throw failure("it answers \(json.apiVersion ?? "no version"), and the kubeconfig says \(plugin.apiVersion)")
    }
    token = status["token"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    if let chain = status["clientCertificateData"]?.stringValue, let key = status["clientKeyData"]?.stringValue {
      clientCertificate = .init(certificateChain: Data(chain.utf8), privateKey: Data(key.utf8))
    }
    expires = status["expirationTimestamp"]?.stringValue.flatMap(RFC3339.parse)
    guard token != nil || clientCertificate != nil else {
      throw failure("its answer has neither token nor certificate")
    }
  }
}

// A token stays out of logs.
extension ExecCredential: CustomStringConvertible, CustomReflectable {
  public var description: String { "ExecCredential(expires: \(expires.map { "\($0)" } ?? "never"))" }
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
