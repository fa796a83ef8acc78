/// What the check of a database found.
public struct BoltReport: Sendable, Hashable {
  public enum Verdict: String, Sendable, Hashable {
    case sound, unsound
    /// The check was given up, see ``BoltProblem/Code/limitReached``.
    case undecided
  }

  /// Problems that are kept; further ones are only counted.
  public static let keptProblems = 64

  public internal(set) var problems: [BoltProblem] = []
  public internal(set) var problemCount = 0
  /// What does not make the database unsound, but should not be in a fresh copy of one: one invalid meta page of two, and
  /// what a stream could not tell for sure.
  public internal(set) var warnings: [BoltProblem] = []

  /// Bytes that were read.
  public internal(set) var size: Int64 = 0
  /// The meta page that counts; nil where there is none.
  public internal(set) var meta: BoltMeta?
  /// Pages in the free list; nil where it is not in the file.
  public internal(set) var freePages: Int?
  /// Pages in use, with meta pages and the free list. Zero where the check did not come so far.
  public internal(set) var usedPages = 0
  /// The buckets of the root, in order; at most ``keptBuckets``.
  public internal(set) var buckets: [BoltBucketSummary] = []
  /// Keys in all buckets together.
  public internal(set) var keyCount = 0
  var answers: [BoltProbe: BoltAnswer] = [:]

  public static let keptBuckets = 256

  public init() {}

  public var verdict: Verdict {
    if problems.contains(where: { $0.code != .limitReached }) { return .unsound }
    return problems.isEmpty ? .sound : .undecided
  }

  public var isSound: Bool { verdict == .sound }

  /// The bytes that the database takes; what follows is no part of it. Nil without a valid meta page.
  public var databaseSize: Int64? {
    guard let meta else { return nil }
    let (size, overflows) = meta.pages.multipliedReportingOverflow(by: UInt64(meta.pageSize))
    return overflows ? nil : Int64(exactly: size)
  }

  /// - Returns: Nil where there is no such key, or it is a bucket, or the value is longer than the probe allows.
  public func value(_ probe: BoltProbe) -> [UInt8]? {
    guard case .bytes(let bytes) = answers[probe] else { return nil }
    return bytes
  }

  /// - Returns: Zero also where there is no such bucket.
  public func count(_ probe: BoltProbe) -> Int {
    guard case .count(let count) = answers[probe] else { return 0 }
    return count
  }

  /// - Returns: Empty also where there is no such bucket.
  public func samples(_ probe: BoltProbe) -> [[UInt8]] {
    guard case .samples(let values) = answers[probe] else { return [] }
    return values
  }

  public func bucket(_ name: String) -> BoltBucketSummary? {
    let bytes = Array(name.utf8)
    return buckets.first { $0.name == bytes }
  }

  mutating func add(_ problem: BoltProblem) {
    problemCount += 1
    if problems.count < Self.keptProblems { problems.append(problem) }
  }
}

/// A bucket of the root.
public struct BoltBucketSummary: Sendable, Hashable {
  public var name: [UInt8]
  /// Keys and buckets directly in it.
  public var entries: Int
  /// Keys in it and in all buckets below.
  public var keys: Int
  /// Buckets below it.
  public var buckets: Int
  /// Its root page; zero where it has none of its own.
  var page: UInt32

  /// The name as text; bytes that are not UTF-8 become U+FFFD.
  public var text: String { String(decoding: name, as: UTF8.self) }
}
