import Bolt
import SnapshotSource

/// What the check of the bytes means for a capture.
enum SnapshotJudgement {
  /// - Throws: ``SnapshotSourceError`` with code `truncated` or `corrupt`.
  static func facts(of report: EtcdSnapshotReport, operation: String) throws -> SnapshotFacts {
    func refuse(_ code: SnapshotSourceError.Code, _ message: String) -> SnapshotSourceError {
      SnapshotSourceError(code, operation: operation, message: message)
    }
    switch report.hash {
    case .absent:
      throw refuse(
        .truncated, "\(report.database.size) bytes came, without a SHA-256 behind them: the stream ended early")
    case .mismatched:
      throw refuse(.corrupt, "the SHA-256 at the snapshot's end is not that of the bytes before it")
    case .verified: break
    }
    switch report.verdict {
    case .unsound:
      let problems = report.problems.prefix(3).map(\.message).joined(separator: "; ")
      throw refuse(.corrupt, "the member's database is damaged, although its hash is right: \(problems)")
    case .undecided:
      return SnapshotFacts(
        report.facts?.facts ?? [:],
        warnings: ["the database is too large for a check of its pages; its SHA-256 is right"])
    case .sound:
      guard let facts = report.facts else { throw refuse(.corrupt, "this is not a database of etcd") }
      return SnapshotFacts(facts.facts)
    }
  }
}
