internal import Foundation
internal import HoldfastAPI
public import JobPlan
public import Logging
public import ObjectStore
internal import StoreHTTP

/// Whether a bucket allows locks. Throws where the credentials may not ask, or the store knows of none.
public typealias LockCheck = @Sendable () async throws -> Bool

/// A store for the time of one run.
public struct OpenStore: Sendable {
  public let store: any ObjectStore
  /// nil where the provider has no locks, or tells of none.
  public let lockCheck: LockCheck?
  /// Lets go of its connections.
  public let close: @Sendable () async -> Void
}

/// Makes the store of a plan's target, with its credentials read from the mounts or, where the target names none, with the
/// identity of the pod: what its environment, its tokens and the platform's metadata service say.
///
/// One file for each provider; this one has what they share.
public struct StoreFactory: Sendable {
  public enum Use: Sendable, Hashable {
    case runs
    /// Nothing is locked, and a store that does not answer is given up soon.
    case preflight

    var retries: RetryPolicy {
      switch self {
      case .runs: RetryPolicy()
      case .preflight: RetryPolicy(maximumDelay: .seconds(5), deadline: .seconds(25), maximumAttempts: 4)
      }
    }
  }

  /// A provider's store, without decorators.
  struct Bare: Sendable {
    var store: any ObjectStore
    var lockCheck: LockCheck?
    var close: @Sendable () async -> Void = {}
  }

  static let secretField = "target.credentialsSecretRef"

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
  public func open(for use: Use = .runs) throws -> OpenStore {
    do {
      let plain = try bare(isLocking: false)
      guard use == .runs, target.objectLock != nil else {
        return OpenStore(
          store: RetryingStore(plain.store, policy: use.retries, logger: logger), lockCheck: plain.lockCheck,
          close: plain.close)
      }
      let locking = try bare(isLocking: true)
      let both = LockSparingStore(locking: locking.store, plain: plain.store)
      return OpenStore(
        store: RetryingStore(both, policy: use.retries, logger: logger), lockCheck: plain.lockCheck
      ) {
        await locking.close()
        await plain.close()
      }
    } catch {
      throw ErrorMapping.failure(error, step: .prepare)
    }
  }

  private func bare(isLocking: Bool) throws -> Bare {
    switch target.resolvedProvider {
    case .filesystem: Bare(store: try filesystem())
    case .s3: try s3(isLocking: isLocking)
    case .gcs: try gcs(isLocking: isLocking)
    case .azure: try azure(isLocking: isLocking)
    }
  }

  private func filesystem() throws -> FilesystemStore {
    if let claim = target.filesystem?.persistentVolumeClaim?.claimName {
      return FilesystemStore(root: mounts.volume(claim))
    }
    guard let path = target.filesystem?.path else {
      throw Self.invalid(
        "target.filesystem is required for provider filesystem; name a persistentVolumeClaim or a path")
    }
    return FilesystemStore(root: path)
  }

  // MARK: What providers share

  /// - Parameter url: Of the store, for the environment's proxy rules.
  func http(for url: String) throws -> StoreHTTPSettings {
    StoreHTTPSettings(
      caCertificates: try caCertificates(), insecureSkipVerify: target.insecureSkipVerify ?? false,
      proxy: HTTPProxy.forURL(url, environment: environment), connections: target.resolvedConcurrency + 2)
  }

  private func caCertificates() throws -> [UInt8]? {
    if let bundle = try mounts.caBundle(target.caBundle, field: "target.caBundle") { return Array(bundle.utf8) }
    return try optionalSecret("caCert").map { Array($0.utf8) }
  }

  /// A key of the target's Secret, without white space at its ends; nil where there is no such key, or it is empty.
  func optionalSecret(_ key: String) throws -> String? {
    guard let name = target.credentialsSecretRef?.name,
      let text = try mounts.optionalSecret(name, key: key, field: Self.secretField)
    else { return nil }
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return trimmed.isEmpty ? nil : trimmed
  }

  /// The file of the token that the pod has for the target.
  /// - Parameter field: Which asks for it.
  func tokenFile(_ field: String) throws -> String {
    let path = mounts.targetToken
    guard FileManager.default.fileExists(atPath: path) else {
      throw RunFailure(
        step: .prepare, reason: .secretNotFound,
        message: "there is no service account token at \(path), which \(field) needs; outside a cluster use "
          + "\(Self.secretField) or the environment")
    }
    return path
  }

  /// A Secret that has not the keys that it takes.
  func missingKeys(_ name: String, _ accepted: String) -> RunFailure {
    let folder = mounts.path(MountLayout.secret(name))
    let hasKeys = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).isEmpty == false
    return RunFailure(
      step: .prepare, reason: .secretNotFound,
      message: hasKeys
        ? "Secret \(name), which \(Self.secretField) names, has not the keys that this provider reads: \(accepted)"
        : "Secret \(name), which \(Self.secretField) names, does not exist here; create it with \(accepted)")
  }

  static func invalid(_ message: String) -> RunFailure {
    RunFailure(step: .prepare, reason: .invalidSpec, message: message)
  }
}
