public import NIOCore

/// Checks a bbolt file whose bytes pass once, in order, as `bbolt check` would the file, and answers probes.
///
/// It finds what `bbolt check` finds: every page reachable or free, in bounds, referenced once, of the right type, its
/// elements in bounds, keys in order within and across pages and against the parent's keys, the free list accounted for.
/// Besides it checks the meta pages, the file's length against its high-water mark, inline buckets (which bbolt
/// skips), and rules that bbolt's writer keeps: keys and values lie without gaps, and a parent holds its child's first key.
///
/// Each page is checked while it passes; what it refers to, and its first and last key, is kept, and the tree is judged
/// at the end. Memory: about 40 bytes and two keys for each page that looks like one in use (70 to 120 bytes, so
/// 20 to 30 MiB for a database of 1 GiB with pages of 4 KiB), at most `memoryLimit`; one more page of at most 64 KiB; and a few MiB
/// at worst for damaged pages. A database that needs more ends as ``BoltReport/Verdict/undecided``.
/// Any bytes give a report, and never an error.
///
///     var checker = BoltStreamChecker(probes: [.value("meta", "snapshotId")])
///     for try await bytes in stream { checker.consume(bytes) }
///     let report = checker.finish()
public struct BoltStreamChecker: Sendable {
  public static let defaultMemoryLimit = 64 << 20
  /// Of each page's first and last key. Where longer keys differ only after that, their order across pages is not told.
  public static let keptKeySize = 64
  /// Left-overs of freed pages with overflow may overlap pages in use; no sound file comes near this number.
  private static let maximumScans = 16

  private let probes: ProbeIndex
  private var size: Int64 = 0
  /// The beginning of the file until its page size is known, then of a page that is not complete.
  private var pending: [UInt8] = []
  private var metas: BoltMetaPages?
  private var meta: BoltMeta?
  private var nextPage: UInt64 = 0
  private var table: PageTable
  private var scans: [(scan: PageScan, pagesLeft: UInt32)] = []
  private var freelist: FreelistScan?
  private var freelistPagesLeft: UInt64 = 0
  /// Leaf pages of the root bucket that are known before they come.
  private var rootLeaves: Set<UInt64> = []
  private var rootEntries: [UInt32: [PageScan.RootEntry]] = [:]

  /// - Parameters:
  ///   - memoryLimit: In bytes.
  ///   - comparesWholeKeys: Keeps keys of any length, so that their order is always told; for files, where memory may be
  ///     taken.
  public init(
    probes: [BoltProbe] = [], memoryLimit: Int = Self.defaultMemoryLimit, comparesWholeKeys: Bool = false
  ) {
    self.probes = ProbeIndex(probes)
    table = PageTable(
      keyLimit: comparesWholeKeys ? BoltFormat.maximumKeySize : Self.keptKeySize, memoryLimit: memoryLimit)
  }

  /// The bytes of a file's beginning that ``recognizes(head:)`` needs.
  public static let headSize = BoltMetaPages.headSize

  /// Whether a file looks like one of bbolt, sound or not.
  ///
  /// - Parameter head: Its first ``headSize`` bytes, or all of a shorter file.
  public static func recognizes(head: ByteBuffer) -> Bool {
    head.withUnsafeReadableBytes { BoltMetaPages(head: UnsafeRawBufferPointer(rebasing: $0.prefix(headSize))).sawMagic }
  }

  /// Takes the next bytes of the file.
  public mutating func consume(_ bytes: ByteBuffer) {
    bytes.withUnsafeReadableBytes { consume($0) }
  }

  /// Takes the next bytes of the file.
  public mutating func consume(_ bytes: UnsafeRawBufferPointer) {
    size += Int64(bytes.count)
    guard metas == nil else { return takePages(bytes) }
    pending.append(contentsOf: bytes)
    if pending.count >= BoltMetaPages.headSize { begin() }
  }

  /// Tells what was found. To be called once, at the end of the file.
  public mutating func finish() -> BoltReport {
    if metas == nil { begin() }
    var report = BoltReport()
    report.size = size
    guard let metas, let meta else {
      report.add(metas?.failure ?? BoltProblem(.notBolt, page: nil, "there are no bytes"))
      return report
    }
    report.meta = meta
    for problem in metas.problems { report.add(problem) }
    report.warnings = metas.warnings
    guard let needed = report.databaseSize, needed <= size else {
      report.add(
        BoltProblem(
          .truncated, page: nextPage,
          "the file ends within page \(nextPage): it has \(size) bytes, and its meta page says \(meta.pages) pages of "
            + "\(meta.pageSize) bytes (the high-water mark)"))
      return report
    }
    guard !table.isFull else {
      report.add(
        BoltProblem(
          .limitReached, page: nil,
          "the pages could not be checked against each other within \(table.memoryLimit >> 20) MiB of memory"))
      return report
    }
    var graph = GraphCheck(meta: meta, table: table, freelist: freelist, probes: probes, rootEntries: rootEntries)
    graph.run(into: &report)
    return report
  }

  // MARK: Pages

  private mutating func begin() {
    let head = pending
    pending = []
    let metas = head.withUnsafeBytes { BoltMetaPages(head: $0) }
    self.metas = metas
    guard let meta = metas.current else { return }
    self.meta = meta
    if meta.pages <= BoltFormat.maximumPages { rootLeaves = [meta.root] }
    head.withUnsafeBytes { takePages($0) }
  }

  private mutating func takePages(_ bytes: UnsafeRawBufferPointer) {
    guard let meta, nextPage < min(meta.pages, BoltFormat.maximumPages), !table.isFull else { return }
    var rest = bytes
    if !pending.isEmpty {
      let taken = min(meta.pageSize - pending.count, rest.count)
      pending.append(contentsOf: rest[..<taken])
      rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
      guard pending.count == meta.pageSize else { return }
      let page = pending
      pending.removeAll(keepingCapacity: true)
      page.withUnsafeBytes { takePage($0, meta) }
    }
    while rest.count >= meta.pageSize, nextPage < meta.pages {
      takePage(rest.slice(0, meta.pageSize), meta)
      rest = UnsafeRawBufferPointer(rebasing: rest[meta.pageSize...])
    }
    if nextPage < meta.pages { pending.append(contentsOf: rest) }
  }

  private mutating func takePage(_ page: UnsafeRawBufferPointer, _ meta: BoltMeta) {
    let id = nextPage
    nextPage += 1
    guard id >= 2, id < BoltFormat.maximumPages else { return }
    continueScans(page)
    if id == meta.freelist {
      var scan = FreelistScan(id: id, highWaterMark: meta.pages, pageSize: meta.pageSize)
      scan.feed(page)
      freelistPagesLeft = UInt64(scan.overflow)
      freelist = scan
    } else if freelistPagesLeft > 0 {
      freelistPagesLeft -= 1
      freelist?.feed(page)
    } else {
      beginScan(page, id: id, meta)
    }
    table.account(extra: (freelist?.pages.count ?? 0) * 4 + rootEntries.count * 64)
  }

  private mutating func continueScans(_ page: UnsafeRawBufferPointer) {
    guard !scans.isEmpty else { return }
    for index in scans.indices {
      scans[index].scan.feed(page, probes)
      scans[index].pagesLeft -= 1
    }
    for (scan, pagesLeft) in scans where scan.isEnded || pagesLeft == 0 { end(scan) }
    scans.removeAll { $0.scan.isEnded || $0.pagesLeft == 0 }
  }

  private mutating func beginScan(_ page: UnsafeRawBufferPointer, id: UInt64, _ meta: BoltMeta) {
    let header = PageHeader(page)
    guard header.id == id, header.flags == PageFlag.branch || header.flags == PageFlag.leaf else { return }
    let kind: PageTable.Kind = header.flags == PageFlag.branch ? .branch : .leaf
    let record = table.begin(
      PageTable.Record(id: UInt32(id), overflow: header.overflow, count: header.count, kind: kind))
    var scan = PageScan(
      header: header, kind: kind, record: record, pageSize: meta.pageSize, highWaterMark: meta.pages,
      keepsBucketNames: rootLeaves.contains(id))
    scan.feed(page, probes)
    if scan.isEnded || header.overflow == 0 {
      end(scan)
    } else if scans.count < Self.maximumScans {
      scans.append((scan, header.overflow))
    } else {
      table.fail(record, .tooManyAtOnce, element: 0)
    }
  }

  private mutating func end(_ scan: PageScan) {
    guard scan.isDone, scan.fault == nil else {
      return table.fail(scan.record, scan.fault ?? .elementPosition, element: scan.element)
    }
    guard !table.isFull else { return }
    table.complete(scan.record, scan.details, scan.matches, limits: probes.candidateLimits)
    let record = table.records[scan.record]
    guard rootLeaves.contains(UInt64(record.id)) else { return }
    switch record.kind {
    case .leaf: rootEntries[record.id] = scan.bucketNames
    // Children that lie before their parent have passed; their names are not told.
    case .branch: rootLeaves.formUnion(scan.details.edges.map { UInt64($0.page) })
    }
  }
}
