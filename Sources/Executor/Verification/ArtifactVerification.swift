internal import Age
internal import BackupFormat
internal import Foundation
internal import HoldfastAPI
internal import Inspection
internal import StreamPipeline

/// Reads one artifact back, as deep as the identities allow.
struct ArtifactVerification: Sendable {
  struct Finding: Sendable {
    var depth: Backup.VerificationDepth
    /// What was compared, for people.
    var evidence: String
    var warnings: [String] = []
  }

  let reader: ArtifactReader
  let identities: [AgeIdentity]
  let comparesWhatIdentitiesDoNotOpen: Bool
  let now: @Sendable () -> Date

  private var isEncrypted: Bool { reader.artifact.encodings.contains(StreamEncoding.age.rawValue) }

  /// - Throws: `ObjectStoreError`, `StreamPipelineError`, `AgeError`, ``RunFailure``.
  func run() async throws -> Finding {
    guard !isEncrypted || !identities.isEmpty else { return try await stored([]) }
    do {
      return try await opened()
    } catch let error as AgeError {
      // Whether the bytes or the identity is the wrong one, the stored digest tells.
      let finding = try await stored([])
      guard Self.isOfIdentity(error) else {
        throw RunFailure(
          step: .verify, reason: .digestMismatch,
          message: "\(reader.artifact.key) is as it was uploaded and cannot be decrypted: \(error.message)",
          cause: error)
      }
      guard comparesWhatIdentitiesDoNotOpen else { throw error }
      return Finding(
        depth: .stored, evidence: finding.evidence, warnings: ["the identity does not open it: \(error.message)"])
    }
  }

  private static func isOfIdentity(_ error: AgeError) -> Bool {
    [.noIdentityMatched, .unsupportedIdentity, .unsupportedRecipient, .workFactorTooHigh, .identityInvalid]
      .contains(error.code)
  }

  private func stored(_ warnings: [String]) async throws -> Finding {
    try await reader.verifyStored()
    return Finding(
      depth: .stored, evidence: "\(reader.artifact.storedSize) stored bytes, SHA-256 as in the manifest",
      warnings: warnings)
  }

  private func opened() async throws -> Finding {
    let artifact = reader.artifact
    let content = try await reader.decoded(identities) { stream in
      switch SourceKind(rawValue: artifact.kind) {
      case .certManager, .resources:
        try await ObjectSetVerification(artifact: artifact, now: now()).run(stream)
      case .openZiti: try await inspect(stream, [.openZitiDatabase, .bbolt])
      case .etcd: try await inspect(stream, [.etcdSnapshot])
      case .openBao, .vault: try await inspect(stream, [.raftArchive])
      case .files: try await inspect(stream, [.tar, .resourceSet])
      case nil: try await drain(stream)
      }
    }
    let bytes = "\(artifact.storedSize) stored and \(artifact.plainSize) plain bytes, SHA-256 as in the manifest"
    return Finding(
      depth: content.isChecked ? .content : .plain,
      evidence: content.what.isEmpty ? bytes : "\(bytes); \(content.what)", warnings: content.warnings)
  }

  /// What a format says of itself.
  struct Content: Sendable {
    var isChecked = false
    var what = ""
    var warnings: [String] = []
  }

  /// Of a kind that this version does not know.
  private func drain(_ stream: TransformedStream) async throws -> Content {
    for try await bytes in stream { stream.recycle(bytes) }
    return Content(warnings: ["kind \(reader.artifact.kind) has no check of its own in this version"])
  }

  private func inspect(_ stream: TransformedStream, _ expected: [InspectionReport.Kind]) async throws -> Content {
    let report = try await Inspector().inspect(stream: stream)
    let name = "a \(report.kind.rawValue)"
    guard expected.contains(report.kind) else {
      throw corrupt("it holds \(name), and a source of kind \(reader.artifact.kind) gives none")
    }
    switch report.sound {
    case false?:
      let first = report.problems.first.map { "\($0.code): \($0.message)" } ?? "no more is known"
      throw corrupt("\(name) with \(max(report.problemCount, 1)) problem(s): \(first)")
    case true?: return Content(isChecked: true, what: "a sound \(report.kind.rawValue)", warnings: report.warnings)
    case nil:
      return Content(what: name, warnings: report.warnings + [report.reason ?? "its content could not be checked"])
    }
  }

  private func corrupt(_ message: String) -> RunFailure {
    RunFailure(step: .verify, reason: .sourceCorrupt, message: "\(reader.artifact.key): \(message)")
  }
}
