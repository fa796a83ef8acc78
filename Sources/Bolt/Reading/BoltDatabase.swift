/// A bbolt file that can be read at any place.
///
/// Nothing in the file is trusted: what a damaged page leads to ends in a ``BoltError``. Pages are read when they are needed
/// and not kept; memory is one page on each level of the tree.
public struct BoltDatabase: Sendable {
  /// Deeper trees are damage: a tree of this depth has more pages than a file can hold.
  static let maximumDepth = 64
  private static let pieceSize = 1 << 20

  public let meta: BoltMeta
  let bytes: any BoltBytes

  /// - Throws: ``BoltError`` with code `notDatabase` or `unreadable`.
  public init(_ bytes: any BoltBytes) throws {
    let metas = try bytes.read(at: 0, count: BoltMetaPages.headSize).withUnsafeBytes { BoltMetaPages(head: $0) }
    guard let meta = metas.current else {
      throw BoltError(.notDatabase, page: metas.failure.page, metas.failure.message)
    }
    self.meta = meta
    self.bytes = bytes
  }

  /// - Throws: ``BoltError`` with code `notDatabase` or `unreadable`.
  public init(path: String) throws {
    try self.init(BoltFileBytes(path: path))
  }

  /// The bucket that holds all others.
  public var root: BoltBucket { BoltBucket(database: self, tree: .page(meta.root)) }

  /// - Returns: Nil where there is no such bucket.
  public func bucket(_ path: String...) throws -> BoltBucket? {
    var bucket: BoltBucket? = root
    for name in path { bucket = try bucket?.bucket(Array(name.utf8)) }
    return bucket
  }

  /// Checks a file from its start to its end. See ``BoltStreamChecker``; keys of any length are compared here.
  ///
  /// - Parameter memoryLimit: In bytes.
  /// - Throws: ``BoltError`` with code `unreadable`, or `CancellationError`: damage is not an error but in the report.
  public static func check(
    _ bytes: any BoltBytes, probes: [BoltProbe] = [], memoryLimit: Int = 4 * BoltStreamChecker.defaultMemoryLimit
  ) throws -> BoltReport {
    var checker = BoltStreamChecker(probes: probes, memoryLimit: memoryLimit, comparesWholeKeys: true)
    var offset: Int64 = 0
    while offset < bytes.size {
      try Task.checkCancellation()
      let piece = try bytes.read(at: offset, count: pieceSize)
      guard !piece.isEmpty else { break }
      piece.withUnsafeBytes { checker.consume($0) }
      offset += Int64(piece.count)
    }
    return checker.finish()
  }
}
