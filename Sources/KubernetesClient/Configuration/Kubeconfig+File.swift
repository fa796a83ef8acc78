import Foundation

extension Kubeconfig {
  struct Cluster: Decodable, Sendable {
    var server: String?
    var certificateAuthority: String?
    var certificateAuthorityData: String?
    var insecureSkipTLSVerify: Bool?
    var tlsServerName: String?
    var proxyURL: String?
    /// Where relative paths start; not part of the file.
    var directory = ""

    enum CodingKeys: String, CodingKey {
      case server
      case certificateAuthority = "certificate-authority"
      case certificateAuthorityData = "certificate-authority-data"
      case insecureSkipTLSVerify = "insecure-skip-tls-verify"
      case tlsServerName = "tls-server-name"
      case proxyURL = "proxy-url"
    }
  }

  struct User: Decodable, Sendable {
    var clientCertificate: String?
    var clientCertificateData: String?
    var clientKey: String?
    var clientKeyData: String?
    var token: String?
    var tokenFile: String?
    var username: String?
    var password: String?
    var impersonate: String?
    var exec: Exec?
    var authProvider: Anything?
    var directory = ""

    enum CodingKeys: String, CodingKey {
      case clientCertificate = "client-certificate"
      case clientCertificateData = "client-certificate-data"
      case clientKey = "client-key"
      case clientKeyData = "client-key-data"
      case token, tokenFile, username, password, exec
      case impersonate = "as"
      case authProvider = "auth-provider"
    }
  }

  struct Exec: Decodable, Sendable {
    struct Variable: Decodable, Sendable {
      var name: String
      var value: String
    }

    var apiVersion: String?
    var command: String?
    var args: [String]?
    var env: [Variable]?
    var installHint: String?
    var provideClusterInfo: Bool?
    var interactiveMode: String?
  }

  struct Context: Decodable, Sendable {
    var cluster: String
    var user: String?
    var namespace: String?
  }

  /// Whatever it is, only its presence counts.
  struct Anything: Decodable, Sendable {
    init(from decoder: any Decoder) {}
  }

  struct File: Decodable {
    struct NamedCluster: Decodable {
      var name: String
      var cluster: Cluster?
    }

    struct NamedUser: Decodable {
      var name: String
      var user: User?
    }

    struct NamedContext: Decodable {
      var name: String
      var context: Context?
    }

    var currentContext: String?
    var clusters: [NamedCluster]?
    var users: [NamedUser]?
    var contexts: [NamedContext]?

    enum CodingKeys: String, CodingKey {
      case currentContext = "current-context"
      case clusters, users, contexts
    }
  }

  /// Adds what earlier files do not define.
  mutating func merge(_ file: File, path: String) {
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    if currentContext?.isEmpty ?? true { currentContext = file.currentContext }
    for entry in file.clusters ?? [] where clusters[entry.name] == nil {
      clusters[entry.name] = entry.cluster
      clusters[entry.name]?.directory = directory
    }
    for entry in file.users ?? [] where users[entry.name] == nil {
      users[entry.name] = entry.user ?? User()
      users[entry.name]?.directory = directory
    }
    for entry in file.contexts ?? [] where contexts[entry.name] == nil { contexts[entry.name] = entry.context }
  }
}
