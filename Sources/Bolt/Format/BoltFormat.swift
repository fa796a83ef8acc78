/// The layout of a bbolt file, version 2, as little-endian machines write it.
///
/// Source: go.etcd.io/bbolt, internal/common/page.go, meta.go and bucket.go.
enum BoltFormat {
  static let magic: UInt32 = 0xED0C_DAED
  static let version: UInt32 = 2
  /// bbolt takes the page size of the operating system that made the file.
  static let pageSizes = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]

  static let pageHeaderSize = 16
  /// Of a branch page's elements and a leaf page's alike.
  static let elementSize = 16
  /// From the start of a meta page to the end of its checksum.
  static let metaEnd = pageHeaderSize + 64
  static let metaChecksumOffset = 56
  static let bucketHeaderSize = 16
  static let bucketElementFlag: UInt32 = 1
  static let maximumKeySize = 32768
  /// An element count of this value means another thing: in a free list, that the count follows.
  static let countMark: UInt16 = 0xFFFF
  /// In a meta page: the free list is not in the file (bbolt's NoFreelistSync, which etcd uses).
  static let noFreelist = UInt64.max
  /// Page ids are kept in 32 bits, enough for 2 TiB at the smallest page size.
  static let maximumPages = UInt64(UInt32.max)
}

enum PageFlag {
  static let branch: UInt16 = 0x01
  static let leaf: UInt16 = 0x02
  static let meta: UInt16 = 0x04
  static let freelist: UInt16 = 0x10

  static func name(_ flags: UInt16) -> String {
    switch flags {
    case branch: "branch"
    case leaf: "leaf"
    case meta: "meta"
    case freelist: "free list"
    default: "unknown type 0x" + String(flags, radix: 16)
    }
  }
}

/// The 16 bytes that every page begins with.
struct PageHeader {
  var id: UInt64
  var flags: UInt16
  var count: UInt16
  /// Pages that follow and belong to this one.
  var overflow: UInt32

  /// - Parameter bytes: At least 16.
  init(_ bytes: UnsafeRawBufferPointer) {
    id = bytes.littleEndian(at: 0)
    flags = bytes.littleEndian(at: 8)
    count = bytes.littleEndian(at: 10)
    overflow = bytes.littleEndian(at: 12)
  }
}

extension UnsafeRawBufferPointer {
  /// - Precondition: The value lies within the buffer.
  func littleEndian<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type = Value.self) -> Value {
    Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  func slice(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[offset..<(offset + count)])
  }
}

/// FNV-1a with 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
enum FNV {
  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }

  static func hash32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let hash = hash(bytes)
    return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
  }
}

/// The order of keys: by their bytes, a prefix first.
func compareKeys(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
  let common = min(left.count, right.count)
  for index in 0..<common where left[index] != right[index] {
    return left[index] < right[index] ? -1 : 1
  }
  return left.count - right.count
}
