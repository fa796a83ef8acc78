import NIOCore

/// What extended headers said about the next member, and global ones about all that follow.
struct PendingMetadata: Sendable {
  private var records: [PaxRecords.Record] = []
  private var globals: [String: [UInt8]] = [:]
  private var longName: [UInt8]?
  private var longLink: [UInt8]?
  private var hasHeaders = false
  /// The content that is being read.
  var buffer = ByteBuffer()
  /// Of all headers since the last member.
  var byteCount = 0

  /// Whether no header waits for a member.
  var isEmpty: Bool { !hasHeaders }

  mutating func reset() {
    records = []
    (longName, longLink) = (nil, nil)
    hasHeaders = false
    byteCount = 0
  }

  mutating func finish(_ kind: TarReader.Metadata, limit: Int) throws(PaxFault) {
    let bytes = Array(buffer.readableBytesView)
    buffer.clear()
    switch kind {
    case .pax:
      records += try PaxRecords(parsing: bytes).records
      hasHeaders = true
    case .globalPax:
      for record in try PaxRecords(parsing: bytes).records { globals[record.keyword] = record.value }
      guard globals.reduce(0, { $0 + $1.key.utf8.count + $1.value.count }) <= limit else {
        throw PaxFault("global extended headers have more than \(limit) bytes")
      }
    case .longName:
      longName = Array(bytes.prefix { $0 != 0 })
      hasHeaders = true
    case .longLink:
      longLink = Array(bytes.prefix { $0 != 0 })
      hasHeaders = true
    }
  }

  /// The member that a header and all that was said before describe.
  func apply(to header: TarHeader) throws(PaxFault) -> TarEntry {
    var entry = header.entry
    if let longName { entry.name = TarName(longName) }
    if let longLink { entry.linkTarget = TarName(longLink) }
    var sparse = SparseKeywords()
    for (keyword, value) in globals.sorted(by: { $0.key < $1.key }) {
      try Self.apply(keyword, value, to: &entry, &sparse)
    }
    // A later record wins; an empty one takes back what was said, which leaves the header's own value.
    for record in records { try Self.apply(record.keyword, record.value, to: &entry, &sparse) }
    // Links have no content of their own, whatever an old program wrote into the field.
    if entry.kind == .hardLink { entry.size = 0 }
    if entry.kind != .hardLink, entry.kind != .symbolicLink { entry.linkTarget = nil }
    // Before POSIX a directory was a file whose name ends with a slash.
    if entry.kind == .file, entry.size == 0, entry.name.bytes.last == UInt8(ascii: "/") { entry.kind = .directory }
    guard !entry.name.bytes.isEmpty else { throw PaxFault("a member has no name") }
    try sparse.apply(to: &entry)
    return entry
  }

  private static func apply(
    _ keyword: String, _ value: [UInt8], to entry: inout TarEntry, _ sparse: inout SparseKeywords
  ) throws(PaxFault) {
    guard !value.isEmpty else { return }
    func number() throws(PaxFault) -> Int64 {
      guard let number = TarNumber.decimal(value) else { throw PaxFault("the pax record \(keyword) is no number") }
      return number
    }
    switch keyword {
    case "path": entry.name = TarName(value)
    case "linkpath": entry.linkTarget = TarName(value)
    case "size": entry.size = try number()
    case "uid": entry.userID = try number()
    case "gid": entry.groupID = try number()
    case "uname": entry.userName = String(decoding: value, as: UTF8.self)
    case "gname": entry.groupName = String(decoding: value, as: UTF8.self)
    case "mtime":
      guard let time = TarNumber.time(value) else { throw PaxFault("the pax record mtime is no time") }
      entry.modified = time
    case "SCHILY.devmajor": entry.device?.major = try number()
    case "SCHILY.devminor": entry.device?.minor = try number()
    case "GNU.sparse.name": sparse.name = TarName(value)
    case "GNU.sparse.realsize", "GNU.sparse.size": sparse.realSize = try number()
    case "GNU.sparse.major": sparse.major = try number()
    case "GNU.sparse.minor": sparse.minor = try number()
    case "GNU.sparse.numblocks": sparse.count = try number()
    case "GNU.sparse.map": sparse.map = value
    case "GNU.sparse.offset": sparse.numbers.append(try number())
    case "GNU.sparse.numbytes": sparse.numbers.append(try number())
    default:
      if let name = PaxRecords.attributeName(of: keyword) { entry.extendedAttributes[name] = value }
    }
  }
}

/// What pax records say of a sparse file; each of the three formats has other ones.
struct SparseKeywords {
  var name: TarName?
  var realSize: Int64?
  var major: Int64?
  var minor: Int64?
  var count: Int64?
  /// Of the format 0.1: numbers between commas.
  var map: [UInt8]?
  /// Of the format 0.0: offsets and lengths in turn.
  var numbers: [Int64] = []

  func apply(to entry: inout TarEntry) throws(PaxFault) {
    guard major != nil || map != nil || count != nil else { return }
    guard let realSize else { throw PaxFault("a sparse file has no real size") }
    if let name { entry.name = name }
    if let major {
      guard major == 1, minor == 0 else {
        throw PaxFault("the sparse format \(major).\(minor ?? 0) is not known")
      }
      entry.sparse = TarSparse(format: .pax10, realSize: realSize, segments: [])
      return
    }
    var numbers = numbers
    if let map {
      numbers = []
      for part in map.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
        guard let number = TarNumber.decimal(part) else {
          throw PaxFault("the map of a sparse file is no list of numbers")
        }
        numbers.append(number)
      }
    }
    guard numbers.count.isMultiple(of: 2), count == nil || count == Int64(numbers.count / 2) else {
      throw PaxFault("the map of a sparse file has another count than it says")
    }
    entry.sparse = TarSparse(
      format: map == nil ? .pax00 : .pax01, realSize: realSize,
      segments: stride(from: 0, to: numbers.count, by: 2).map {
        TarSparse.Segment(offset: numbers[$0], length: numbers[$0 + 1])
      })
  }
}
