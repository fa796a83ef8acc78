internal import Crypto
public import NIOCore

/// What the check of an etcd snapshot found.
public struct EtcdSnapshotReport: Sendable, Hashable {
  public enum HashState: String, Sendable, Hashable {
    /// The last 32 bytes are the SHA-256 of all before.
    case verified
    case mismatched
    /// A member's database as it lies on disk, or a snapshot that ends early: nothing tells which.
    case absent
  }

  public var hash: HashState
  /// Of the database. What is wrong with the hash is not in it.
  public var database: BoltReport
  /// Nil where the database is not etcd's, or too damaged to tell.
  public var facts: EtcdDatabase?

  /// Everything that is wrong; empty of a good snapshot. A missing hash is no problem here.
  public var problems: [BoltProblem] {
    var problems: [BoltProblem] = []
    if hash == .mismatched {
      problems.append(
        BoltProblem(.hashMismatch, page: nil, "the SHA-256 at the snapshot's end is not that of the bytes before it"))
    }
    problems += database.problems
    // etcd writes both meta pages of a snapshot anew, so that a bad one is damage done afterwards.
    if hash != .absent { problems += database.warnings.filter { $0.code == .metaInvalid } }
    return problems
  }

  public var verdict: BoltReport.Verdict {
    if problems.contains(where: { $0.code != .limitReached }) { return .unsound }
    return problems.isEmpty ? .sound : .undecided
  }
}

/// Checks an etcd v3 snapshot while its bytes pass: a bbolt file, and the SHA-256 of it in the last 32 bytes.
///
/// A database's file is a multiple of 512 bytes, so that 32 more tell that the hash is there; etcd's own restore looks at
/// the same. For memory see ``BoltStreamChecker``. Any bytes give a report, and never an error.
public struct EtcdSnapshotChecker: Sendable {
  private var checker: BoltStreamChecker
  private var hash = SHA256()
  private var size: Int64 = 0
  /// The last bytes so far, which may be the hash.
  private var tail: [UInt8] = []

  /// - Parameters:
  ///   - moreProbes: Asked besides ``EtcdDatabase/probes``.
  ///   - memoryLimit: In bytes.
  ///   - comparesWholeKeys: As for ``BoltStreamChecker``.
  public init(
    moreProbes: [BoltProbe] = [], memoryLimit: Int = BoltStreamChecker.defaultMemoryLimit,
    comparesWholeKeys: Bool = false
  ) {
    checker = BoltStreamChecker(
      probes: EtcdDatabase.probes + moreProbes, memoryLimit: memoryLimit, comparesWholeKeys: comparesWholeKeys)
  }

  /// Takes the next bytes of the snapshot.
  public mutating func consume(_ bytes: ByteBuffer) {
    size += Int64(bytes.readableBytes)
    bytes.withUnsafeReadableBytes { piece in
      let kept = min(piece.count, SHA256.byteCount)
      let released = max(0, tail.count + kept - SHA256.byteCount)
      pass(tail[..<released])
      tail.removeFirst(released)
      let through = UnsafeRawBufferPointer(rebasing: piece[..<(piece.count - kept)])
      hash.update(bufferPointer: through)
      checker.consume(through)
      tail.append(contentsOf: piece[(piece.count - kept)...])
    }
  }

  private mutating func pass(_ bytes: ArraySlice<UInt8>) {
    guard !bytes.isEmpty else { return }
    bytes.withUnsafeBytes {
      hash.update(bufferPointer: $0)
      checker.consume($0)
    }
  }

  /// To be called once, at the end of the bytes.
  public mutating func finish() -> EtcdSnapshotReport {
    let hasHash = size > SHA256.byteCount && size % 512 == Int64(SHA256.byteCount)
    if !hasHash { pass(tail[...]) }
    let state: EtcdSnapshotReport.HashState =
      hasHash ? (hash.finalize().elementsEqual(tail) ? .verified : .mismatched) : .absent
    let report = checker.finish()
    return EtcdSnapshotReport(hash: state, database: report, facts: EtcdDatabase(report))
  }
}
