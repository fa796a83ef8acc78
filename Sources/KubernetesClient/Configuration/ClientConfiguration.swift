public import Foundation

/// Where an API server is and how to authenticate to it.
public struct ClientConfiguration: Sendable {
  public enum Credential: Sendable {
    case none
    case token(String)
    /// A file with a token; read again at most once a minute.
    case tokenFile(String)
    /// A token that somebody replaces in time.
    case renewed(RenewedToken)
  }

  /// A client certificate with its chain, and its key; both PEM.
  public struct ClientCertificate: Sendable {
    public var certificateChain: Data
    public var privateKey: Data

    public init(certificateChain: Data, privateKey: Data) {
      self.certificateChain = certificateChain
      self.privateKey = privateKey
    }
  }

  /// For example `https://10.0.0.1:6443`; may have a path.
  public var server: String
  /// PEM; nil means the system's authorities.
  public var certificateAuthority: Data?
  public var clientCertificate: ClientCertificate?
  public var credential: Credential
  /// The name in the server's certificate, where it is not the one in `server`.
  public var tlsServerName: String?
  public var insecureSkipTLSVerify: Bool
  /// Where objects go that name no namespace.
  public var defaultNamespace: String
  public var userAgent: String
  /// The program that gives the credential, for who may run it; see ``load(kubeconfig:context:environment:serviceAccountDirectory:allowsExecPlugin:)``.
  public var execPlugin: ExecPlugin?

  public init(
    server: String, certificateAuthority: Data? = nil, clientCertificate: ClientCertificate? = nil,
    credential: Credential = .none, tlsServerName: String? = nil, insecureSkipTLSVerify: Bool = false,
    defaultNamespace: String = "default", userAgent: String = "swift-kubernetes-client"
  ) {
    self.server = server
    self.certificateAuthority = certificateAuthority
    self.clientCertificate = clientCertificate
    self.credential = credential
    self.tlsServerName = tlsServerName
    self.insecureSkipTLSVerify = insecureSkipTLSVerify
    self.defaultNamespace = defaultNamespace
    self.userAgent = userAgent
  }
}

// Tokens and keys stay out of logs: every way to print a configuration goes through these.
extension ClientConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String {
    let kind =
      switch credential {
      case .token, .renewed: "token"
      case .tokenFile(let path): "token file \(path)"
      case .none: clientCertificate == nil ? "none" : "client certificate"
      }
    return "ClientConfiguration(server: \(server), credential: \(kind), namespace: \(defaultNamespace))"
  }

  public var debugDescription: String { description }

  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

extension ClientConfiguration.Credential: CustomStringConvertible, CustomReflectable {
  public var description: String {
    switch self {
    case .none: "none"
    case .token, .renewed: "token"
    case .tokenFile(let path): "token file \(path)"
    }
  }

  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

extension ClientConfiguration {
  /// Where the kubelet mounts a pod's credential.
  public static let serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"

  /// Finds the configuration as other programs do: the given kubeconfig, the files of `KUBECONFIG`, the pod's own
  /// ServiceAccount, `$HOME/.kube/config`; the first that there is.
  ///
  /// - Parameters:
  ///   - kubeconfig: The path of a kubeconfig file, for example from `--kubeconfig`.
  ///   - context: A context of the kubeconfig instead of its current one.
  ///   - allowsExecPlugin: A user with a credential plugin is no error; the caller runs it.
  /// - Throws: ``KubernetesError`` with `configuration`, which says what was looked for.
  public static func load(
    kubeconfig: String? = nil, context: String? = nil,
    environment: [String: String] = ProcessInfo.processInfo.environment,
    serviceAccountDirectory: String = Self.serviceAccountDirectory, allowsExecPlugin: Bool = false
  ) throws -> ClientConfiguration {
    if let kubeconfig {
      return try Kubeconfig(paths: [kubeconfig]).configuration(
        context: context, allowsExecPlugin: allowsExecPlugin)
    }
    if let variable = environment["KUBECONFIG"], !variable.isEmpty {
      let paths = variable.split(separator: ":").map(String.init)
      return try Kubeconfig(paths: paths, skippingMissing: true).configuration(
        context: context, allowsExecPlugin: allowsExecPlugin)
    }
    if environment["KUBERNETES_SERVICE_HOST"] != nil {
      return try inCluster(environment: environment, directory: serviceAccountDirectory)
    }
    if let home = environment["HOME"], FileManager.default.fileExists(atPath: "\(home)/.kube/config") {
      return try Kubeconfig(paths: ["\(home)/.kube/config"]).configuration(
        context: context, allowsExecPlugin: allowsExecPlugin)
    }
    throw KubernetesError(
      code: .configuration, operation: "load configuration",
      message:
        "found no API server: give a kubeconfig file, set KUBECONFIG, or run in a pod with a ServiceAccount token")
  }

  /// The configuration of a pod: the address from the environment, credential and authority from its mount.
  /// - Throws: ``KubernetesError`` with `configuration` where one of them is missing.
  public static func inCluster(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    directory: String = Self.serviceAccountDirectory
  ) throws -> ClientConfiguration {
    func failure(_ message: String) -> KubernetesError {
      KubernetesError(code: .configuration, operation: "load in-cluster configuration", message: message)
    }
    guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
      let port = environment["KUBERNETES_SERVICE_PORT"], UInt16(port) != nil
    else { throw failure("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; this is not a pod") }
    guard let authority = FileManager.default.contents(atPath: "\(directory)/ca.crt") else {
      throw failure("'\(directory)/ca.crt' is missing; does the pod mount its ServiceAccount token?")
    }
    guard FileManager.default.isReadableFile(atPath: "\(directory)/token") else {
      throw failure("'\(directory)/token' is missing or unreadable; does the pod mount its ServiceAccount token?")
    }
    let namespace = (try? String(contentsOfFile: "\(directory)/namespace", encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
    return ClientConfiguration(
      server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)", certificateAuthority: authority,
      credential: .tokenFile("\(directory)/token"),
      defaultNamespace: namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default")
  }
}
