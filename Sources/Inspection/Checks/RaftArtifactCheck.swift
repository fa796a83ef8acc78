internal import NIOCore
internal import OpenBaoSource
internal import SnapshotSource

/// A Raft snapshot of OpenBao or Vault.
struct RaftArtifactCheck: ArtifactCheck {
  private static let members = ["state.bin", "meta.json", "SHA256SUMS.sealed", "SHA256SUMS"]
  private var verifier: SnapshotArchiveVerifier

  init() throws { verifier = try SnapshotArchiveVerifier(operation: "inspect") }

  mutating func consume(_ bytes: ByteBuffer, _ report: inout InspectionReport) -> Bool {
    attempt(&report) { try $0.update(bytes) }
    return report.problems.isEmpty
  }

  mutating func finish(_ report: inout InspectionReport) {
    guard report.problems.isEmpty else { return }
    var facts: SnapshotFacts?
    attempt(&report) { facts = try $0.finish() }
    guard let facts else { return }
    report.sound = true
    report.facts.merge(facts.values) { $1 }
    report.warnings += facts.warnings
  }

  private mutating func attempt(
    _ report: inout InspectionReport, _ body: (inout SnapshotArchiveVerifier) throws -> Void
  ) {
    do {
      try body(&verifier)
    } catch let error as SnapshotSourceError {
      report.fail(
        .init(
          code: error.code.rawValue, message: error.message, member: Self.members.first { error.message.contains($0) }))
    } catch {
      report.fail(.init(code: "corrupt", message: "\(error)"))
    }
  }
}
