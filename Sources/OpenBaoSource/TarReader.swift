/// Reads a tar stream (POSIX ustar, with pax headers and GNU's base-256 sizes) piece by piece, in constant memory.
///
/// Any input gives entries or an ``ArchiveFault``; nothing in it is trusted.
struct TarReader {
  struct Entry: Hashable {
    var name: String
    var size: Int64
  }

  enum Event {
    case begin(Entry)
    /// Valid only during the call.
    case content(UnsafeRawBufferPointer)
    case end
  }

  private enum Content {
    case file
    /// A pax header for the next entry, gathered here.
    case pax([UInt8])
  }

  private enum State {
    case header
    case content(Content, remaining: Int64, padding: Int)
    case padding(Int)
    /// After the two zero blocks that end an archive.
    case end
  }

  static let blockSize = 512
  private static let paxLimit: Int64 = 64 << 10

  private var state = State.header
  private var block: [UInt8] = []
  private var zeroBlocks = 0
  /// From a pax header, for the next entry.
  private var override: (name: String?, size: Int64?) = (nil, nil)

  mutating func read(_ bytes: UnsafeRawBufferPointer, _ handle: (Event) throws -> Void) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch state {
      case .header: try readHeader(&rest, handle)
      case .content(let content, let remaining, let padding):
        try readContent(&rest, content, remaining, padding, handle)
      case .padding(let count):
        let skipped = min(count, rest.count)
        rest = rest.dropFirst(skipped)
        state = skipped == count ? .header : .padding(count - skipped)
      case .end:
        guard rest.allSatisfy({ $0 == 0 }) else {
          throw ArchiveFault.corrupt("bytes follow the end of the tar archive")
        }
        return
      }
    }
  }

  func finish() throws {
    guard case .end = state else { throw ArchiveFault.truncated("the tar archive ends before its end mark") }
  }

  private mutating func readHeader(
    _ rest: inout Slice<UnsafeRawBufferPointer>, _ handle: (Event) throws -> Void
  ) throws {
    let taken = min(Self.blockSize - block.count, rest.count)
    block.append(contentsOf: rest.prefix(taken))
    rest = rest.dropFirst(taken)
    guard block.count == Self.blockSize else { return }
    defer { block.removeAll(keepingCapacity: true) }
    if block.allSatisfy({ $0 == 0 }) {
      zeroBlocks += 1
      if zeroBlocks == 2 { state = .end }
      return
    }
    guard zeroBlocks == 0 else { throw ArchiveFault.corrupt("an entry follows the end mark of the tar archive") }
    try begin(try TarHeader(block), handle)
  }

  private mutating func begin(_ header: TarHeader, _ handle: (Event) throws -> Void) throws {
    switch header.kind {
    case .file:
      let entry = Entry(name: override.name ?? header.name, size: override.size ?? header.size)
      override = (nil, nil)
      try handle(.begin(entry))
      try enter(.file, size: entry.size, handle)
    case .pax:
      guard header.size <= Self.paxLimit else { throw ArchiveFault.corrupt("a pax header of \(header.size) bytes") }
      try enter(.pax([]), size: header.size, handle)
    case .other(let flag):
      throw ArchiveFault.corrupt("an entry of type \(flag) in the tar archive, where only files belong")
    }
  }

  private mutating func enter(_ content: Content, size: Int64, _ handle: (Event) throws -> Void) throws {
    let padding = Int((Int64(Self.blockSize) - size % Int64(Self.blockSize)) % Int64(Self.blockSize))
    state = .content(content, remaining: size, padding: padding)
    if size == 0 { try leave(content, padding: padding, handle) }
  }

  private mutating func readContent(
    _ rest: inout Slice<UnsafeRawBufferPointer>, _ content: Content, _ remaining: Int64, _ padding: Int,
    _ handle: (Event) throws -> Void
  ) throws {
    let taken = Int(min(remaining, Int64(rest.count)))
    let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(taken))
    rest = rest.dropFirst(taken)
    var content = content
    switch content {
    case .file: try handle(.content(piece))
    case .pax(let gathered): content = .pax(gathered + piece)
    }
    let left = remaining - Int64(taken)
    state = .content(content, remaining: left, padding: padding)
    if left == 0 { try leave(content, padding: padding, handle) }
  }

  private mutating func leave(_ content: Content, padding: Int, _ handle: (Event) throws -> Void) throws {
    state = padding == 0 ? .header : .padding(padding)
    switch content {
    case .file: try handle(.end)
    case .pax(let bytes): override = try PaxRecords.parse(bytes)
    }
  }
}

/// One 512-byte header block (POSIX.1-2017, pax, "ustar Interchange Format").
struct TarHeader {
  enum Kind { case file, pax, other(Character) }

  var name: String
  var size: Int64
  var kind: Kind

  init(_ block: [UInt8]) throws {
    guard let expected = Self.octal(block[148..<156]), expected == Self.checksum(block) else {
      throw ArchiveFault.corrupt("the checksum of a tar header does not match")
    }
    guard let size = Self.number(block[124..<136]) else {
      throw ArchiveFault.corrupt("the size in a tar header is not a number")
    }
    let isUstar = block[257..<262].elementsEqual("ustar".utf8)
    let prefix = isUstar && block[262] == 0 ? Self.text(block[345..<500]) : ""
    let stem = Self.text(block[0..<100])
    self.name = prefix.isEmpty ? stem : prefix + "/" + stem
    self.size = size
    self.kind =
      switch block[156] {
      case 0, 0x30: .file
      case 0x78: .pax
      case let flag: .other(Character(UnicodeScalar(flag)))
      }
  }

  private static func checksum(_ block: [UInt8]) -> Int64 {
    var sum: Int64 = 0
    for (index, byte) in block.enumerated() { sum += Int64((148..<156).contains(index) ? 0x20 : byte) }
    return sum
  }

  private static func text(_ field: ArraySlice<UInt8>) -> String {
    String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Octal, or big-endian base-256 where the first bit is set (GNU tar).
  private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
    guard let first = field.first, first & 0x80 != 0 else { return octal(field) }
    // 0xFF would be negative; more than 63 bits are no size.
    guard first == 0x80, field.dropFirst().prefix(3).allSatisfy({ $0 == 0 }) else { return nil }
    let value = field.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int64(exactly: value)
  }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int64? {
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
    return digits.reduce(Int64(0)) { $0 << 3 | Int64($1 - 0x30) }
  }
}

/// The records of a pax extended header: `<length> <key>=<value>\n`, where the length counts the whole record.
enum PaxRecords {
  static func parse(_ bytes: [UInt8]) throws -> (name: String?, size: Int64?) {
    var result: (name: String?, size: Int64?) = (nil, nil)
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let space = rest.firstIndex(of: 0x20), let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
        length > space - rest.startIndex + 1, length <= rest.count, rest[rest.startIndex + length - 1] == 0x0A
      else { throw ArchiveFault.corrupt("a pax header that is not well formed") }
      let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
      rest = rest.dropFirst(length)
      guard let equals = record.firstIndex(of: 0x3D) else {
        throw ArchiveFault.corrupt("a pax header that is not well formed")
      }
      let value = String(decoding: record[(equals + 1)...], as: UTF8.self)
      switch String(decoding: record[..<equals], as: UTF8.self) {
      case "path": result.name = value
      case "size":
        guard let size = Int64(value), size >= 0 else { throw ArchiveFault.corrupt("a pax size that is not a number") }
        result.size = size
      default: break
      }
    }
    return result
  }
}
