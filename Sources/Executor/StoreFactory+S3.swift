internal import Foundation
internal import HoldfastAPI
internal import Logging
internal import S3Store

extension StoreFactory {
  func s3(isLocking: Bool) throws -> Bare {
    let store = try S3Store(try s3Configuration(isLocking: isLocking))
    // Nothing is left to do where the shutdown fails: the process lets go of the sockets.
    return Bare(store: store, lockCheck: { try await store.allowsLocks() }, close: { try? await store.shutdown() })
  }

  func s3Configuration(isLocking: Bool) throws -> S3Configuration {
    guard let bucket = target.bucket else { throw Self.invalid("target.bucket is required for provider s3") }
    let region = try optionalSecret("region") ?? target.resolvedRegion
    let http = try http(for: target.endpoint ?? "https://s3.\(region).amazonaws.com")
    let context = CredentialsContext(environment: try s3Environment(), http: http)
    var configuration = S3Configuration(
      bucket: bucket, endpoint: target.endpoint, region: region, usePathStyle: target.usePathStyle ?? false,
      credentials: try s3Credentials(region: region, context), storageClass: target.storageClass, http: http)
    switch target.serverSideEncryption?.type {
    case nil: break
    case "AES256": configuration.serverSideEncryption = .s3
    default:
      let encryption = target.serverSideEncryption
      configuration.serverSideEncryption = .kms(keyID: encryption?.kmsKeyID, bucketKey: encryption?.bucketKey)
    }
    configuration.requesterPays = target.requesterPays ?? false
    configuration.tags = target.tags ?? [:]
    configuration.checksum = (target.checksum ?? .auto).s3
    if isLocking, let lock = target.objectLock {
      configuration.objectLock = lock.retainForDuration.map {
        S3Configuration.ObjectLock(mode: lock.mode == "compliance" ? .compliance : .governance, retention: $0)
      }
      configuration.legalHold = lock.legalHold ?? false
    }
    return configuration
  }

  private func s3Credentials(region: String, _ context: CredentialsContext) throws -> any CredentialsProvider {
    guard let name = target.credentialsSecretRef?.name else {
      let found = DefaultCredentials(region: region, roleARN: target.roleArn, context: context)
      logger.info("credentials of the store", metadata: ["identity": "\(found.summary)"])
      return found
    }
    func value(_ key: String) throws -> String {
      if let text = try optionalSecret(key) { return text }
      throw missingKeys(name, "accessKeyId and secretAccessKey; \(key) is missing or empty")
    }
    let keys = StaticCredentials(
      accessKeyID: try value("accessKeyId"), secretAccessKey: try value("secretAccessKey"),
      sessionToken: try optionalSecret("sessionToken"))
    guard let role = target.roleArn else { return keys }
    return AssumeRoleCredentials(base: keys, roleARN: role, region: region, context: context)
  }

  /// With `roleArn` the pod has a token of its own for the role, and needs nothing of EKS's webhook. What the environment
  /// names all the same goes before it, and takes on the role.
  func s3Environment() throws -> [String: String] {
    let named = [
      "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    ]
    guard case .token = target.identity, !named.contains(where: { environment[$0]?.isEmpty == false }),
      FileManager.default.fileExists(atPath: mounts.targetToken)
    else { return environment }
    var own = environment
    own["AWS_WEB_IDENTITY_TOKEN_FILE"] = mounts.targetToken
    return own
  }
}

extension Target.Checksum {
  fileprivate var s3: S3Configuration.Checksum {
    switch self {
    case .auto: .automatic
    case .sha256: .sha256
    case .crc32c: .crc32c
    case .disabled: .none
    }
  }
}
