internal import Foundation
internal import GCSStore
internal import HoldfastAPI

extension StoreFactory {
  func gcs(isLocking: Bool) throws -> Bare {
    let store = try GCSStore(try gcsConfiguration(isLocking: isLocking))
    // A hold needs no setting of the bucket.
    let hasRetention = target.objectLock?.mode != nil
    // Nothing is left to do where the shutdown fails: the process lets go of the sockets.
    return Bare(
      store: store, lockCheck: { try await hasRetention ? store.allowsRetention() : true },
      close: { try? await store.shutdown() })
  }

  func gcsConfiguration(isLocking: Bool) throws -> GCSConfiguration {
    guard let bucket = target.bucket else { throw Self.invalid("target.bucket is required for provider gcs") }
    let endpoint = target.endpoint ?? GCSConfiguration.emulatorEndpoint(environment)
    var configuration = GCSConfiguration(
      bucket: bucket, endpoint: endpoint, userProject: target.gcs?.userProject,
      credentials: try gcsCredentials(endpoint: endpoint), kmsKeyName: target.gcs?.kmsKeyName,
      storageClass: target.storageClass, http: try http(for: endpoint ?? "https://storage.googleapis.com"))
    if isLocking, let lock = target.objectLock {
      configuration.retention = lock.retainForDuration.map {
        GCSConfiguration.Retention(mode: lock.mode == "compliance" ? .locked : .unlocked, duration: $0)
      }
      configuration.temporaryHold = lock.legalHold ?? false
    }
    return configuration
  }

  private func gcsCredentials(endpoint: String?) throws -> GoogleCredentials {
    if let reference = target.credentialsSecretRef {
      let key = reference.key ?? "credentials.json"
      let json = try mounts.secret(reference.name, key: key, field: Self.secretField)
      return try GoogleCredentials(json: Array(json.utf8), origin: "key \(key) of Secret \(reference.name)")
    }
    if let provider = target.gcs?.workloadIdentityProvider {
      let file = try federation(provider, account: target.gcs?.serviceAccount)
      return try GoogleCredentials(json: Array(file), origin: "target.gcs.workloadIdentityProvider")
    }
    return try GoogleCredentials.resolve(json: nil, origin: "", endpoint: endpoint, environment: environment)
  }

  /// The file that `gcloud iam workload-identity-pools create-cred-config` would write for this pod.
  /// https://cloud.google.com/iam/docs/workload-identity-federation-with-kubernetes
  private func federation(_ provider: String, account: String?) throws -> Data {
    var file: [String: Any] = [
      "type": "external_account", "audience": "//iam.googleapis.com/\(provider)",
      "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
      "token_url": "https://sts.googleapis.com/v1/token",
      "credential_source": ["file": try tokenFile("target.gcs.workloadIdentityProvider")],
    ]
    file["service_account_impersonation_url"] = account.map {
      "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/\($0):generateAccessToken"
    }
    return try JSONSerialization.data(withJSONObject: file)
  }
}
