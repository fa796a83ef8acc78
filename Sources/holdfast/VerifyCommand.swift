import ArgumentParser
import BackupFormat
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import Synchronization

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Read every artifact of a backup and compare its size and digests.",
    discussion: """
      Without an identity the stored bytes are compared with the manifest (depth Stored: they are those that were uploaded; \
      nobody looks inside). With one they are decrypted and decompressed, the source's own bytes are compared (Plain), \
      and checked by their format: database pages, checksums, archive members, certificates (Content).
      """)

  @Argument(help: "The backup's id, or 'latest'.")
  var id = "latest"

  @Flag(help: "Every backup of the policy.")
  var all = false

  @Flag(
    help: ArgumentHelp(
      "As spec.verification says: with which identity, and which backups where none is named; what is found goes into the "
        + "Backup objects. For Jobs."))
  var scheduled = false

  @Option(help: "A file with the age identity.")
  var identity: String?

  @Option(name: .shortAndLong, help: "text or json.")
  var output = OutputFormat.text

  @OptionGroup var options: PlanOptions
  @OptionGroup var result: ResultOptions
  @OptionGroup var log: LogOptions

  func run() async throws {
    if scheduled { return try await runScheduled() }
    let selection = try selection()
    try await RunningCommand.run(options, log, purpose: .bucketOnly) { context, _ in
      let identities = try identity.map(IdentityFiles.load(path:)) ?? []
      let hasFailed = Mutex(false)
      var lines: [Line] = []
      try await VerifyRun(context: context, identities: identities).run(selection) { verdict in
        if verdict.failure != nil { hasFailed.withLock { $0 = true } }
        if output == .text { show(verdict) } else { lines.append(Line(verdict)) }
      }
      if output == .json { try Self.showJSON(lines) }
      if hasFailed.withLock({ $0 }) { throw ReportedFailure() }
    }
  }

  private func runScheduled() async throws {
    try await RunningCommand.runWithResult(.verify, options, log, result.file, purpose: .bucketOnly) {
      context, mounts in
      let verification = context.plan.spec.verification
      let only = try self.only()
      guard verification != nil || only != nil else {
        throw RunFailure(
          step: .prepare, reason: .invalidSpec,
          message: "--scheduled without a backup's id needs spec.verification, which the plan has not")
      }
      let identities = try IdentityFiles.load(
        verification?.identitySecretRef.map { RestoreRequest.Decryption(identitySecretRef: $0) }, from: mounts,
        field: "spec.verification.identitySecretRef")
      return try await RunningCommand.withCluster(mounts) { cluster in
        try await ScheduledVerification(
          context: context, verification: verification, only: only, identities: identities,
          client: try cluster.client()
        ).result()
      }
    }
  }

  private func selection() throws -> VerifyRun.Selection {
    if all { return .all }
    return try only().map { .id($0) } ?? .latest
  }

  /// nil for the newest one.
  private func only() throws -> BackupID? {
    if id == "latest" { return nil }
    guard let parsed = BackupID(id) else {
      throw ValidationError("'\(id)' is no backup id; 'holdfast list' prints them")
    }
    return parsed
  }

  private struct Line: Encodable {
    var id: String
    var good: Bool
    var depth: String?
    var artifacts: Int
    var storedSize: Int64
    var evidence: [String]
    var warnings: [String]
    var failure: Backup.Failure?

    init(_ verdict: VerifyRun.Verdict) {
      id = verdict.id.rawValue
      good = verdict.state == .good
      depth = verdict.depth?.rawValue
      artifacts = verdict.artifacts
      storedSize = verdict.storedBytes
      evidence = verdict.evidence
      warnings = verdict.warnings
      failure = verdict.failure?.backupFailure
    }
  }

  private static func showJSON(_ lines: [Line]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    print(String(decoding: try encoder.encode(lines), as: UTF8.self))
  }

  private func show(_ verdict: VerifyRun.Verdict) {
    print(Self.line(verdict))
    for line in verdict.evidence { print("    \(line)") }
    for warning in verdict.warnings { RunningCommand.complain("warning: \(verdict.id): \(warning)") }
  }

  private static func line(_ verdict: VerifyRun.Verdict) -> String {
    if let failure = verdict.failure {
      return "BAD  \(verdict.id)  \(failure.source.map { "\($0): " } ?? "")\(failure.reason): \(failure.message)"
    }
    let depth =
      switch verdict.depth {
      case .content?: "stored and plain bytes, and what is in them"
      case .plain?: "stored and plain bytes"
      default: "stored bytes (no identity given)"
      }
    return "good \(verdict.id)  \(verdict.artifacts) artifact(s), \(TextTable.bytes(verdict.storedBytes)): \(depth)"
  }
}
