/// A bucket: keys with values, and buckets, in the order of their names.
public struct BoltBucket: Sendable {
  let database: BoltDatabase
  let tree: BoltTree

  public struct Entry: Sendable {
    public var key: [UInt8]
    /// Nil of a bucket.
    public var value: [UInt8]?
    /// Nil of a key.
    public var bucket: BoltBucket?
  }

  /// - Returns: Nil where there is no such key, or it is a bucket.
  /// - Throws: ``BoltError`` with code `corrupt` or `unreadable`, as all that reads.
  public func value(_ key: [UInt8]) throws -> [UInt8]? {
    guard case .bytes(let bytes) = try find(key) else { return nil }
    return bytes
  }

  public func value(_ key: String) throws -> [UInt8]? { try value(Array(key.utf8)) }

  /// - Returns: Nil where there is no such bucket.
  public func bucket(_ name: [UInt8]) throws -> BoltBucket? {
    guard case .bucket(let tree) = try find(name) else { return nil }
    return BoltBucket(database: database, tree: tree)
  }

  public func bucket(_ name: String) throws -> BoltBucket? { try bucket(Array(name.utf8)) }

  /// All entries, in order, from the first key that is not less than `key` on.
  public func entries(from key: [UInt8]? = nil) throws -> BoltCursor {
    try BoltCursor(self, from: key)
  }

  func rootPage() throws -> BoltPage {
    switch tree {
    case .page(let id): try BoltPage(id, of: database)
    case .inline(let bytes): try BoltPage(inline: bytes)
    }
  }

  private func find(_ key: [UInt8]) throws -> BoltValue? {
    var page = try rootPage()
    for _ in 0..<BoltDatabase.maximumDepth {
      let (index, isExact) = try page.search(key)
      guard page.isBranch else { return isExact ? try page.value(index) : nil }
      guard page.count > 0 else { throw BoltError(.corrupt, page: page.id, "page \(page.id) has no elements") }
      page = try BoltPage(page.child(isExact ? index : max(0, index - 1)), of: database)
    }
    throw BoltError(.corrupt, page: page.id, "the tree over page \(page.id) has no end")
  }
}

/// Goes through a bucket's entries in order. Not rewound; make a new one.
public struct BoltCursor: Sendable {
  private let bucket: BoltBucket
  private var path: [(page: BoltPage, next: Int)] = []
  private var visited: UInt64 = 0

  init(_ bucket: BoltBucket, from key: [UInt8]?) throws {
    self.bucket = bucket
    var page = try bucket.rootPage()
    while true {
      guard let key else {
        path = [(page, 0)]
        return
      }
      let (index, isExact) = try page.search(key)
      guard page.isBranch else {
        path.append((page, index))
        return
      }
      let child = isExact ? index : max(0, index - 1)
      guard child < page.count, path.count < BoltDatabase.maximumDepth else { throw Self.endless(page) }
      path.append((page, child + 1))
      page = try BoltPage(page.child(child), of: bucket.database)
    }
  }

  /// - Returns: Nil at the end.
  /// - Throws: ``BoltError``; then the cursor is of no use.
  public mutating func next() throws -> BoltBucket.Entry? {
    while let (page, index) = path.last {
      guard index < page.count else {
        path.removeLast()
        continue
      }
      path[path.count - 1].next += 1
      guard page.isBranch else { return try entry(page, index) }
      visited += 1
      // More pages than there are, or a path that is too deep, mean a circle.
      guard visited <= bucket.database.meta.pages, path.count < BoltDatabase.maximumDepth else {
        throw Self.endless(page)
      }
      path.append((try BoltPage(page.child(index), of: bucket.database), 0))
    }
    return nil
  }

  private static func endless(_ page: BoltPage) -> BoltError {
    BoltError(.corrupt, page: page.id, "the tree over page \(page.id) has no end, or a page without elements")
  }

  private func entry(_ page: BoltPage, _ index: Int) throws -> BoltBucket.Entry {
    let key = try page.key(index)
    switch try page.value(index) {
    case .bytes(let bytes): return BoltBucket.Entry(key: key, value: bytes)
    case .bucket(let tree):
      return BoltBucket.Entry(key: key, bucket: BoltBucket(database: bucket.database, tree: tree))
    }
  }
}
