import ArgumentParser
import BackupFormat
import Executor
import Synchronization

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Read every artifact of a backup and compare its size and digests.",
    discussion: """
      Without an identity the stored bytes are compared with the manifest; with one they are decrypted and \
      decompressed, and the source's own bytes are compared and checked too.
      """)

  @Argument(help: "The backup's id, or 'latest'.")
  var id = "latest"

  @Flag(help: "Every backup of the policy.")
  var all = false

  @Option(help: "A file with the age identity.")
  var identity: String?

  @OptionGroup var options: PlanOptions
  @OptionGroup var log: LogOptions

  func run() async throws {
    let selection = try selection()
    try await RunningCommand.run(options, log, purpose: .bucketOnly) { context, _ in
      let identities = try identity.map(IdentityFiles.load(path:)) ?? []
      let hasFailed = Mutex(false)
      try await VerifyRun(context: context, identities: identities).run(selection) { verdict in
        if verdict.failure != nil { hasFailed.withLock { $0 = true } }
        print(line(verdict))
      }
      if hasFailed.withLock({ $0 }) { throw ReportedFailure() }
    }
  }

  private func selection() throws -> VerifyRun.Selection {
    if all { return .all }
    if id == "latest" { return .latest }
    guard let parsed = BackupID(id) else {
      throw ValidationError("'\(id)' is no backup id; 'holdfast list' prints them")
    }
    return .id(parsed)
  }

  private func line(_ verdict: VerifyRun.Verdict) -> String {
    if let failure = verdict.failure {
      return "BAD  \(verdict.id)  \(failure.source.map { "\($0): " } ?? "")\(failure.reason): \(failure.message)"
    }
    let depth = verdict.isDecrypted ? "stored and plain bytes" : "stored bytes (no identity given)"
    return "good \(verdict.id)  \(verdict.artifacts) artifact(s), \(TextTable.bytes(verdict.storedBytes)): \(depth)"
  }
}
