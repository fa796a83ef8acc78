import NIOCore
import SnapshotSource
import Tar

/// A member of an archive that is to be restored: its names are checked, and relative to the place.
struct Member: Sendable {
  var entry: TarEntry
  /// Components without `.`; empty for the place itself.
  var path: [[UInt8]]
  /// Of a hard link, the member that it is another name of.
  var linkPath: [[UInt8]] = []

  var name: [UInt8] { Array(path.joined(separator: [UInt8(ascii: "/")])) }
  var display: String { PathSet.display(name) }
}

/// Reads an archive for a restore: members with safe names, and their content at its place in the file.
///
/// Nothing in the bytes is trusted, although they are those of the backup: who can write the bucket and knows the
/// recipient could have made them.
struct MemberReader {
  enum Event {
    case begin(Member)
    /// Bytes at their offset in the file; what no bytes come for is a hole.
    case data(Int64, ByteBuffer)
    case end
  }

  static let depthLimit = 512

  private var reader = TarReader()
  private var map: TarSparseMapReader?
  private var segments: [TarSparse.Segment] = []
  private var segment = 0
  private var offset: Int64 = 0
  let operation: String

  init(operation: String) { self.operation = operation }

  /// - Throws: `SnapshotSourceError` with code `corrupt` or `truncated`; what `body` threw.
  mutating func consume(_ bytes: ByteBuffer, _ body: (Event) throws -> Void) throws {
    for event in try mapping({ try reader.consume(bytes) }) {
      switch event {
      case .entry(let entry):
        let member = try member(entry)
        (segment, offset, map) = (0, 0, nil)
        if let sparse = entry.sparse {
          segments = sparse.segments
          if sparse.format == .pax10 { map = TarSparseMapReader(entry) }
        } else {
          segments = [TarSparse.Segment(offset: 0, length: entry.size)]
        }
        try body(.begin(member))
      case .content(let content): try place(content, body)
      case .entryEnd:
        try mapping { try map?.finish() }
        try body(.end)
      case .archiveEnd: break
      }
    }
  }

  /// To be called at the end of the bytes.
  func finish() throws { try mapping { try reader.finish() } }

  private mutating func place(_ given: ByteBuffer, _ body: (Event) throws -> Void) throws {
    var content = given
    if var map {
      try mapping { try map.consume(&content) }
      self.map = map
      segments = map.segments ?? []
    }
    while content.readableBytes > 0 {
      guard segment < segments.count else { throw fault("a member has more bytes than its map says") }
      let rest = segments[segment].length - offset
      guard rest > 0 else {
        (segment, offset) = (segment + 1, 0)
        continue
      }
      let count = Int(min(rest, Int64(content.readableBytes)))
      guard let piece = content.readSlice(length: count) else { return }
      try body(.data(segments[segment].offset + offset, piece))
      offset += Int64(count)
    }
  }

  private func member(_ entry: TarEntry) throws -> Member {
    var member = Member(entry: entry, path: try components(entry.name))
    if entry.kind == .hardLink { member.linkPath = try components(entry.linkTarget ?? "") }
    switch entry.kind {
    case .file: break
    case .other(let flag): throw fault("a member is of the unknown type \(flag)", entry.name)
    case .directory: break
    default:
      guard entry.size == 0, entry.sparse == nil else {
        throw fault("a member that is no file has content", entry.name)
      }
    }
    if member.path.isEmpty, entry.kind != .directory {
      throw fault("a member that is no folder has the name of the place itself", entry.name)
    }
    if entry.kind == .hardLink, member.linkPath.isEmpty { throw fault("a hard link leads to a folder", entry.name) }
    return member
  }

  private func components(_ name: TarName) throws -> [[UInt8]] {
    guard name.hazard == nil else { throw fault("a member's name leads out of the archive", name) }
    let parts = name.bytes.split(separator: UInt8(ascii: "/")).map(Array.init).filter { !$0.elementsEqual(".".utf8) }
    guard parts.count <= Self.depthLimit else {
      throw fault("folders are nested deeper than \(Self.depthLimit) levels", name)
    }
    return parts
  }

  private func mapping<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as TarError {
      throw SnapshotSourceError(
        error.code == .truncated ? .truncated : .corrupt, operation: operation, message: error.description,
        cause: error)
    }
  }

  private func fault(_ message: String, _ name: TarName? = nil) -> SnapshotSourceError {
    SnapshotSourceError(.corrupt, operation: operation, message: name.map { "\(message) (\($0))" } ?? message)
  }
}
