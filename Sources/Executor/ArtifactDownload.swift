public import Age
public import BackupFormat
import HoldfastAPI
public import JobPlan
public import NIOCore
public import ObjectStore
import StreamPipeline

/// The artifacts of one backup, for a person who wants them on a machine of his own.
///
/// Every byte is compared with the manifest; what `consume` got is right only when the call returns.
public struct ArtifactDownload: Sendable {
  public let manifest: Manifest
  private let store: any ObjectStore

  /// Reads the manifest.
  /// - Throws: ``RunFailure``: no such backup, a manifest of another format, or what the store says.
  public init(id: String, plan: Plan, store: any ObjectStore) async throws {
    guard let id = BackupID(id) else {
      throw RunFailure(step: .download, reason: .backupNotFound, message: "'\(id)' is not a backup id")
    }
    let layout = BucketLayout(
      pathPrefix: plan.spec.target.pathPrefix, namespace: plan.policy.namespace, policy: plan.policy.name)
    do {
      manifest = try await store.manifest(of: id, in: layout)
    } catch let error as ObjectStoreError where error.code == .notFound {
      throw RunFailure(
        step: .download, reason: .backupNotFound,
        message:
          "there is no \(layout.manifestKey(of: id)) in \(store.location); was the backup removed, or the target changed?",
        cause: error)
    } catch {
      throw ErrorMapping.failure(error, step: .download)
    }
    self.store = store
  }

  /// The bytes as they are in the bucket.
  /// - Throws: ``RunFailure``, or what `consume` throws as its cause.
  public func stored(
    _ artifact: Manifest.Artifact, consume: (ByteBuffer) async throws -> Void
  ) async throws {
    do {
      var counter = HashingCounter()
      _ = try await store.get(artifact.key, range: nil) { bytes in
        counter.update(bytes)
        try await consume(bytes)
      }
      let digest = counter.digest
      guard digest.bytes == artifact.storedSize, digest.sha256 == artifact.storedSHA256 else {
        throw RunFailure(
          step: .download, reason: .digestMismatch,
          message: "\(artifact.key) has \(digest.bytes) bytes with SHA-256 \(digest.sha256), and its manifest says "
            + "\(artifact.storedSize) with \(artifact.storedSHA256)", source: artifact.source)
      }
    } catch {
      throw ErrorMapping.failure(error, step: .download, source: artifact.source)
    }
  }

  /// The source's own bytes: decrypted and decompressed.
  /// - Throws: ``RunFailure`` with reason DecryptionFailed where no identity fits.
  public func plain(
    _ artifact: Manifest.Artifact, identities: [AgeIdentity], consume: (ByteBuffer) async throws -> Void
  ) async throws {
    let reader = ArtifactReader(store: store, artifact: artifact)
    do {
      // A wrong identity is found by the first bytes, not after all of them.
      try await reader.checkIdentity(identities)
      try await reader.decoded(identities) { stream in
        for try await bytes in stream {
          try await consume(bytes)
          stream.recycle(bytes)
        }
      }
    } catch {
      throw ErrorMapping.failure(error, step: .download, source: artifact.source)
    }
  }

  public static func isEncrypted(_ artifact: Manifest.Artifact) -> Bool {
    artifact.encodings.contains(StreamEncoding.age.rawValue)
  }
}
