/// Judges the tree when all pages have passed: from the root bucket down, in the order of keys.
struct GraphCheck {
  private let meta: BoltMeta
  private var table: PageTable
  private let freelist: FreelistScan?
  private let probes: ProbeIndex
  private let rootEntries: [UInt32: [PageScan.RootEntry]]

  private let pageCount: Int
  private var used: PageSet
  private var freed: PageSet
  private var report = BoltReport()
  private var unresolved = 0
  private var pending: [Visit] = []

  /// A bucket that is still to be walked.
  private struct Visit {
    var root: UInt32
    /// The page that refers to it; nil for the root bucket.
    var parent: UInt32?
    /// How many names lead to it.
    var depth: Int
    var mask: ProbeIndex.Mask
    /// The bucket of the root that it lies in, as an index into the report's buckets.
    var summary: Int?
  }

  /// A branch page on the way down.
  private struct Frame {
    var record: Int
    var details: StoredDetails
    var next = 0
  }

  init(
    meta: BoltMeta, table: PageTable, freelist: FreelistScan?, probes: ProbeIndex,
    rootEntries: [UInt32: [PageScan.RootEntry]]
  ) {
    self.meta = meta
    self.table = table
    self.freelist = freelist
    self.probes = probes
    self.rootEntries = rootEntries
    pageCount = Int(meta.pages)
    used = PageSet(pages: pageCount)
    freed = PageSet(pages: pageCount)
  }

  mutating func run(into result: inout BoltReport) {
    report = result
    defer { result = report }
    table.sortMatches()
    _ = used.insert(0)
    _ = used.insert(1)
    takeFreelist()
    guard meta.root >= 2, meta.root < meta.pages else {
      add(.pageOutOfBounds, meta.root, "the root bucket is on page \(meta.root), which is outside the database")
      return
    }
    pending = [Visit(root: UInt32(meta.root), parent: nil, depth: 0, mask: probes.all, summary: nil)]
    while let visit = pending.popLast() { walk(visit) }
    account()
    if unresolved > 0 {
      report.warnings.append(
        BoltProblem(
          .keyOrder, page: nil,
          "the order of \(unresolved) pairs of very long keys could not be told in a stream; check the file to know"))
    }
  }

  private mutating func add(_ code: BoltProblem.Code, _ page: UInt64, _ message: String) {
    report.add(BoltProblem(code, page: page, message))
  }

  // MARK: The free list

  private mutating func takeFreelist() {
    guard let id = meta.freelist else { return }
    guard id >= 2, id < meta.pages else {
      return add(.pageOutOfBounds, id, "the free list is on page \(id), which is outside the database")
    }
    guard let freelist else { return }
    if let problem = freelist.problem {
      report.add(problem)
      // Its pages are known to be in use all the same.
      _ = used.insert(Int(id))
      return
    }
    for page in Int(id)...Int(id) + Int(freelist.overflow) { _ = used.insert(page) }
    report.freePages = freelist.pages.count
    for page in freelist.pages {
      if !freed.insert(Int(page)) { add(.pageFreedTwice, UInt64(page), "the free list names page \(page) twice") }
      // Bits of the list's own pages are the only ones that are set by now.
      if used.contains(Int(page)) {
        add(.pageFreed, UInt64(page), "page \(page) belongs to the free list, which names it as free")
      }
    }
  }

  /// Every page below the high-water mark is in use or free.
  private mutating func account() {
    report.usedPages = used.count
    // Without a list every page that is not in use is free; with a broken one nothing can be said.
    guard meta.freelist != nil, report.freePages != nil else { return }
    var start: Int?
    for page in 2...pageCount {
      let isLost = page < pageCount && !used.contains(page) && !freed.contains(page)
      if isLost, start == nil { start = page }
      guard !isLost, let first = start else { continue }
      let names = first == page - 1 ? "page \(first) is" : "pages \(first) to \(page - 1) are"
      add(.pageUnreachable, UInt64(first), "\(names) neither reachable nor in the free list")
      start = nil
    }
  }

  // MARK: Buckets

  private mutating func walk(_ visit: Visit) {
    var frames: [Frame] = []
    var last: (key: StoredKey, page: UInt32)?
    descend(to: visit.root, from: visit.parent, hash: nil, visit, &frames, &last)
    while let frame = frames.last {
      guard frame.next < frame.details.edgeCount else {
        frames.removeLast()
        continue
      }
      frames[frames.count - 1].next += 1
      let edge = frame.details.edge(frame.next, table)
      descend(to: edge.page, from: table.records[frame.record].id, hash: edge.tag, visit, &frames, &last)
    }
    guard let last, last.key.length > 0 else { return }
    probes.forEach(visit.mask & probes.lastKeys) { probe in
      guard probes.depths[probe] == visit.depth else { return }
      answer(probe, .bytes(Array(table.key(last.key).prefix(PageScan.lastKeyLimit))))
    }
  }

  /// - Parameter hash: Of the key that the parent has for the page; nil for a bucket's root.
  private mutating func descend(
    to page: UInt32, from parent: UInt32?, hash: UInt32?, _ visit: Visit, _ frames: inout [Frame],
    _ last: inout (key: StoredKey, page: UInt32)?
  ) {
    guard let number = enter(page, parent) else { return }
    let record = table.records[number]
    let details = table.details(number)
    if let hash {
      guard record.count > 0 else {
        return add(.pageEmpty, UInt64(page), "page \(page) (\(record.kind)): it has no elements\(reference(parent))")
      }
      if table.hash32(details.firstKey) != hash {
        add(
          .keyOrder, UInt64(page),
          "page \(page) (\(record.kind)): its first key is not the one\(reference(parent)) has for it")
      }
    }
    switch record.kind {
    case .branch: frames.append(Frame(record: number, details: details))
    case .leaf:
      if record.count > 0 {
        compare(last, details.firstKey, page)
        last = (details.lastKey, page)
      }
      take(number, record, details, visit)
    }
  }

  private func reference(_ parent: UInt32?) -> String {
    parent.map { " that page \($0)" } ?? " that its parent"
  }

  private mutating func compare(_ last: (key: StoredKey, page: UInt32)?, _ first: StoredKey, _ page: UInt32) {
    guard let last else { return }
    switch table.isAscending(last.key, first) {
    case .some(true): break
    case .some(false):
      add(
        .keyOrder, UInt64(page),
        "page \(page) (leaf): its first key is not greater than the last one of page \(last.page)")
    case .none: unresolved += 1
    }
  }

  /// - Returns: The page's record, if the page is one that can be walked.
  private mutating func enter(_ page: UInt32, _ parent: UInt32?) -> Int? {
    let origin = parent.map { "page \($0)" } ?? "the meta page"
    let number = table.find(UInt64(page))
    // A page whose overflow cannot be is marked by itself alone.
    var end = Int(page)
    if let number { end = min(end + Int(table.records[number].overflow), pageCount - 1) }
    // The first page that is taken ends the marking, so that overlapping pages cost no more than the database has.
    for id in Int(page)...end {
      guard used.insert(id) else {
        add(.pageReferencedTwice, UInt64(id), "page \(id) is referenced more than once (here by \(origin))")
        if id == Int(page) { return nil }
        break
      }
      if freed.contains(id) {
        add(.pageFreed, UInt64(id), "page \(id) is in use (\(origin) refers to it) and in the free list")
      }
    }
    guard let number else {
      add(
        .pageTypeInvalid, UInt64(page),
        "page \(page) is no branch or leaf page, or says that it is another page (\(origin) refers to it)")
      return nil
    }
    let record = table.records[number]
    guard record.fault == .none else {
      report.add(record.fault.problem(page: UInt64(page), kind: record.kind, element: Int(record.detail)))
      return nil
    }
    return number
  }

  // MARK: Content

  private mutating func take(_ number: Int, _ record: PageTable.Record, _ details: StoredDetails, _ visit: Visit) {
    report.keyCount += Int(record.count) - details.edgeCount - details.inlineBuckets + details.inlineKeys
    if visit.depth == 0 { takeRootEntries(record.id) }
    if let summary = visit.summary {
      if visit.depth == 1 { report.buckets[summary].entries += Int(record.count) }
      report.buckets[summary].buckets += details.edgeCount + details.inlineBuckets
      report.buckets[summary].keys +=
        Int(record.count) - details.edgeCount - details.inlineBuckets + details.inlineKeys
    }
    answerCounts(Int(record.count), visit)
    answerMatches(number, visit)
    // The last one goes first onto the stack, so that buckets are walked in order.
    for index in (0..<details.edgeCount).reversed() {
      let edge = details.edge(index, table)
      let mask = probes.step(visit.mask, depth: visit.depth, UInt8(truncatingIfNeeded: edge.tag))
      let summary = visit.summary ?? report.buckets.lastIndex { $0.page == edge.page && visit.depth == 0 }
      pending.append(
        Visit(root: edge.page, parent: record.id, depth: visit.depth + 1, mask: mask, summary: summary))
    }
  }

  private mutating func takeRootEntries(_ page: UInt32) {
    for entry in rootEntries[page] ?? [] where report.buckets.count < BoltReport.keptBuckets {
      report.buckets.append(
        BoltBucketSummary(name: entry.name, entries: entry.keys, keys: entry.keys, buckets: 0, page: entry.page))
    }
  }

  private mutating func answerCounts(_ count: Int, _ visit: Visit) {
    probes.forEach(visit.mask & probes.counting) { probe in
      if probes.depths[probe] == visit.depth + 1 { answer(probe, .count(count)) }
    }
  }

  private mutating func answerMatches(_ number: Int, _ visit: Visit) {
    for match in table.matches(of: number) {
      let probe = Int(match.probe)
      var (mask, depth) = (visit.mask, visit.depth + 1)
      if let name = match.inlineName {
        mask = probes.step(mask, depth: visit.depth, name)
        depth += 1
      }
      guard mask & (1 << ProbeIndex.Mask(probe)) != 0, probes.depths[probe] == depth else { continue }
      answer(probe, match.bytes.map { .bytes($0) } ?? .count(Int(match.count)))
    }
  }

  private mutating func answer(_ probe: Int, _ answer: BoltAnswer) {
    let question = probes.probes[probe]
    if case .samples(let limit) = question.question {
      let samples = report.samples(question)
      if case .bytes(let value) = answer, samples.count < limit {
        report.answers[question] = .samples(samples + [value])
      }
    } else if case .count(let more) = answer, case .count(let count) = report.answers[question] {
      report.answers[question] = .count(count + more)
    } else {
      report.answers[question] = answer
    }
  }
}
