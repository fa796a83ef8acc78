/// A header block, read: what it says itself, without what extended headers say.
struct TarHeader {
  let typeFlag: UInt8
  let size: Int64
  let entry: TarEntry
  private let block: [UInt8]

  /// - Parameter block: 512 bytes, not all zero.
  init(_ block: [UInt8]) throws(PaxFault) {
    self.block = block
    let sums = TarBlock.checksums(of: block)
    guard let sum = TarNumber.decode(block[TarBlock.checksum]), sum == sums.unsigned || sum == sums.signed else {
      throw PaxFault("the checksum of a header is wrong")
    }
    let magic = Array(block[TarBlock.magic])
    let isGNU = magic == TarBlock.gnuMagic
    // Some programs leave the version out.
    let isPOSIX = magic.starts(with: "ustar\u{0}".utf8)
    typeFlag = block[TarBlock.typeFlag]
    let kind = TarEntry.Kind(typeFlag: typeFlag)
    size = try Self.number(block, TarBlock.contentSize, "size")
    var name = Self.text(block, TarBlock.name)
    // GNU's own format keeps times where POSIX has the prefix.
    if isPOSIX {
      let prefix = Self.text(block, TarBlock.prefix)
      if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
    }
    var entry = TarEntry(name: TarName(name), kind: kind, size: size)
    entry.mode = UInt32(truncatingIfNeeded: try Self.number(block, TarBlock.mode, "mode") & 0o7777)
    entry.userID = try Self.number(block, TarBlock.userID, "uid")
    entry.groupID = try Self.number(block, TarBlock.groupID, "gid")
    entry.modified = TarEntry.Time(seconds: try Self.number(block, TarBlock.modified, "mtime"))
    let target = Self.text(block, TarBlock.linkName)
    entry.linkTarget = target.isEmpty ? nil : TarName(target)
    if isGNU || isPOSIX {
      entry.userName = String(decoding: Self.text(block, TarBlock.userName), as: UTF8.self)
      entry.groupName = String(decoding: Self.text(block, TarBlock.groupName), as: UTF8.self)
      if kind == .characterDevice || kind == .blockDevice {
        entry.device = TarEntry.Device(
          major: try Self.number(block, TarBlock.deviceMajor, "devmajor"),
          minor: try Self.number(block, TarBlock.deviceMinor, "devminor"))
      }
    }
    self.entry = entry
  }

  /// Nil where this is a member.
  var metadata: TarReader.Metadata? {
    switch typeFlag {
    // X is what Solaris wrote before pax was a standard.
    case UInt8(ascii: "x"), UInt8(ascii: "X"): .pax
    case UInt8(ascii: "g"): .globalPax
    case UInt8(ascii: "L"): .longName
    case UInt8(ascii: "K"): .longLink
    default: nil
    }
  }

  var sparseRealSize: Int64? { TarNumber.decode(block[TarBlock.sparseRealSize]) }

  func sparseMap() throws(PaxFault) -> (segments: [TarSparse.Segment], hasMore: Bool) {
    (try Self.segments(block[TarBlock.sparseSegments]), block[TarBlock.sparseHasMore] != 0)
  }

  static func moreSparseMap(_ block: [UInt8]) throws(PaxFault) -> (segments: [TarSparse.Segment], hasMore: Bool) {
    (try segments(block[TarBlock.sparseMoreSegments]), block[TarBlock.sparseMoreHasMore] != 0)
  }

  /// Pairs of offset and length, 12 bytes each, until one is empty.
  private static func segments(_ field: ArraySlice<UInt8>) throws(PaxFault) -> [TarSparse.Segment] {
    var segments: [TarSparse.Segment] = []
    for start in stride(from: field.startIndex, to: field.endIndex, by: 24) {
      if field[start] == 0 { break }
      guard let offset = TarNumber.decode(field[start..<(start + 12)]),
        let length = TarNumber.decode(field[(start + 12)..<(start + 24)])
      else { throw PaxFault("the map of a sparse file is no list of numbers") }
      segments.append(TarSparse.Segment(offset: offset, length: length))
    }
    return segments
  }

  private static func number(_ block: [UInt8], _ field: Range<Int>, _ name: String) throws(PaxFault) -> Int64 {
    guard let number = TarNumber.decode(block[field]) else {
      throw PaxFault("the field \(name) of a header is no number")
    }
    return number
  }

  private static func text(_ block: [UInt8], _ field: Range<Int>) -> [UInt8] { Array(block[field].prefix { $0 != 0 }) }
}
