/// The blocks before a member's content: a ustar header and, where it cannot say everything, a pax extended header.
///
/// What the ustar header can hold at all is in it too, for readers that know no pax.
enum TarHeaderEncoder {
  /// - Parameter storedSize: Bytes of content that follow.
  static func encode(_ entry: TarEntry, storedSize: Int64) throws -> [UInt8] {
    try validate(entry)
    let name = entry.sparse == nil ? entry.name : sparsePlaceholder(for: entry.name)
    var records = PaxRecords()
    let split = split(name.bytes)
    // The sparse keywords carry the true name themselves.
    if entry.sparse == nil, split == nil || !name.isASCII { records.append("path", name.bytes) }
    addText(entry, to: &records)
    addNumbers(entry, storedSize: storedSize, to: &records)
    addSparse(entry, to: &records)
    for (name, value) in entry.extendedAttributes.sorted(by: { $0.key < $1.key }) {
      records.appendAttribute(name, value)
    }
    var header = block(entry, name: split ?? (prefix: [], name: Array(name.bytes.prefix(100))), size: storedSize)
    seal(&header)
    return records.records.isEmpty ? header : extended(records, of: name) + header
  }

  private static func validate(_ entry: TarEntry) throws {
    func fault(_ message: String) -> TarError { TarError(.invalidEntry, message, member: entry.name.description) }
    guard !entry.name.bytes.isEmpty, !entry.name.bytes.contains(0) else {
      throw fault("a name is empty or holds a NUL")
    }
    guard entry.size >= 0 else { throw fault("the size is negative") }
    if entry.kind == .hardLink || entry.kind == .symbolicLink {
      guard let target = entry.linkTarget, !target.bytes.isEmpty, !target.bytes.contains(0) else {
        throw fault("a link has no target")
      }
    }
    if let sparse = entry.sparse {
      guard sparse.format == .pax10, entry.kind == .file, sparse.dataSize != nil else {
        throw fault("the map of a sparse file is not sorted, or goes past the file's end")
      }
      // GNU tar reads each segment from the start of a block.
      guard sparse.segments.dropLast().allSatisfy({ $0.length % Int64(TarBlock.size) == 0 }) else {
        throw fault("a segment of a sparse file, other than the last, is not made of whole blocks")
      }
    }
    for name in entry.extendedAttributes.keys where name.isEmpty || name.contains("\u{0}") {
      throw fault("the name of an extended attribute is empty or holds a NUL")
    }
  }

  private static func addText(_ entry: TarEntry, to records: inout PaxRecords) {
    if let target = entry.linkTarget, target.bytes.count > TarBlock.linkName.count || !target.isASCII {
      records.append("linkpath", target.bytes)
    }
    for (keyword, text) in [("uname", entry.userName), ("gname", entry.groupName)]
    where text.utf8.count >= TarBlock.userName.count || text.utf8.contains(where: { $0 >= 0x80 }) {
      records.append(keyword, text)
    }
  }

  private static func addNumbers(_ entry: TarEntry, storedSize: Int64, to records: inout PaxRecords) {
    if !TarNumber.fitsOctal(storedSize, width: TarBlock.contentSize.count) {
      records.append("size", String(storedSize))
    }
    for (keyword, number) in [("uid", entry.userID), ("gid", entry.groupID)]
    where !TarNumber.fitsOctal(number, width: TarBlock.userID.count) {
      records.append(keyword, String(number))
    }
    let time = entry.modified
    if time.nanoseconds > 0 || !TarNumber.fitsOctal(time.seconds, width: TarBlock.modified.count) {
      records.append("mtime", TarNumber.text(time))
    }
  }

  private static func addSparse(_ entry: TarEntry, to records: inout PaxRecords) {
    guard let sparse = entry.sparse else { return }
    records.append("GNU.sparse.major", "1")
    records.append("GNU.sparse.minor", "0")
    records.append("GNU.sparse.name", entry.name.bytes)
    records.append("GNU.sparse.realsize", String(sparse.realSize))
  }

  /// The map of a sparse file, which its content begins with: numbers on lines, padded to a block.
  static func sparseMap(_ sparse: TarSparse) -> [UInt8] {
    var segments = sparse.segments
    // Without this GNU tar lets the file end with its last segment.
    if segments.last.map({ $0.offset + $0.length }) != sparse.realSize {
      segments.append(TarSparse.Segment(offset: sparse.realSize, length: 0))
    }
    var text = "\(segments.count)\n"
    for segment in segments { text += "\(segment.offset)\n\(segment.length)\n" }
    let bytes = Array(text.utf8)
    return bytes + Array(repeating: 0, count: TarBlock.padding(after: Int64(bytes.count)))
  }

  /// What a program that knows nothing of sparse files extracts the map and the data as.
  private static func sparsePlaceholder(for name: TarName) -> TarName {
    let folder = name.bytes.lastIndex(of: UInt8(ascii: "/")).map { Array(name.bytes[...$0]) } ?? []
    return TarName(folder + Array("GNUSparseFile.0/".utf8) + name.lastComponent)
  }

  private static func extended(_ records: PaxRecords, of name: TarName) -> [UInt8] {
    let body = records.encoded
    let title = Array("PaxHeaders/".utf8) + name.lastComponent.prefix(80)
    var header = block(
      TarEntry(name: TarName(title), kind: .other(UInt8(ascii: "x"))), name: ([], title), size: Int64(body.count))
    seal(&header)
    return header + body + Array(repeating: 0, count: TarBlock.padding(after: Int64(body.count)))
  }

  /// The name as the fields `prefix` and `name` hold it; nil where they cannot.
  private static func split(_ name: [UInt8]) -> (prefix: [UInt8], name: [UInt8])? {
    if name.count <= TarBlock.name.count { return ([], name) }
    guard name.count <= TarBlock.prefix.count + 1 + TarBlock.name.count else { return nil }
    // The slash between the two is in neither; the name after it must not be empty.
    let first = max(1, name.count - TarBlock.name.count - 1)
    let slash = name.indices.dropLast().first { $0 >= first && name[$0] == UInt8(ascii: "/") }
    guard let slash, slash <= TarBlock.prefix.count else { return nil }
    return (Array(name[..<slash]), Array(name[(slash + 1)...]))
  }

  private static func block(_ entry: TarEntry, name: (prefix: [UInt8], name: [UInt8]), size: Int64) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: TarBlock.size)
    func put(_ bytes: [UInt8], _ field: Range<Int>) {
      let fitting = bytes.prefix(field.count)
      block.replaceSubrange(field.lowerBound..<(field.lowerBound + fitting.count), with: fitting)
    }
    func put(_ number: Int64, _ field: Range<Int>) { put(TarNumber.encode(number, width: field.count), field) }
    put(name.name, TarBlock.name)
    put(name.prefix, TarBlock.prefix)
    put(Int64(entry.mode & 0o7777), TarBlock.mode)
    put(entry.userID, TarBlock.userID)
    put(entry.groupID, TarBlock.groupID)
    put(size, TarBlock.contentSize)
    put(entry.modified.seconds, TarBlock.modified)
    block[TarBlock.typeFlag] = entry.kind.typeFlag
    put(entry.linkTarget?.bytes ?? [], TarBlock.linkName)
    put(TarBlock.posixMagic, TarBlock.magic)
    put(Array(entry.userName.utf8.prefix(31)), TarBlock.userName)
    put(Array(entry.groupName.utf8.prefix(31)), TarBlock.groupName)
    put(entry.device?.major ?? 0, TarBlock.deviceMajor)
    put(entry.device?.minor ?? 0, TarBlock.deviceMinor)
    return block
  }

  private static func seal(_ block: inout [UInt8]) {
    let sum = TarBlock.checksums(of: block).unsigned
    // Six digits, a NUL and a space, as every tar program writes it.
    block.replaceSubrange(TarBlock.checksum, with: TarNumber.encode(sum, width: 7) + [UInt8(ascii: " ")])
  }
}

extension TarEntry.Kind {
  var typeFlag: UInt8 {
    switch self {
    case .file: UInt8(ascii: "0")
    case .hardLink: UInt8(ascii: "1")
    case .symbolicLink: UInt8(ascii: "2")
    case .characterDevice: UInt8(ascii: "3")
    case .blockDevice: UInt8(ascii: "4")
    case .directory: UInt8(ascii: "5")
    case .fifo: UInt8(ascii: "6")
    case .other(let flag): flag
    }
  }

  init(typeFlag: UInt8) {
    switch typeFlag {
    // 7 is a contiguous file, S a sparse one, NUL is from before POSIX.
    case UInt8(ascii: "0"), UInt8(ascii: "7"), UInt8(ascii: "S"), 0: self = .file
    case UInt8(ascii: "1"): self = .hardLink
    case UInt8(ascii: "2"): self = .symbolicLink
    case UInt8(ascii: "3"): self = .characterDevice
    case UInt8(ascii: "4"): self = .blockDevice
    case UInt8(ascii: "5"): self = .directory
    case UInt8(ascii: "6"): self = .fifo
    default: self = .other(typeFlag)
    }
  }
}
