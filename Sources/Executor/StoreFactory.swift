internal import Foundation
public import HoldfastAPI
public import Logging
public import ObjectStore

/// Makes the store of a target, with its credentials read from the mounts.
public struct StoreFactory: Sendable {
  let target: Target
  let mounts: Mounts
  let environment: [String: String]
  let logger: Logger

  public init(target: Target, mounts: Mounts, environment: [String: String], logger: Logger) {
    self.target = target
    self.mounts = mounts
    self.environment = environment
    self.logger = logger
  }

  /// - Throws: ``RunFailure`` of step `prepare`.
  public func store() throws -> any ObjectStore {
    switch target.resolvedProvider {
    case .filesystem: return RetryingStore(FilesystemStore(root: try folder()), logger: logger)
    case .s3, .gcs, .azure:
      throw RunFailure(
        step: .prepare, reason: .invalidSpec,
        message: "target.provider \(target.resolvedProvider.rawValue) is not built into this version")
    }
  }

  private func folder() throws -> String {
    if let claim = target.filesystem?.persistentVolumeClaim?.claimName {
      return mounts.volume(claim)
    }
    guard let path = target.filesystem?.path else {
      throw RunFailure(
        step: .prepare, reason: .invalidSpec,
        message: "target.filesystem is required for provider filesystem; name a persistentVolumeClaim or a path")
    }
    return path
  }
}
