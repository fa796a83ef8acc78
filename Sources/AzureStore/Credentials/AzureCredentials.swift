/// How requests prove who sends them. A value: tokens are fetched, kept and renewed by the store that uses it.
/// Descriptions never show a secret.
public enum AzureCredentials: Sendable, Hashable, CustomStringConvertible {
  /// Signs each request; the key may do everything in the account.
  case accountKey(AzureAccountKey)
  /// Rights, and their end, are in the token.
  case sas(AzureSASToken)
  /// Exchanges a projected ServiceAccount token for one of Entra ID.
  case workloadIdentity(AzureWorkloadIdentity)
  case clientSecret(AzureClientSecret)
  /// Asks the metadata service of the node, or the endpoint of the hosting service.
  case managedIdentity(AzureManagedIdentity)

  /// Whether a bearer token goes with each request, which is all that someone needs to act for its owner.
  var areTokens: Bool {
    switch self {
    case .accountKey, .sas: false
    case .workloadIdentity, .clientSecret, .managedIdentity: true
    }
  }

  public var description: String {
    switch self {
    case .accountKey: "the account key"
    case .sas(let token): token.description
    case .workloadIdentity(let identity): identity.description
    case .clientSecret(let secret): secret.description
    case .managedIdentity(let identity): identity.description
    }
  }
}

/// `credentials` of a workload identity, as the webhook of Azure Workload Identity puts them into a pod's environment.
/// https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html
public struct AzureWorkloadIdentity: Sendable, Hashable, CustomStringConvertible {
  public var tenantID: String
  public var clientID: String
  /// Path of the projected token; read again for each exchange, since the kubelet renews it.
  public var tokenFile: String
  /// For example `https://login.microsoftonline.com`.
  public var authorityHost: String

  public init(tenantID: String, clientID: String, tokenFile: String, authorityHost: String) {
    self.tenantID = tenantID
    self.clientID = clientID
    self.tokenFile = tokenFile
    self.authorityHost = authorityHost
  }

  public var description: String { "the workload identity of client \(clientID)" }
}

/// An application's secret.
public struct AzureClientSecret: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  public var tenantID: String
  public var clientID: String
  public var secret: String
  public var authorityHost: String

  public init(tenantID: String, clientID: String, secret: String, authorityHost: String) {
    self.tenantID = tenantID
    self.clientID = clientID
    self.secret = secret
    self.authorityHost = authorityHost
  }

  public var description: String { "the client secret of client \(clientID)" }
  public var customMirror: Mirror { Mirror(self, children: ["clientID": clientID, "tenantID": tenantID]) }
}

/// An identity that Azure gave to the machine.
public struct AzureManagedIdentity: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  /// Which of them, where there are several; nil for the system-assigned one.
  public var clientID: String?
  /// URL without a query; the metadata service of virtual machines where nothing else is said.
  public var endpoint: String
  /// `IDENTITY_HEADER` of App Service and its kin, which have an endpoint of their own; nil for the metadata service.
  public var header: String?

  /// https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
  public static let metadataService = "http://169.254.169.254/metadata/identity/oauth2/token"

  public init(clientID: String? = nil, endpoint: String = Self.metadataService, header: String? = nil) {
    self.clientID = clientID
    self.endpoint = endpoint
    self.header = header
  }

  public var description: String {
    clientID.map { "the managed identity of client \($0)" } ?? "the system-assigned managed identity"
  }
  public var customMirror: Mirror { Mirror(self, children: ["clientID": clientID ?? "nil", "endpoint": endpoint]) }
}
