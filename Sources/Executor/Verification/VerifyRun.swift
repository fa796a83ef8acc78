public import Age
public import BackupFormat
public import HoldfastAPI
internal import KubernetesModel
internal import ObjectStore

/// Reads backups back and compares every byte with what their manifests say, as deep as the identities allow.
///
/// It only reads. A backup that is removed while it is read, by retention or a person, is not damaged: it is passed over.
public struct VerifyRun: Sendable {
  public struct Verdict: Sendable {
    public enum State: Sendable, Hashable {
      case good, damaged
      /// It could not be told: the store did not answer, for example. ``Verdict/failure`` says why.
      case unknown
    }

    public var id: BackupID
    public var artifacts: Int
    public var storedBytes: Int64
    /// What every artifact was found good to; nil where one was not.
    public var depth: Backup.VerificationDepth?
    /// One line for each artifact that was read.
    public var evidence: [String] = []
    public var warnings: [String] = []
    public var failure: RunFailure?

    /// The plain bytes were compared too.
    public var isDecrypted: Bool { depth.map { $0 >= .plain } ?? false }

    public var state: State {
      guard let failure else { return .good }
      return Self.damage.contains(failure.reason) ? .damaged : .unknown
    }

    private static let damage: Set<Reason> = [.digestMismatch, .sourceCorrupt, .objectNotFound]
  }

  public enum Selection: Sendable, Hashable {
    case latest, all
    case id(BackupID)
  }

  let context: RunContext
  let identities: [AgeIdentity]
  /// Whether what the identities do not open is compared as it is stored, with a warning, in place of a failure.
  let comparesWhatIdentitiesDoNotOpen: Bool

  /// - Parameter identities: Empty for the stored bytes alone; artifacts without encryption are decoded all the same.
  public init(context: RunContext, identities: [AgeIdentity] = [], comparesWhatIdentitiesDoNotOpen: Bool = false) {
    self.context = context
    self.identities = identities
    self.comparesWhatIdentitiesDoNotOpen = comparesWhatIdentitiesDoNotOpen
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
          report(
            Verdict(
              id: entry.id, artifacts: 0, storedBytes: entry.storedBytes,
              failure: RunFailure(step: .verify, reason: .unsupportedFormat, message: entry.problem ?? "")))
        }
      }
    }
  }

  /// - Returns: nil where the backup went while it was read, or before.
  func verify(id: BackupID) async throws -> Verdict? {
    var verdict = Verdict(id: id, artifacts: 0, storedBytes: 0)
    do {
      let manifest = try await context.store.manifest(of: id, in: context.layout)
      verdict = await verify(manifest)
    } catch let error as ManifestError {
      // A newer format is no damage.
      verdict.failure = RunFailure(
        step: .verify, reason: error.code == .unsupportedFormat ? .unsupportedFormat : .sourceCorrupt,
        message: "its manifest cannot be used: \(error.message)", cause: error)
    } catch let error as ObjectStoreError where error.code == .notFound {
      return nil
    } catch {
      verdict.failure = ErrorMapping.failure(error, step: .verify)
    }
    guard let failure = verdict.failure else { return verdict }
    // A removal begins with the manifest, and what is read meanwhile may fail in any way.
    do {
      if try await context.store.head(context.layout.manifestKey(of: id)) == nil { return nil }
    } catch let error where failure.reason == .objectNotFound {
      // Whether it is lost or removed cannot be told.
      verdict.failure = ErrorMapping.failure(error, step: .verify)
    } catch {
      // What was found stands without it.
    }
    return verdict
  }

  func verify(_ manifest: Manifest) async -> Verdict {
    var verdict = Verdict(id: manifest.id, artifacts: manifest.artifacts.count, storedBytes: manifest.storedSize)
    var depth = Backup.VerificationDepth.content
    var warnings = FirstLines()
    for artifact in manifest.artifacts {
      do {
        let finding = try await finding(artifact)
        depth = min(depth, finding.depth)
        verdict.evidence.append("\(artifact.source): \(finding.evidence)")
        for warning in finding.warnings { warnings.add("\(artifact.source): \(warning)") }
        verdict.warnings = warnings.lines()
      } catch {
        verdict.failure = ErrorMapping.failure(error, step: .verify, source: artifact.source)
        return verdict
      }
    }
    verdict.depth = depth
    return verdict
  }

  /// A store says of many an answer that is not whole or not its own that it lacks integrity. That is damage only where a second read
  /// of all of it meets the same, of an object that can be asked for.
  private func finding(_ artifact: Manifest.Artifact) async throws -> ArtifactVerification.Finding {
    let verification = ArtifactVerification(
      reader: ArtifactReader(store: context.store, artifact: artifact), identities: identities,
      comparesWhatIdentitiesDoNotOpen: comparesWhatIdentitiesDoNotOpen, now: context.now)
    do {
      return try await verification.run()
    } catch let first as ObjectStoreError where first.code == .integrity {
      do {
        return try await verification.run()
      } catch let second as ObjectStoreError where second.code == .integrity && second.message == first.message {
        guard try await context.store.head(artifact.key) != nil else { throw second }
        throw RunFailure(
          step: .verify, reason: .digestMismatch, message: "\(second.description); so it was twice", cause: second)
      }
    }
  }
}

extension VerifyRun.Verdict {
  /// As it goes into a Backup's status.
  func verification(at time: Timestamp) -> Backup.Verification {
    let message: String
    switch (failure, depth) {
    case (let failure?, _): message = "\(failure.source.map { "source \($0): " } ?? "")\(failure.message)"
    case (nil, .stored?): message = "the stored bytes are those that were uploaded; nobody looked inside"
    case (nil, .plain?): message = "the stored bytes and what they hold are as the sources gave them"
    default:
      message = "the stored bytes and what they hold are as the sources gave them, and sound by their own formats"
    }
    return Backup.Verification(
      time: time, depth: failure == nil ? depth : nil, message: message,
      evidence: evidence.isEmpty ? nil : Self.bounded(evidence),
      warnings: warnings.isEmpty ? nil : Self.bounded(warnings),
      failure: failure?.backupFailure)
  }

  /// A status is no place for a thousand lines.
  private static func bounded(_ lines: [String]) -> [String] {
    let shown = lines.prefix(32).map { String($0.prefix(512)) }
    return shown + (lines.count > shown.count ? ["and \(lines.count - shown.count) more"] : [])
  }
}
