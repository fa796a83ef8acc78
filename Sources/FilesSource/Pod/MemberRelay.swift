import NIOCore
import SnapshotSource
import Tar

/// Reads the archive that a container's tar writes, and writes its members into ours.
///
/// Nothing that comes from the container is trusted: every name must be one that was asked for or below it, what lies
/// behind a link of the same archive is refused, and maps of sparse files must fit. What is written is sound whatever came.
struct MemberRelay {
  private static let limit = 32 << 20

  private let paths: PathSet
  private let patterns: PathPatterns
  private let isRepeat: Bool
  private let takesLinks: Bool
  private let operation: String
  private var reader = TarReader()
  private var isSkipping = false
  private var sparseMap: TarSparseMapReader?
  private var links: Set<[UInt8]> = []
  private var size = 0
  private var seen: Set<[UInt8]> = []

  /// Files that have other names in the archive, with these.
  private(set) var namesOfFile: [[UInt8]: [TarEntry]] = [:]
  /// Names of files whose content stays out with another name of theirs.
  private(set) var orphans: [[UInt8]] = []
  private(set) var lastEntry: TarEntry?

  /// - Parameters:
  ///   - isRepeat: For a file that is in the archive already.
  ///   - takesLinks: One of the paths may be a link.
  init(
    _ paths: PathSet, patterns: PathPatterns, isRepeat: Bool = false, takesLinks: Bool = false, operation: String
  ) {
    self.takesLinks = takesLinks
    self.paths = paths
    self.patterns = patterns
    self.isRepeat = isRepeat
    self.operation = operation
  }

  /// Paths that did not come, though nobody left them out.
  var missing: [[UInt8]] { paths.paths.filter { !seen.contains($0) && !patterns.excludes($0) } }

  mutating func consume(_ bytes: ByteBuffer, into writer: TarWriter, _ tally: inout CaptureTally) async throws {
    let events: [TarEvent]
    do { events = try reader.consume(bytes) } catch let error as TarError { throw fault(error) }
    for event in events {
      switch event {
      case .entry(let entry): try await begin(entry, into: writer, &tally)
      case .content(let content):
        guard !isSkipping else { continue }
        try checkMap(content)
        try await writer.write(content)
      case .entryEnd:
        if !isSkipping {
          do { try sparseMap?.finish() } catch let error as TarError { throw fault(error) }
          try await writer.end()
        }
        sparseMap = nil
      case .archiveEnd: break
      }
    }
  }

  /// To be called at the end of the stream.
  func finish() throws {
    do { try reader.finish() } catch let error as TarError { throw fault(error) }
  }

  private mutating func begin(_ given: TarEntry, into writer: TarWriter, _ tally: inout CaptureTally) async throws {
    var entry = given
    let name = try ownName(entry.name)
    entry.name = TarName(entry.kind == .directory ? (name.isEmpty ? Array("./".utf8) : name + [0x2F]) : name)
    if paths.paths.contains(name) {
      seen.insert(name)
      if entry.kind == .symbolicLink, !takesLinks {
        throw SnapshotSourceError(
          .configuration, operation: operation,
          message:
            "\(PathSet.display(name)) is a symbolic link to \(entry.linkTarget?.description ?? ""), and links are not "
            + "followed; name the path that it leads to in paths")
      }
    }
    isSkipping = patterns.excludes(name)
    if case .other(let flag) = entry.kind {
      throw fault("a member is of the unknown type \(flag)", entry.name)
    }
    if entry.kind == .hardLink {
      let target = try ownName(entry.linkTarget ?? "")
      entry.linkTarget = TarName(target)
      try checkWay(to: name, entry)
      try checkWay(to: target, entry)
      if links.contains(target), !isSkipping { links.insert(name) }
      if patterns.excludes(target), !isSkipping {
        isSkipping = true
        try remember(name)
        orphans.append(name)
      } else if !isSkipping {
        try remember(name)
        // Its attributes and owner are the file's, which is written anew with its own.
        var link = entry
        link.extendedAttributes = [:]
        (link.userName, link.groupName) = ("", "")
        try remember(target)
        namesOfFile[target, default: []].append(link)
      }
    }
    guard !isSkipping else { return }
    try checkWay(to: name, entry)
    if entry.kind == .symbolicLink {
      try remember(name)
      links.insert(name)
    }
    lastEntry = entry
    if !isRepeat { tally.count(entry) }
    try await write(entry, into: writer)
  }

  private mutating func write(_ given: TarEntry, into writer: TarWriter) async throws {
    var entry = given
    if entry.kind == .hardLink { entry.size = 0 }
    do {
      if let sparse = entry.sparse, sparse.format != .pax10 {
        entry.sparse = sparse.inFormat10
        try await writer.begin(entry)
      } else {
        if entry.sparse != nil { sparseMap = TarSparseMapReader(entry) }
        try await writer.beginCopy(of: entry)
      }
    } catch let error as TarError {
      throw fault(error)
    }
  }

  private mutating func checkMap(_ content: ByteBuffer) throws {
    guard var map = sparseMap else { return }
    var content = content
    do { try map.consume(&content) } catch let error as TarError { throw fault(error) }
    sparseMap = map
  }

  /// The name as ours: relative to `/`, without `.` and empty parts.
  private func ownName(_ name: TarName) throws -> [UInt8] {
    guard name.hazard == nil else { throw fault("a member's name leads out of the archive", name) }
    let own = PathSet.normalized(name.bytes)
    guard paths.covers(own) else { throw fault("a member came that nobody asked for", name) }
    return own
  }

  /// What lies behind a link would be written elsewhere when the archive is extracted.
  private func checkWay(to name: [UInt8], _ entry: TarEntry) throws {
    guard !isBehindLink(name) else {
      throw fault("a member lies behind a symbolic link of the same archive", entry.name)
    }
  }

  func isBehindLink(_ name: [UInt8]) -> Bool {
    !links.isEmpty
      && name.indices.contains { name[$0] == UInt8(ascii: "/") && links.contains(Array(name[..<$0])) }
  }

  private mutating func remember(_ name: [UInt8]) throws {
    size += name.count + 256
    guard size <= Self.limit else {
      throw SnapshotSourceError(
        .failed, operation: operation,
        message:
          "there are more links than \(Self.limit >> 20) MiB of names; split the source into several by its paths")
    }
  }

  private func fault(_ message: String, _ name: TarName) -> SnapshotSourceError {
    SnapshotSourceError(.corrupt, operation: operation, message: "\(message) (\(name))")
  }

  private func fault(_ error: TarError) -> SnapshotSourceError {
    SnapshotSourceError(
      error.code == .truncated ? .truncated : .corrupt, operation: operation, message: error.description, cause: error)
  }
}
