internal import AzureStore
internal import Foundation
internal import HoldfastAPI

extension StoreFactory {
  func azure(isLocking: Bool) throws -> Bare {
    let store = try AzureStore(try azureConfiguration(isLocking: isLocking))
    // Nothing is left to do where the shutdown fails: the process lets go of the sockets.
    return Bare(store: store, lockCheck: { try await store.allowsLocks() }, close: { try? await store.shutdown() })
  }

  func azureConfiguration(isLocking: Bool) throws -> AzureConfiguration {
    guard let container = target.bucketName else {
      throw Self.invalid("target.azure.container, or bucket, is required for provider azure")
    }
    let azure = target.azure
    let cloud = azure?.cloud.map(AzureCloud.init) ?? .publicCloud
    let url = target.endpoint ?? "https://\(azure?.storageAccount ?? "account").blob.\(cloud.endpointSuffix)"
    var configuration = try AzureConfiguration.resolve(
      container: container, storageAccount: azure?.storageAccount, endpoint: target.endpoint, cloud: cloud,
      secret: try azureSecret(), clientID: azure?.clientID, tenantID: azure?.tenantID,
      environment: try azureEnvironment(), http: try http(for: url))
    configuration.encryptionScope = azure?.encryptionScope
    configuration.accessTier = azure?.accessTier.map(AzureAccessTier.init)
    configuration.tags = target.tags ?? [:]
    if isLocking, let lock = target.objectLock {
      configuration.immutability = lock.retainForDuration.map {
        AzureConfiguration.Immutability(mode: lock.mode == "compliance" ? .locked : .unlocked, retention: $0)
      }
      configuration.legalHold = lock.legalHold ?? false
    }
    return configuration
  }

  private func azureSecret() throws -> AzureSecret? {
    guard let name = target.credentialsSecretRef?.name else { return nil }
    let secret = AzureSecret(
      accountKey: try optionalSecret("accountKey"), connectionString: try optionalSecret("connectionString"),
      sasToken: try optionalSecret("sasToken"))
    let given = [
      ("accountKey", secret.accountKey), ("connectionString", secret.connectionString), ("sasToken", secret.sasToken),
    ].filter { $0.1 != nil }.map(\.0)
    if given.isEmpty { throw missingKeys(name, "connectionString, accountKey or sasToken") }
    guard given.count == 1 else {
      throw Self.invalid(
        "Secret \(name), which \(Self.secretField) names, has the keys \(given.joined(separator: " and ")); keep one")
    }
    return secret
  }

  /// With `clientID` and `tenantID` the pod has a token of its own for them, and needs nothing of the webhook.
  private func azureEnvironment() throws -> [String: String] {
    guard case .token = target.identity, FileManager.default.fileExists(atPath: mounts.targetToken) else {
      return environment
    }
    var own = environment.filter { !$0.key.hasPrefix("AZURE_STORAGE_") }
    own["AZURE_FEDERATED_TOKEN_FILE"] = mounts.targetToken
    return own
  }
}

extension AzureCloud {
  init(_ cloud: Target.Azure.Cloud) {
    switch cloud {
    case .public: self = .publicCloud
    case .china: self = .china
    case .usgovernment: self = .usGovernment
    }
  }
}

extension AzureAccessTier {
  init(_ tier: Target.Azure.AccessTier) {
    switch tier {
    case .hot: self = .hot
    case .cool: self = .cool
    case .cold: self = .cold
    }
  }
}
