/// Checks one branch or leaf page while its bytes pass, overflow pages included, and gathers what is kept of it.
///
/// bbolt writes a page's keys and values without gaps, in the order of its elements (internal/common/inode.go,
/// WriteInodeToPage). So one pass suffices, and values are not kept. Memory: the page's elements and two keys.
struct PageScan: Sendable {
  /// An inline bucket is at most a quarter of a page; longer ones are damage.
  static let longestBucketValue = 64 << 10

  private enum Part { case key, value }

  let record: Int
  private let kind: PageTable.Kind
  private let count: Int
  /// Bytes of the page and its overflow pages.
  private let length: Int
  private let highWaterMark: UInt64
  /// Whether bucket names are wanted: on a leaf page of the root bucket.
  private let keepsBucketNames: Bool

  private var position = 0
  private var elements: [UInt8] = []
  private var index = 0
  private var part: Part?
  /// Of the key or value that is being read: where it ends, and whether its bytes are wanted.
  private var partEnd = 0
  private var isWanted = false
  private var key: [UInt8] = []
  private var previousKey: [UInt8] = []
  private var value: [UInt8] = []
  private var bucketFlag = false
  private var nameNumber = ProbeIndex.other
  private var valueProbes: ProbeIndex.Mask = 0

  private(set) var fault: PageFault?
  private(set) var isDone = false
  private(set) var details = PageTable.Details()
  private(set) var matches: [ProbeMatch] = []
  private(set) var bucketNames: [RootEntry] = []

  /// A bucket in the root bucket.
  struct RootEntry: Sendable {
    var name: [UInt8]
    /// Zero of an inline bucket.
    var page: UInt32
    /// Keys of an inline bucket.
    var keys: Int
  }

  init(
    header: PageHeader, kind: PageTable.Kind, record: Int, pageSize: Int, highWaterMark: UInt64,
    keepsBucketNames: Bool
  ) {
    self.record = record
    self.kind = kind
    self.highWaterMark = highWaterMark
    self.keepsBucketNames = keepsBucketNames
    count = Int(header.count)
    length = (Int(header.overflow) + 1) * pageSize
    if header.id + UInt64(header.overflow) >= highWaterMark {
      fault = .overflow
    } else if kind == .branch && count == 0 {
      fault = .emptyBranch
    } else if header.count == BoltFormat.countMark || elementsEnd > length {
      fault = .tooManyElements
    }
    if count == 0 { isDone = true }
  }

  var isEnded: Bool { isDone || fault != nil }
  var element: Int { index }

  private var elementsEnd: Int { BoltFormat.pageHeaderSize + count * BoltFormat.elementSize }

  /// - Parameter bytes: The next bytes of the page, from its header on.
  mutating func feed(_ bytes: UnsafeRawBufferPointer, _ probes: ProbeIndex) {
    let end = position + bytes.count
    var rest = bytes
    takeElements(&rest)
    while !isEnded {
      guard let part else {
        guard elements.count == count * BoltFormat.elementSize else { break }
        beginElement()
        continue
      }
      let taken = min(partEnd - position, rest.count)
      if isWanted {
        let piece = UnsafeRawBufferPointer(rebasing: rest[..<taken])
        if part == .key { key.append(contentsOf: piece) } else { value.append(contentsOf: piece) }
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
      position += taken
      guard position == partEnd else { break }
      if part == .key { endKey(probes) } else { endValue(probes) }
    }
    position = end
  }

  private mutating func takeElements(_ rest: inout UnsafeRawBufferPointer) {
    if position == 0 {
      let skipped = min(BoltFormat.pageHeaderSize, rest.count)
      rest = UnsafeRawBufferPointer(rebasing: rest[skipped...])
      position = skipped
    }
    let taken = min(elementsEnd - position, rest.count)
    guard taken > 0 else { return }
    elements.append(contentsOf: rest[..<taken])
    rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
    position += taken
  }

  private mutating func fail(_ reason: PageFault) { fault = reason }

  private mutating func beginElement() {
    guard index < count else {
      details.lastKey = previousKey
      isDone = true
      return
    }
    let offset = index * BoltFormat.elementSize
    let (start, keySize, valueSize) = elements.withUnsafeBytes { bytes in
      switch kind {
      case .branch:
        let element = BranchElement(bytes, at: offset)
        return (element.position, element.keySize, 0)
      case .leaf:
        let element = LeafElement(bytes, at: offset)
        return (element.position, element.keySize, element.valueSize)
      }
    }
    guard BoltFormat.pageHeaderSize + offset + start == position, keySize + valueSize <= length - position else {
      return fail(.elementPosition)
    }
    guard keySize > 0 else { return fail(.emptyKey) }
    guard keySize <= BoltFormat.maximumKeySize else { return fail(.longKey) }
    (part, partEnd, isWanted) = (.key, position + keySize, true)
    key.removeAll(keepingCapacity: true)
  }

  private mutating func endKey(_ probes: ProbeIndex) {
    if index == 0 {
      details.firstKey = key
    } else if previousKey.withUnsafeBytes({ left in key.withUnsafeBytes { compareKeys(left, $0) } }) >= 0 {
      return fail(.keyOrder)
    }
    switch kind {
    case .branch: endBranchElement()
    case .leaf: beginValue(probes)
    }
  }

  private mutating func endBranchElement() {
    let page = elements.withUnsafeBytes { BranchElement($0, at: index * BoltFormat.elementSize).page }
    guard isInBounds(page) else { return fail(.childOutOfBounds) }
    let hash = key.withUnsafeBytes { FNV.hash32($0) }
    details.edges.append(PageTable.Edge(page: UInt32(page), tag: hash))
    advance()
  }

  private mutating func beginValue(_ probes: ProbeIndex) {
    let element = elements.withUnsafeBytes { LeafElement($0, at: index * BoltFormat.elementSize) }
    guard element.flags <= BoltFormat.bucketElementFlag else { return fail(.elementFlags) }
    bucketFlag = element.flags == BoltFormat.bucketElementFlag
    nameNumber = key.withUnsafeBytes { probes.number(of: $0) }
    valueProbes = probes.ending(nameNumber, isBucket: bucketFlag)
    if bucketFlag {
      guard (BoltFormat.bucketHeaderSize...Self.longestBucketValue).contains(element.valueSize) else {
        return fail(.bucketValue)
      }
    }
    isWanted = bucketFlag || (valueProbes != 0 && element.valueSize <= probes.valueLimit(valueProbes))
    (part, partEnd) = (.value, position + element.valueSize)
    value.removeAll(keepingCapacity: true)
  }

  private mutating func endValue(_ probes: ProbeIndex) {
    if bucketFlag {
      guard endBucket(probes) else { return }
    } else if valueProbes != 0 {
      note(valueProbes, isWanted ? value : nil, inlineName: nil, isBucket: false, probes)
    }
    advance()
  }

  private mutating func advance() {
    swap(&key, &previousKey)
    part = nil
    index += 1
  }

  private func isInBounds(_ page: UInt64) -> Bool { page >= 2 && page < highWaterMark }

  private mutating func endBucket(_ probes: ProbeIndex) -> Bool {
    let root: UInt64 = value.withUnsafeBytes { $0.littleEndian(at: 0) }
    var keys = 0
    if root == 0 {
      guard let inlineKeys = scanInline(probes) else { return false }
      keys = inlineKeys
    } else {
      guard value.count == BoltFormat.bucketHeaderSize else {
        fail(.bucketValue)
        return false
      }
      guard isInBounds(root) else {
        fail(.bucketRoot)
        return false
      }
      details.edges.append(PageTable.Edge(page: UInt32(root), tag: UInt32(nameNumber)))
    }
    if valueProbes != 0 { note(valueProbes & ~probes.lastKeys, nil, inlineName: nil, isBucket: true, probes) }
    if keepsBucketNames, bucketNames.count < BoltReport.keptBuckets {
      bucketNames.append(RootEntry(name: key, page: UInt32(root), keys: keys))
    }
    return true
  }

  private mutating func scanInline(_ probes: ProbeIndex) -> Int? {
    let bytes = value
    let name = nameNumber
    var lastKey: [UInt8]?
    let wantsLastKey = valueProbes & probes.lastKeys != 0
    let result = bytes.withUnsafeBytes { buffer in
      InlineBucket.scan(buffer) { entry in
        if wantsLastKey { lastKey = Array(entry.key.prefix(PageScan.lastKeyLimit)) }
        let mask = probes.ending(probes.number(of: entry.key), isBucket: false)
        guard mask != 0 else { return }
        let kept = entry.value.count <= probes.valueLimit(mask) ? Array(entry.value) : nil
        note(mask, kept, inlineName: name, isBucket: false, probes)
      }
    }
    switch result {
    case .failure(let reason):
      fail(reason)
      return nil
    case .success(let keys):
      details.inlineBuckets += 1
      details.inlineKeys += keys
      if keys > 0 { noteCount(keys, probes) }
      if let lastKey {
        probes.forEach(valueProbes & probes.lastKeys) { probe in
          matches.append(ProbeMatch(record: 0, probe: UInt8(probe), inlineName: nil, bytes: lastKey))
        }
      }
      return keys
    }
  }

  static let lastKeyLimit = 64

  /// Notes an inline bucket's number of keys for the probes that count a bucket's entries.
  private mutating func noteCount(_ keys: Int, _ probes: ProbeIndex) {
    probes.forEach(probes.counting) { probe in
      let path = probes.probes[probe].path
      guard path.count >= 2, probes.matches(path[path.count - 2], nameNumber) else { return }
      add(ProbeMatch(record: 0, probe: UInt8(probe), inlineName: nameNumber, count: UInt32(keys)))
    }
  }

  private mutating func note(
    _ mask: ProbeIndex.Mask, _ bytes: [UInt8]?, inlineName: UInt8?, isBucket: Bool, _ probes: ProbeIndex
  ) {
    probes.forEach(mask) { probe in
      let match = ProbeMatch(record: 0, probe: UInt8(probe), inlineName: inlineName, bytes: nil)
      switch probes.probes[probe].question {
      case .value, .samples:
        guard let bytes, !isBucket, bytes.count <= probes.valueLimit(1 << ProbeIndex.Mask(probe)) else { return }
        matches.append(ProbeMatch(record: 0, probe: UInt8(probe), inlineName: inlineName, bytes: bytes))
      case .count(equals: .none): add(match)
      case .count(equals: .some(let expected)):
        if !isBucket, bytes == expected { add(match) }
      case .lastKey: break
      }
    }
  }

  /// Counts are added up for each page, so that a page adds a few matches at most.
  private mutating func add(_ match: ProbeMatch) {
    if let same = matches.firstIndex(where: {
      $0.probe == match.probe && $0.inlineName == match.inlineName && $0.bytes == nil
    }) {
      matches[same].count &+= match.count
    } else {
      matches.append(match)
    }
  }
}
