internal import BackupFormat
internal import Foundation
internal import HoldfastAPI
internal import NIOCore
internal import ObjectStore

/// The key of the manifest is taken by another's: nothing below that id is ours to remove.
struct ManifestConflict: Error {
  var key: String
}

/// Writes a manifest: the moment in which artifacts become a backup.
struct ManifestWriter: Sendable {
  let context: RunContext
  let lease: RunLease
  let permissions: MissingPermissions

  /// Returns only when the manifest is there for sure.
  func write(_ manifest: Manifest) async throws {
    do {
      let key = context.layout.manifestKey(of: manifest.id)
      let body = ByteBuffer(bytes: try manifest.encode())
      try await checkArtifacts(of: manifest)
      let limit = try await lease.renewForCommit()
      do {
        try await withDeadline(limit, clock: context.clock) { [store = context.store] in
          try await store.put(key, body: body, condition: .ifAbsent)
        }
      } catch {
        try Task.checkCancellation()
        // Whether a request took effect whose answer was lost, only the store knows.
        guard try await !isThere(key, body, after: error) else { return }
        if (error as? ObjectStoreError)?.code == .alreadyExists { throw ManifestConflict(key: key) }
        throw error
      }
    } catch let error as ManifestError {
      throw RunFailure(step: .manifest, reason: .internalError, message: error.message, cause: error)
    } catch let conflict as ManifestConflict {
      throw RunFailure(
        step: .manifest, reason: .uploadFailed,
        message: "there is another manifest at \(conflict.key); nothing was removed below it", cause: conflict)
    } catch let error as DeadlineExceeded {
      throw RunFailure(
        step: .manifest, reason: .uploadFailed, message: "the manifest was \(error) by the store", cause: error)
    } catch {
      throw ErrorMapping.failure(error, step: .manifest)
    }
  }

  private func checkArtifacts(of manifest: Manifest) async throws {
    for artifact in manifest.artifacts {
      // Where nobody may look, the store's word at the upload's end has to do.
      guard let found = try await permissions.unlessDenied(.read, { try await context.store.head(artifact.key) }) else {
        return
      }
      let size = found?.size
      guard size == artifact.storedSize else {
        throw RunFailure(
          step: .manifest, reason: .uploadFailed,
          message: "\(artifact.key) was uploaded with \(artifact.storedSize) bytes, and the store now has "
            + (size.map { "\($0)" } ?? "no such object"), source: artifact.source)
      }
    }
  }

  private func isThere(_ key: String, _ body: ByteBuffer, after error: any Error) async throws -> Bool {
    // A refusal is an answer.
    if let error = error as? ObjectStoreError,
      [.accessDenied, .unsupported, .configuration, .bucketNotFound].contains(error.code)
    {
      return false
    }
    do {
      let bytes = try await permissions.unlessDenied(.read) {
        try await context.store.getBytes(key, upTo: Manifest.maximumBytes)
      }
      // Nobody may read. A key that is taken is then taken by us: the id is random, and its lease was created by this run.
      guard let bytes else { return (error as? ObjectStoreError)?.code == .alreadyExists }
      return bytes == body
    } catch let read as ObjectStoreError where read.code == .notFound {
      return false
    }
  }
}
