public import Bolt
public import NIOCore

/// What a file is, as far as OpenZiti is concerned.
public enum OpenZitiVerdict: Sendable, Hashable {
  /// A sound snapshot.
  case snapshot(OpenZitiDatabase)
  /// Sound, but by its marks no snapshot: see ``OpenZitiDatabase/Origin``.
  case noSnapshot(OpenZitiDatabase)
  /// A sound bbolt file of something else.
  case otherDatabase
  /// Not sound; at least one problem.
  case damaged([BoltProblem])
  /// Too large to be checked within the limit of memory.
  case undecided([BoltProblem])

  /// For people: what is wrong. Nil of a snapshot.
  public var message: String? {
    switch self {
    case .snapshot: nil
    case .noSnapshot(let database):
      switch database.origin {
      case .unmarked:
        "the database (schema \(database.schema)) carries no mark of a snapshot, as controllers before v1.4 wrote none: "
          + "it may be a raw copy of a live database"
      default:
        "this is a raw copy of a live database and no snapshot (meta/resetTimeline is "
          + "\(database.resetTimeline.map(String.init) ?? "not set")): it may have been taken in the middle of a write"
      }
    case .otherDatabase:
      "this is a bbolt database, but not one of an OpenZiti controller: there is no ziti/versions/edge"
    case .damaged(let problems), .undecided(let problems):
      problems.prefix(3).map(\.message).joined(separator: "; ")
    }
  }
}

/// Checks an OpenZiti controller's database while its bytes pass.
///
/// For memory see ``BoltStreamChecker``. Any bytes end in a verdict, and never in an error.
public struct OpenZitiDatabaseCheck: Sendable {
  private var checker: BoltStreamChecker

  /// - Parameter memoryLimit: In bytes.
  public init(memoryLimit: Int = BoltStreamChecker.defaultMemoryLimit) {
    checker = BoltStreamChecker(probes: OpenZitiDatabase.probes, memoryLimit: memoryLimit)
  }

  public mutating func consume(_ bytes: ByteBuffer) { checker.consume(bytes) }

  /// To be called once, at the end of the bytes.
  public mutating func finish() -> OpenZitiVerdict { OpenZitiVerdict(checker.finish()) }
}

extension OpenZitiVerdict {
  /// - Parameter report: Of a check with ``OpenZitiDatabase/probes``.
  public init(_ report: BoltReport) {
    switch report.verdict {
    case .unsound: self = .damaged(report.problems)
    case .undecided: self = .undecided(report.problems)
    case .sound:
      guard let database = OpenZitiDatabase(report) else {
        self = .otherDatabase
        return
      }
      // A snapshot's meta pages are both written anew, so that a bad one is damage done afterwards.
      let badMeta = report.warnings.filter { $0.code == .metaInvalid }
      switch database.origin {
      case .snapshot: self = badMeta.isEmpty ? .snapshot(database) : .damaged(badMeta)
      case .liveCopy, .unmarked: self = .noSnapshot(database)
      }
    }
  }
}
