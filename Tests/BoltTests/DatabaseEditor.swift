import Foundation
import Testing

@testable import Bolt

/// Damages the bytes of a database on purpose.
struct DatabaseEditor {
  var bytes: [UInt8]
  let meta: BoltMeta

  init(_ name: String) throws {
    bytes = try Fixture.bytes(name)
    meta = try #require(bytes.withUnsafeBytes { BoltMetaPages(head: $0) }.current)
  }

  func offset(_ page: UInt64) -> Int { Int(page) * meta.pageSize }

  mutating func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<(offset + $0.count), with: $0) }
  }

  func get<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type = Value.self) -> Value {
    bytes.withUnsafeBytes { $0.littleEndian(at: offset) }
  }

  func header(_ page: UInt64) -> PageHeader {
    bytes.withUnsafeBytes { PageHeader($0.slice(offset(page), 16)) }
  }

  /// Changes both meta pages' field at an offset, with the checksum.
  mutating func setMeta<Value: FixedWidthInteger>(_ value: Value, at field: Int) {
    for page in 0..<2 {
      let start = page * meta.pageSize + BoltFormat.pageHeaderSize
      put(value, at: start + field)
      put(bytes.withUnsafeBytes { FNV.hash($0.slice(start, 56)) }, at: start + 56)
    }
  }

  /// Pages in use of a kind, in the order of their ids.
  func pages(_ flags: UInt16) throws -> [UInt64] {
    var found: [UInt64] = []
    func walk(_ id: UInt64) throws {
      let page = try BoltPage(id, of: try BoltDatabase(BoltMemoryBytes(bytes)))
      if header(id).flags == flags { found.append(id) }
      for index in 0..<page.count {
        if page.isBranch {
          try walk(page.child(index))
        } else if case .bucket(.page(let root)) = try page.value(index) {
          try walk(root)
        }
      }
    }
    try walk(meta.root)
    return found.sorted()
  }

  /// Where element `index` of a page begins.
  func element(_ page: UInt64, _ index: Int) -> Int { offset(page) + 16 + index * 16 }

  /// Where the key of a leaf page's element begins.
  func leafKey(_ page: UInt64, _ index: Int) -> Int {
    let element = element(page, index)
    return element + Int(get(element + 4, as: UInt32.self))
  }

  func leafKeySize(_ page: UInt64, _ index: Int) -> Int {
    Int(get(element(page, index) + 8, as: UInt32.self))
  }

  func report(probes: [BoltProbe] = []) -> BoltReport { check(bytes, probes: probes, pieces: 3000) }
}
