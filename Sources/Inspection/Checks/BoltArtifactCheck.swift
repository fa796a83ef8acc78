internal import Bolt
internal import NIOCore
internal import OpenZitiSource

/// bbolt, and what OpenZiti and etcd keep in it.
struct BoltArtifactCheck: ArtifactCheck {
  private static let fileMemoryLimit = 256 << 20
  private var checker: EtcdSnapshotChecker
  /// A file that can be read again.
  private let path: String?

  init(path: String?) {
    self.path = path
    checker = EtcdSnapshotChecker(
      moreProbes: OpenZitiDatabase.probes,
      memoryLimit: path == nil ? BoltStreamChecker.defaultMemoryLimit : Self.fileMemoryLimit,
      comparesWholeKeys: path != nil)
  }

  mutating func consume(_ bytes: ByteBuffer, _ report: inout InspectionReport) -> Bool {
    checker.consume(bytes)
    return true
  }

  mutating func finish(_ report: inout InspectionReport) {
    let result = checker.finish()
    let database = result.database
    report.facts.merge(BoltFacts.facts(database)) { $1 }
    var problems = database.problems
    var problemCount = database.problemCount
    if let etcd = result.facts {
      report.kind = result.hash == .absent ? .etcdDatabase : .etcdSnapshot
      report.facts.merge(etcd.facts) { $1 }
      report.facts["sha256"] = result.hash == .absent ? nil : result.hash.rawValue
      problemCount += result.problems.count - problems.count
      problems = result.problems
      if result.hash == .absent {
        report.warnings.append(
          "there is no SHA-256 behind the database: this is a member's file and no snapshot, or it lost its end; "
            + "etcdutl restores it only with --skip-hash-check")
      }
    } else if let ziti = OpenZitiDatabase(database) {
      report.kind = .openZitiDatabase
      report.facts.merge(ziti.facts) { $1 }
      if ziti.origin == .snapshot {
        problems += database.warnings.filter { $0.code == .metaInvalid }
        problemCount = max(problemCount, problems.count)
      } else if let message = OpenZitiVerdict(database).message, database.isSound {
        report.warnings.append(message)
      }
    }
    report.warnings += database.warnings.filter { !problems.contains($0) }.map(\.message)
    judge(problems, count: problemCount, &report)
    addStatusHash(&report)
  }

  private func judge(_ problems: [BoltProblem], count: Int, _ report: inout InspectionReport) {
    report.problems = problems.map { .init(code: "\($0.code)", message: $0.message, page: $0.page) }
    report.problemCount = count
    if problems.contains(where: { $0.code != .limitReached }) {
      report.sound = false
    } else if problems.isEmpty {
      report.sound = true
    } else {
      report.giveUp("the database is too large to be checked within the limit of memory")
    }
  }

  /// Of a sound file of etcd alone: it takes a second reading, in the order of keys.
  private func addStatusHash(_ report: inout InspectionReport) {
    guard let path, report.sound == true, [.etcdSnapshot, .etcdDatabase].contains(report.kind) else { return }
    do {
      let hash = try EtcdDatabase.statusHash(BoltDatabase(path: path))
      report.facts["hash"] = String(hash, radix: 16)
    } catch {
      report.warnings.append("the hash of etcd's snapshot status could not be computed: \(error)")
    }
  }
}

enum BoltFacts {
  private static let listedBuckets = 20

  static func facts(_ report: BoltReport) -> [String: String] {
    guard let meta = report.meta else { return [:] }
    var facts = [
      "pageSize": "\(meta.pageSize)", "transaction": "\(meta.transaction)", "pages": "\(meta.pages)",
    ]
    facts["freePages"] = meta.freelist == nil ? "notInFile" : report.freePages.map(String.init)
    facts["databaseSize"] = report.databaseSize.map(String.init)
    guard report.usedPages > 0 else { return facts }
    facts["usedPages"] = "\(report.usedPages)"
    facts["keys"] = "\(report.keyCount)"
    facts["buckets"] =
      report.buckets.prefix(listedBuckets).map { "\($0.text.prefix(100)) (\($0.keys))" }.joined(separator: ", ")
      + (report.buckets.count > listedBuckets ? ", ..." : "")
    return facts
  }
}
