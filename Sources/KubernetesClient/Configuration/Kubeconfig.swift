import Foundation
import KubernetesModel
import Yams

/// The contents of one or several kubeconfig files
/// (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/).
///
/// Where several files define an entry of the same name, or the current context, the first one wins, as in kubectl.
/// Relative paths in a file are relative to the file.
public struct Kubeconfig: Sendable {
  var currentContext: String?
  var clusters: [String: Cluster] = [:]
  var users: [String: User] = [:]
  var contexts: [String: Context] = [:]
  private var paths: [String]

  /// - Parameter skippingMissing: For `KUBECONFIG`, whose files may be missing as long as one is there.
  /// - Throws: ``KubernetesError`` with `configuration`.
  public init(paths: [String], skippingMissing: Bool = false) throws {
    self.paths = paths
    var found = false
    for path in paths {
      guard let data = FileManager.default.contents(atPath: path) else {
        if skippingMissing, !FileManager.default.fileExists(atPath: path) { continue }
        throw failure("'\(path)' is missing or unreadable")
      }
      found = true
      do {
        merge(try YAMLDecoder().decode(File.self, from: data), path: path)
      } catch {
        // The YAML error would quote the line, which may hold a key.
        throw failure("'\(path)' is not a kubeconfig file: \(Self.where(error))")
      }
    }
    guard found else { throw failure("none of these files is there: \(paths.joined(separator: ", "))") }
  }

  /// The configuration for a context.
  /// - Parameters:
  ///   - context: nil means the current one.
  ///   - allowsExecPlugin: See `ClientConfiguration.load`.
  /// - Throws: ``KubernetesError`` with `configuration`, which names the entry at fault.
  public func configuration(context name: String? = nil, allowsExecPlugin: Bool = false) throws -> ClientConfiguration {
    guard let name = name ?? currentContext, !name.isEmpty else {
      throw failure("there is no current context; known contexts: \(contexts.keys.sorted().joined(separator: ", "))")
    }
    guard let context = contexts[name] else {
      throw failure("there is no context '\(name)'; known contexts: \(contexts.keys.sorted().joined(separator: ", "))")
    }
    guard let cluster = clusters[context.cluster], let server = cluster.server, !server.isEmpty else {
      throw failure("the cluster '\(context.cluster)' of the context '\(name)' is missing or has no server")
    }
    if cluster.proxyURL != nil {
      throw failure("the cluster '\(context.cluster)' uses a proxy-url, which is not supported")
    }
    var configuration = ClientConfiguration(
      server: server, tlsServerName: cluster.tlsServerName,
      insecureSkipTLSVerify: cluster.insecureSkipTLSVerify ?? false,
      defaultNamespace: context.namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default")
    configuration.certificateAuthority = try contents(
      inline: cluster.certificateAuthorityData, file: cluster.certificateAuthority, directory: cluster.directory,
      field: "certificate-authority of the cluster '\(context.cluster)'")
    if let userName = context.user, !userName.isEmpty {
      guard let user = users[userName] else {
        throw failure("the user '\(userName)' of the context '\(name)' is missing")
      }
      try apply(user, name: userName, allowsExecPlugin: allowsExecPlugin, to: &configuration)
      let told = cluster.provided(configuration)
      configuration.execPlugin?.cluster = told
    }
    return configuration
  }

  private func apply(
    _ user: User, name: String, allowsExecPlugin: Bool, to configuration: inout ClientConfiguration
  ) throws {
    func unsupported(_ what: String) -> KubernetesError {
      failure(
        "the user '\(name)' uses \(what), which is not supported; use a token, a tokenFile or a client certificate")
    }
    if let exec = user.exec {
      guard allowsExecPlugin else { throw unsupported("an exec plugin") }
      configuration.execPlugin = try plugin(exec, user: name, directory: user.directory)
    }
    if user.authProvider != nil { throw unsupported("an auth-provider") }
    if user.username != nil || user.password != nil { throw unsupported("a password") }
    if user.impersonate != nil { throw unsupported("impersonation") }
    let certificate = try contents(
      inline: user.clientCertificateData, file: user.clientCertificate, directory: user.directory,
      field: "client-certificate of the user '\(name)'")
    let key = try contents(
      inline: user.clientKeyData, file: user.clientKey, directory: user.directory,
      field: "client-key of the user '\(name)'")
    switch (certificate, key) {
    case (nil, nil): break
    case (let certificate?, let key?):
      configuration.clientCertificate = .init(certificateChain: certificate, privateKey: key)
    default: throw failure("the user '\(name)' has only one of client-certificate and client-key")
    }
    // As in client-go, a tokenFile takes precedence over a token.
    if let file = user.tokenFile, !file.isEmpty {
      configuration.credential = .tokenFile(resolve(file, in: user.directory))
    } else if let token = user.token, !token.isEmpty {
      configuration.credential = .token(token)
    }
  }

  private func plugin(_ exec: Exec, user: String, directory: String) throws -> ExecPlugin {
    guard let command = exec.command, !command.isEmpty, let version = exec.apiVersion else {
      throw failure("the exec plugin of the user '\(user)' has no command or no apiVersion")
    }
    guard exec.interactiveMode != "Always" else {
      throw failure("the exec plugin of the user '\(user)' wants to ask questions (interactiveMode: Always)")
    }
    return ExecPlugin(
      apiVersion: version, command: command.contains("/") ? resolve(command, in: directory) : command,
      arguments: exec.args ?? [],
      environment: Dictionary((exec.env ?? []).map { ($0.name, $0.value) }) { _, last in last },
      installHint: exec.installHint, cluster: exec.provideClusterInfo == true ? [:] : nil)
  }

  /// As in client-go, data takes precedence over a file.
  private func contents(inline: String?, file: String?, directory: String, field: String) throws -> Data? {
    if let inline, !inline.isEmpty {
      guard let data = Data(base64Encoded: inline, options: .ignoreUnknownCharacters) else {
        throw failure("\(field)-data is not base64")
      }
      return data
    }
    guard let file, !file.isEmpty else { return nil }
    let path = resolve(file, in: directory)
    guard let data = FileManager.default.contents(atPath: path) else {
      throw failure("\(field): '\(path)' is missing or unreadable")
    }
    return data
  }

  private func resolve(_ path: String, in directory: String) -> String {
    path.hasPrefix("/") ? path : "\(directory)/\(path)"
  }

  private func failure(_ message: String) -> KubernetesError {
    KubernetesError(
      code: .configuration, operation: "load kubeconfig \(paths.joined(separator: ":"))", message: message)
  }

  private static func `where`(_ error: any Error) -> String {
    switch error {
    case let error as YamlError:
      switch error {
      case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
        "YAML error in line \(mark.line)"
      default: "YAML error"
      }
    default: KubernetesError.decoding(error, operation: "").message
    }
  }
}

extension Kubeconfig.Cluster {
  /// What a credential plugin that asks for it is told.
  fileprivate func provided(_ configuration: ClientConfiguration) -> JSONValue? {
    guard configuration.execPlugin?.cluster != nil else { return nil }
    var told: JSONValue = ["server": .string(configuration.server)]
    if let name = tlsServerName { told["tls-server-name"] = .string(name) }
    if insecureSkipTLSVerify == true { told["insecure-skip-tls-verify"] = true }
    if let authority = configuration.certificateAuthority {
      told["certificate-authority-data"] = .string(authority.base64EncodedString())
    }
    return told
  }
}
