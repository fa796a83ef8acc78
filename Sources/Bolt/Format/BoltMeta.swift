/// One of a file's two meta pages. The valid one with the higher transaction id describes the database.
public struct BoltMeta: Sendable, Hashable {
  /// In bytes.
  public var pageSize: Int
  /// The root bucket's root page.
  public var root: UInt64
  /// Nil where the free list is not in the file.
  public var freelist: UInt64?
  /// The high-water mark: one more than the highest page id in use.
  public var pages: UInt64
  public var transaction: UInt64

  /// Why a page cannot serve as a meta page.
  enum Fault: Error, Hashable {
    case missing, magic
    case version(UInt32)
    case checksum
    case pageSize(UInt32)
    case page(String)

    var text: String {
      switch self {
      case .missing: "the file ends before it"
      case .magic: "it has not the magic number of bbolt"
      case .version(let version): "it has version \(version), and only version \(BoltFormat.version) is known"
      case .checksum: "its checksum does not match"
      case .pageSize(let size): "its page size of \(size) bytes is impossible, or not that of the file"
      case .page(let detail): detail
      }
    }
  }

  /// - Parameters:
  ///   - page: The page from its start; it may be cut after 80 bytes.
  ///   - expectedPageSize: Where the page's place in the file tells it.
  static func parse(
    _ page: UnsafeRawBufferPointer, expectedPageSize: Int? = nil
  ) -> Result<BoltMeta, Fault> {
    guard page.count >= BoltFormat.metaEnd else { return .failure(.missing) }
    let meta = page.slice(BoltFormat.pageHeaderSize, BoltFormat.metaEnd - BoltFormat.pageHeaderSize)
    guard meta.littleEndian(at: 0) == BoltFormat.magic else { return .failure(.magic) }
    let version: UInt32 = meta.littleEndian(at: 4)
    guard version == BoltFormat.version else { return .failure(.version(version)) }
    guard FNV.hash(meta.slice(0, BoltFormat.metaChecksumOffset)) == meta.littleEndian(at: BoltFormat.metaChecksumOffset)
    else { return .failure(.checksum) }
    let pageSize: UInt32 = meta.littleEndian(at: 8)
    guard BoltFormat.pageSizes.contains(Int(pageSize)), Int(pageSize) == expectedPageSize ?? Int(pageSize) else {
      return .failure(.pageSize(pageSize))
    }
    let freelist: UInt64 = meta.littleEndian(at: 32)
    let parsed = BoltMeta(
      pageSize: Int(pageSize), root: meta.littleEndian(at: 16),
      freelist: freelist == BoltFormat.noFreelist ? nil : freelist,
      pages: meta.littleEndian(at: 40), transaction: meta.littleEndian(at: 48))
    return .success(parsed)
  }

  /// Whether the bytes of a page carry bbolt's magic number, whatever else is wrong with them.
  static func hasMagic(_ page: UnsafeRawBufferPointer) -> Bool {
    page.count >= BoltFormat.pageHeaderSize + 4
      && page.littleEndian(at: BoltFormat.pageHeaderSize, as: UInt32.self) == BoltFormat.magic
  }
}

/// Both meta pages of a file, and which of them counts.
struct BoltMetaPages {
  /// The first bytes of a file that surely hold both meta pages, if it has them.
  static let headSize = 65536 + BoltFormat.metaEnd

  let results: [Result<BoltMeta, BoltMeta.Fault>]
  let sawMagic: Bool
  /// What bbolt would stop at, though it might not need the page.
  private(set) var problems: [BoltProblem] = []

  /// - Parameter head: The file's first ``headSize`` bytes, or all of a shorter one.
  init(head: UnsafeRawBufferPointer) {
    let first = BoltMeta.parse(head)
    var second = Result<BoltMeta, BoltMeta.Fault>.failure(.missing)
    var sawMagic = BoltMeta.hasMagic(head)
    // Without the first page the second one's place is not known, and with a false page size neither.
    let sizes = (try? first.get()).map { [$0.pageSize] } ?? BoltFormat.pageSizes
    for size in sizes where size < head.count {
      let page = UnsafeRawBufferPointer(rebasing: head[size...])
      let result = BoltMeta.parse(page, expectedPageSize: size)
      if BoltMeta.hasMagic(page) { sawMagic = true } else if sizes.count > 1 { continue }
      second = result
      if case .success = result { break }
    }
    results = [first, second]
    self.sawMagic = sawMagic
    problems = findProblems(head)
  }

  private func findProblems(_ head: UnsafeRawBufferPointer) -> [BoltProblem] {
    guard let current else { return [] }
    var problems: [BoltProblem] = []
    for (page, result) in zip(0..., results) {
      let offset = page * current.pageSize
      guard offset + BoltFormat.pageHeaderSize <= head.count else { continue }
      let header = PageHeader(head.slice(offset, BoltFormat.pageHeaderSize))
      if header.id != UInt64(page) || header.flags != PageFlag.meta {
        let found = header.id == UInt64(page) ? PageFlag.name(header.flags) : "page \(header.id)"
        problems.append(
          BoltProblem(
            .pageTypeInvalid, page: UInt64(page), "page \(page) should be a meta page and says that it is \(found)"))
      } else if case .failure(.pageSize) = result {
        // Its checksum holds, so that bbolt would go by it.
        problems.append(contentsOf: warning(page, result))
      }
    }
    return problems
  }

  /// The one that bbolt would open the file with.
  var current: BoltMeta? {
    let valid = results.compactMap { try? $0.get() }
    return valid.max { $0.transaction < $1.transaction }
  }

  /// Where no meta page is valid.
  var failure: BoltProblem {
    guard sawMagic else {
      return BoltProblem(.notBolt, page: nil, "this is not a bbolt file: neither meta page has its magic number")
    }
    let reasons = zip(0..., results).map { index, result in
      guard case .failure(let fault) = result else { return "" }
      return "page \(index): \(fault.text)"
    }
    return BoltProblem(.metaInvalid, page: 0, "neither meta page is valid (" + reasons.joined(separator: "; ") + ")")
  }

  /// Where one of the two is not valid: the database opens, but not as it was written.
  var warnings: [BoltProblem] {
    guard current != nil, problems.isEmpty else { return [] }
    return zip(0..., results).flatMap { warning($0, $1) }
  }

  private func warning(_ page: Int, _ result: Result<BoltMeta, BoltMeta.Fault>) -> [BoltProblem] {
    guard case .failure(let fault) = result else { return [] }
    return [
      BoltProblem(
        .metaInvalid, page: UInt64(page),
        "meta page \(page) is not valid: \(fault.text); the database opens with the other one")
    ]
  }
}
