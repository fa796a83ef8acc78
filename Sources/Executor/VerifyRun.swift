public import Age
public import BackupFormat
internal import HoldfastAPI

/// Reads backups back and compares every byte with what their manifests say.
public struct VerifyRun: Sendable {
  public struct Verdict: Sendable {
    public var id: BackupID
    public var artifacts: Int
    public var storedBytes: Int64
    /// The plain bytes were compared too.
    public var isDecrypted: Bool
    public var failure: RunFailure?
  }

  public enum Selection: Sendable, Hashable {
    case latest, all
    case id(BackupID)
  }

  let context: RunContext
  let identities: [AgeIdentity]

  /// - Parameter identities: Empty for the stored bytes alone; artifacts without encryption are decoded all the same.
  public init(context: RunContext, identities: [AgeIdentity] = []) {
    self.context = context
    self.identities = identities
  }

  /// - Parameter report: Called for each backup as soon as it is done, newest first.
  /// - Throws: ``RunFailure`` where the bucket cannot be read or there is no such backup.
  public func run(_ selection: Selection, report: (Verdict) -> Void) async throws {
    let list = ListRun(context: context)
    switch selection {
    case .latest: report(await verify(try await list.find(id: nil)))
    case .id(let id): report(await verify(try await list.find(id: id)))
    case .all:
      for entry in try await list.run() {
        try Task.checkCancellation()
        if let manifest = entry.manifest {
          report(await verify(manifest))
        } else {
          let failure = RunFailure(step: .verify, reason: .unsupportedFormat, message: entry.problem ?? "")
          report(
            Verdict(
              id: entry.id, artifacts: 0, storedBytes: entry.storedBytes, isDecrypted: false, failure: failure))
        }
      }
    }
  }

  func verify(_ manifest: Manifest) async -> Verdict {
    var verdict = Verdict(
      id: manifest.id, artifacts: manifest.artifacts.count, storedBytes: manifest.storedSize, isDecrypted: true)
    for artifact in manifest.artifacts {
      let reader = ArtifactReader(store: context.store, artifact: artifact)
      let canDecode = !artifact.encodings.contains("age") || !identities.isEmpty
      verdict.isDecrypted = verdict.isDecrypted && canDecode
      do {
        if canDecode {
          try await reader.verifyPlain(identities)
        } else {
          try await reader.verifyStored()
        }
      } catch {
        verdict.failure = ErrorMapping.failure(error, step: .verify, source: artifact.source)
        return verdict
      }
    }
    return verdict
  }
}
