internal import Age
internal import BackupFormat
internal import NIOCore
internal import ObjectStore
internal import OpenBaoSource
internal import ResourceSet
internal import SnapshotSource
internal import StreamPipeline

/// A kind's own check of plain bytes as they pass.
protocol SnapshotCheck {
  mutating func update(_ bytes: ByteBuffer) throws
  mutating func finish() throws -> SnapshotFacts
}

extension SnapshotArchiveVerifier: SnapshotCheck {}

/// That a resource set is whole: its members, and as many of them as its index says.
struct ResourceSetCheck: SnapshotCheck {
  private var reader = ResourceSetReader(parsesObjects: false)
  private let operation: String

  init(operation: String) { self.operation = operation }

  mutating func update(_ bytes: ByteBuffer) throws {
    do { _ = try reader.consume(bytes) } catch { throw corrupt(error) }
  }

  mutating func finish() throws -> SnapshotFacts {
    do {
      let (_, index) = try reader.finish()
      return SnapshotFacts(["objects": "\(index.objects - (index.superseded?.count ?? 0))"])
    } catch {
      throw corrupt(error)
    }
  }

  private func corrupt(_ error: any Error) -> SnapshotSourceError {
    SnapshotSourceError(.corrupt, operation: operation, message: "\(error)", cause: error)
  }
}

/// Reads one artifact of a manifest back.
struct ArtifactReader: Sendable {
  let store: any ObjectStore
  let artifact: Manifest.Artifact

  /// Compares the stored bytes' size and digest with the manifest.
  func verifyStored() async throws {
    var counter = HashingCounter()
    try await store.get(artifact.key, range: nil) { counter.update($0) }
    let digest = counter.digest
    guard digest.bytes == artifact.storedSize else {
      throw StreamPipelineError(
        .storedSizeMismatch, "\(artifact.key) has \(digest.bytes) bytes, and its manifest says \(artifact.storedSize)")
    }
    guard digest.sha256 == artifact.storedSHA256 else {
      throw StreamPipelineError(
        .storedDigestMismatch,
        "\(artifact.key) has SHA-256 \(digest.sha256), and its manifest says \(artifact.storedSHA256)")
    }
  }

  /// Decodes all of it to nowhere, comparing stored and plain bytes with the manifest and running the kind's check.
  func verifyPlain(_ identities: [AgeIdentity]) async throws {
    var check = try makeCheck()
    try await decoded(identities) { stream in
      for try await bytes in stream {
        try check?.update(bytes)
        stream.recycle(bytes)
      }
    }
    _ = try check?.finish()
  }

  /// Gives the plain bytes to `body`; they are the right ones only if this returns.
  @discardableResult
  func decoded<Value>(
    _ identities: [AgeIdentity], _ body: (TransformedStream) async throws -> Value
  ) async throws -> Value {
    let settings = DecodeSettings(
      encodings: try StreamEncoding.parse(artifact.encodings), identities: identities,
      stored: StreamExpectation(bytes: artifact.storedSize, sha256: artifact.storedSHA256),
      plain: StreamExpectation(bytes: artifact.plainSize, sha256: artifact.plainSHA256))
    let (store, key) = (store, artifact.key)
    return try await withDecodedStream(settings) { sink in
      _ = try await store.get(key, range: nil, consume: sink)
    } body: { stream in
      try await body(stream)
    }.consumed
  }

  /// Whether one of the identities opens the artifact, by its first bytes alone.
  func checkIdentity(_ identities: [AgeIdentity]) async throws {
    guard artifact.encodings.last == StreamEncoding.age.rawValue else { return }
    var decryptor = try AgeDecryptor(identities: identities)
    var nowhere = ByteBuffer()
    // Longer than any header with as many recipients as a policy may have.
    let length = min(artifact.storedSize, 16 << 10)
    try await store.get(artifact.key, range: 0..<length) { bytes in
      try decryptor.update(bytes, into: &nowhere)
      nowhere.clear()
    }
  }

  private func makeCheck() throws -> (any SnapshotCheck)? {
    switch artifact.kind {
    case "openBao", "vault": try SnapshotArchiveVerifier(operation: "check of \(artifact.key)")
    case "resources", "certManager": ResourceSetCheck(operation: "check of \(artifact.key)")
    default: nil
    }
  }
}
