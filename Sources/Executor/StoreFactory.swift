internal import Foundation
internal import HoldfastAPI
public import JobPlan
public import Logging
public import ObjectStore
internal import S3Store
internal import StoreHTTP

/// A store for the time of one run.
public struct OpenStore: Sendable {
  public let store: any ObjectStore
  /// Lets go of its connections.
  public let close: @Sendable () async -> Void
}

/// Makes the store of a plan's target, with its credentials read from the mounts or, where the target names none, from
/// the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`).
public struct StoreFactory: Sendable {
  let target: Target
  let mounts: Mounts
  let environment: [String: String]
  let logger: Logger

  public init(plan: Plan, mounts: Mounts, environment: [String: String], logger: Logger) {
    self.target = plan.spec.target
    self.mounts = mounts
    self.environment = environment
    self.logger = logger
  }

  /// - Throws: ``RunFailure`` of step `prepare`.
  public func open() throws -> OpenStore {
    do {
      switch target.resolvedProvider {
      case .filesystem:
        return OpenStore(store: RetryingStore(FilesystemStore(root: try folder()), logger: logger), close: {})
      case .s3:
        let store = try S3Store(try s3Configuration())
        return OpenStore(store: RetryingStore(store, logger: logger)) {
          // Nothing is left to do where it fails: the process lets go of the sockets.
          try? await store.shutdown()
        }
      case .gcs, .azure:
        throw Self.invalid("target.provider \(target.resolvedProvider.rawValue) is not built into this version")
      }
    } catch {
      throw ErrorMapping.failure(error, step: .prepare)
    }
  }

  private func folder() throws -> String {
    if let claim = target.filesystem?.persistentVolumeClaim?.claimName { return mounts.volume(claim) }
    guard let path = target.filesystem?.path else {
      throw Self.invalid(
        "target.filesystem is required for provider filesystem; name a persistentVolumeClaim or a path")
    }
    return path
  }

  // MARK: S3

  private static let field = "target.credentialsSecretRef"

  private func s3Configuration() throws -> S3Configuration {
    guard let bucket = target.bucket else { throw Self.invalid("target.bucket is required for provider s3") }
    var configuration = S3Configuration(
      bucket: bucket, endpoint: target.endpoint, region: try region(), usePathStyle: target.usePathStyle ?? false,
      credentials: try credentials(), storageClass: target.storageClass,
      http: StoreHTTPSettings(caCertificates: try caCertificates(), connections: target.resolvedConcurrency + 2))
    switch target.serverSideEncryption?.type {
    case nil: break
    case "AES256": configuration.serverSideEncryption = .s3
    default: configuration.serverSideEncryption = .kms(keyID: target.serverSideEncryption?.kmsKeyID)
    }
    if let lock = target.objectLock, let retention = lock.retainForDuration {
      configuration.objectLock = S3Configuration.ObjectLock(
        mode: lock.mode == "compliance" ? .compliance : .governance, retention: retention)
    }
    return configuration
  }

  private func credentials() throws -> StaticCredentials {
    if let name = target.credentialsSecretRef?.name {
      func value(_ key: String) throws -> String { trimmed(try mounts.secret(name, key: key, field: Self.field)) }
      let token = try mounts.optionalSecret(name, key: "sessionToken", field: Self.field).map(trimmed)
      return StaticCredentials(
        accessKeyID: try value("accessKeyId"), secretAccessKey: try value("secretAccessKey"),
        sessionToken: token?.isEmpty == true ? nil : token)
    }
    guard let id = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
      throw RunFailure(
        step: .prepare, reason: .secretNotFound,
        message: "there are no credentials for the store; set \(Self.field), or AWS_ACCESS_KEY_ID and "
          + "AWS_SECRET_ACCESS_KEY in the environment"
          + (target.roleArn == nil ? "" : " (target.roleArn is not supported by this version)"))
    }
    return StaticCredentials(
      accessKeyID: id, secretAccessKey: secret, sessionToken: environment["AWS_SESSION_TOKEN"])
  }

  private func region() throws -> String {
    guard let name = target.credentialsSecretRef?.name,
      let region = try mounts.optionalSecret(name, key: "region", field: Self.field).map(trimmed), !region.isEmpty
    else { return target.resolvedRegion }
    return region
  }

  private func caCertificates() throws -> [UInt8]? {
    if let bundle = try mounts.caBundle(target.caBundle, field: "target.caBundle") { return Array(bundle.utf8) }
    guard let name = target.credentialsSecretRef?.name else { return nil }
    return try mounts.optionalSecret(name, key: "caCert", field: Self.field).map { Array($0.utf8) }
  }

  private func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

  private static func invalid(_ message: String) -> RunFailure {
    RunFailure(step: .prepare, reason: .invalidSpec, message: message)
  }
}
