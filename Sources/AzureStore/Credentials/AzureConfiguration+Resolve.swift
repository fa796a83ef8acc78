import Foundation
internal import ObjectStore
public import StoreHTTP

/// What a policy's credentials Secret holds for Azure. Descriptions never show it.
public struct AzureSecret: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  /// Key `accountKey`.
  public var accountKey: String?
  /// Key `connectionString`.
  public var connectionString: String?
  /// Key `sasToken`.
  public var sasToken: String?

  public init(accountKey: String? = nil, connectionString: String? = nil, sasToken: String? = nil) {
    self.accountKey = accountKey
    self.connectionString = connectionString
    self.sasToken = sasToken
  }

  public var description: String { "AzureSecret(<redacted>)" }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension AzureConfiguration {
  /// Finds out account, endpoint and credentials. What a policy says beyond that (``accessTier``, ``immutability`` and
  /// the like) is set on the result.
  ///
  /// With a Secret, its one key counts. Without, the first of these in the environment, as Azure's own tools read it:
  /// 1. `AZURE_STORAGE_CONNECTION_STRING`; `AZURE_STORAGE_KEY`; `AZURE_STORAGE_SAS_TOKEN`
  /// 2. workload identity: `AZURE_FEDERATED_TOKEN_FILE`, `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and `AZURE_AUTHORITY_HOST`,
  ///    which the webhook sets on pods with the label `azure.workload.identity/use: "true"`
  /// 3. client secret: `AZURE_CLIENT_SECRET`, `AZURE_CLIENT_ID`, `AZURE_TENANT_ID`
  /// 4. managed identity: `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`, else the metadata service of the node;
  ///    `AZURE_CLIENT_ID` names one of several
  /// - Parameters:
  ///   - container: `azure.container`, or `bucket`.
  ///   - storageAccount: nil for that of the connection string, else `AZURE_STORAGE_ACCOUNT`.
  ///   - endpoint: The policy's; goes before a connection string's.
  ///   - secret: The mounted keys of `credentialsSecretRef`; nil where the policy names none.
  ///   - clientID: Goes before `AZURE_CLIENT_ID`; for a policy that names the identity itself.
  ///   - tenantID: Goes before `AZURE_TENANT_ID`.
  ///   - http: With the proxy for the blob service; that of the token service is read from `environment` here.
  /// - Throws: ``ObjectStoreError/Code/configuration`` that names the key, variable or part that is wrong.
  public static func resolve(
    container: String, storageAccount: String? = nil, endpoint: String? = nil, cloud: AzureCloud = .publicCloud,
    secret: AzureSecret? = nil, clientID: String? = nil, tenantID: String? = nil, environment: [String: String] = [:],
    http: StoreHTTPSettings = StoreHTTPSettings()
  ) throws -> AzureConfiguration {
    let environment = AzureEnvironment(
      values: environment, cloud: cloud, clientID: clientID, tenantID: tenantID)
    let found = try secret.map(AzureIdentity.init(secret:)) ?? environment.identity()
    if let named = storageAccount, let other = found.storageAccount, named != other {
      throw ObjectStoreError.azureConfiguration(
        "azure.storageAccount is \(named), and the connection string is for the account \(other); correct one of them")
    }
    guard let account = storageAccount ?? found.storageAccount ?? environment["AZURE_STORAGE_ACCOUNT"] else {
      throw ObjectStoreError.azureConfiguration(
        "no storage account is named; set azure.storageAccount, or AZURE_STORAGE_ACCOUNT in the environment")
    }
    return AzureConfiguration(
      storageAccount: account, container: container, endpoint: endpoint ?? found.endpoint, cloud: cloud,
      credentials: found.credentials, http: http,
      identityProxy: HTTPProxy.forURL(environment.authorityHost, environment: environment.values))
  }
}

/// Credentials, and what came with them.
struct AzureIdentity {
  var credentials: AzureCredentials
  var storageAccount: String?
  var endpoint: String?

  init(_ credentials: AzureCredentials) {
    self.credentials = credentials
  }

  init(connectionString text: String) throws {
    let parsed = try AzureConnectionString(text)
    credentials = parsed.credentials
    storageAccount = parsed.storageAccount
    endpoint = parsed.endpoint
  }

  init(secret: AzureSecret) throws {
    let keys = [
      ("accountKey", secret.accountKey), ("connectionString", secret.connectionString), ("sasToken", secret.sasToken),
    ].compactMap { name, value in
      value.map { (name: name, value: $0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }.filter { !$0.value.isEmpty }
    guard let key = keys.first else {
      throw ObjectStoreError.azureConfiguration(
        "the credentials' Secret has none of the keys accountKey, connectionString and sasToken; add one of them")
    }
    guard keys.count == 1 else {
      throw ObjectStoreError.azureConfiguration(
        "the credentials' Secret has the keys \(keys.map(\.name).joined(separator: " and ")); keep one of them")
    }
    switch key.name {
    case "accountKey": self.init(.accountKey(try AzureAccountKey(base64: key.value)))
    case "connectionString": try self.init(connectionString: key.value)
    default: self.init(.sas(try AzureSASToken(key.value)))
    }
  }
}

/// What the environment says about who we are.
struct AzureEnvironment {
  var values: [String: String]
  var cloud: AzureCloud
  var clientID: String?
  var tenantID: String?

  subscript(name: String) -> String? {
    values[name].map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  var authorityHost: String {
    var host = self["AZURE_AUTHORITY_HOST"] ?? cloud.authorityHost
    while host.hasSuffix("/") { host.removeLast() }
    return host.contains("://") ? host : "https://\(host)"
  }

  func identity() throws -> AzureIdentity {
    if let text = self["AZURE_STORAGE_CONNECTION_STRING"] { return try AzureIdentity(connectionString: text) }
    if let key = self["AZURE_STORAGE_KEY"] { return AzureIdentity(.accountKey(try AzureAccountKey(base64: key))) }
    if let token = self["AZURE_STORAGE_SAS_TOKEN"] { return AzureIdentity(.sas(try AzureSASToken(token))) }
    if let file = self["AZURE_FEDERATED_TOKEN_FILE"] {
      let owner = "AZURE_FEDERATED_TOKEN_FILE is set, which is workload identity"
      return AzureIdentity(
        .workloadIdentity(
          AzureWorkloadIdentity(
            tenantID: try require("AZURE_TENANT_ID", tenantID, owner),
            clientID: try require(
              "AZURE_CLIENT_ID", clientID, owner), tokenFile: file, authorityHost: authorityHost)))
    }
    if let secret = self["AZURE_CLIENT_SECRET"] {
      let owner = "AZURE_CLIENT_SECRET is set"
      return AzureIdentity(
        .clientSecret(
          AzureClientSecret(
            tenantID: try require("AZURE_TENANT_ID", tenantID, owner),
            clientID: try require(
              "AZURE_CLIENT_ID", clientID, owner), secret: secret, authorityHost: authorityHost)))
    }
    return AzureIdentity(.managedIdentity(try managedIdentity()))
  }

  private func managedIdentity() throws -> AzureManagedIdentity {
    let id = clientID ?? self["AZURE_CLIENT_ID"]
    guard let endpoint = self["IDENTITY_ENDPOINT"] else { return AzureManagedIdentity(clientID: id) }
    return AzureManagedIdentity(
      clientID: id, endpoint: endpoint, header: try require("IDENTITY_HEADER", nil, "IDENTITY_ENDPOINT is set"))
  }

  private func require(_ name: String, _ given: String?, _ owner: String) throws -> String {
    if let value = given ?? self[name] { return value }
    throw ObjectStoreError.azureConfiguration(
      "\(owner), but \(name) is not; for workload identity annotate the ServiceAccount with "
        + "azure.workload.identity/client-id and label the pods azure.workload.identity/use: \"true\"")
  }
}
