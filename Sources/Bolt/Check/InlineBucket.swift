/// A bucket that is small enough to live in its element's value: a header and a leaf page without overflow.
enum InlineBucket {
  struct Entry {
    var key: UnsafeRawBufferPointer
    var value: UnsafeRawBufferPointer
  }

  /// - Parameters:
  ///   - value: The element's value, with the bucket's header.
  ///   - visit: Called for each key, in order; what it gets is valid only during the call.
  /// - Returns: How many keys there are.
  static func scan(
    _ value: UnsafeRawBufferPointer, _ visit: (Entry) -> Void
  ) -> Result<Int, PageFault> {
    guard value.count >= BoltFormat.bucketHeaderSize + BoltFormat.pageHeaderSize else { return .failure(.inlinePage) }
    let page = UnsafeRawBufferPointer(rebasing: value[BoltFormat.bucketHeaderSize...])
    let header = PageHeader(page)
    let count = Int(header.count)
    var cursor = BoltFormat.pageHeaderSize + count * BoltFormat.elementSize
    guard header.flags == PageFlag.leaf, header.overflow == 0, cursor <= page.count else {
      return .failure(.inlinePage)
    }
    var previous: UnsafeRawBufferPointer?
    for index in 0..<count {
      let offset = BoltFormat.pageHeaderSize + index * BoltFormat.elementSize
      let element = LeafElement(page, at: offset)
      guard element.flags == 0 else {
        return .failure(element.flags == BoltFormat.bucketElementFlag ? .inlineNested : .inlinePage)
      }
      guard offset + element.position == cursor, element.keySize + element.valueSize <= page.count - cursor,
        element.keySize > 0
      else { return .failure(.inlinePage) }
      let key = page.slice(cursor, element.keySize)
      if let previous, compareKeys(previous, key) >= 0 { return .failure(.inlineKeyOrder) }
      visit(Entry(key: key, value: page.slice(cursor + element.keySize, element.valueSize)))
      previous = key
      cursor += element.keySize + element.valueSize
    }
    return cursor == page.count ? .success(count) : .failure(.inlinePage)
  }
}

/// An element of a leaf page; positions count from the element itself.
struct LeafElement {
  var flags: UInt32
  var position: Int
  var keySize: Int
  var valueSize: Int

  init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    flags = bytes.littleEndian(at: offset)
    position = Int(bytes.littleEndian(at: offset + 4, as: UInt32.self))
    keySize = Int(bytes.littleEndian(at: offset + 8, as: UInt32.self))
    valueSize = Int(bytes.littleEndian(at: offset + 12, as: UInt32.self))
  }
}

/// An element of a branch page.
struct BranchElement {
  var position: Int
  var keySize: Int
  var page: UInt64

  init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    position = Int(bytes.littleEndian(at: offset, as: UInt32.self))
    keySize = Int(bytes.littleEndian(at: offset + 4, as: UInt32.self))
    page = bytes.littleEndian(at: offset + 8)
  }
}
