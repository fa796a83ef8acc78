#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import CFileCalls
import NIOCore
import SnapshotSource
import Synchronization
import Tar

/// Walks folders of this machine, depth first, in the order in which the file system gives the names.
///
/// Memory does not grow with a folder's size: one folder is open for each level, and read as it goes. Links are never
/// followed, and names are looked up in open folders, so that nobody can lead the walk elsewhere meanwhile. Every call may
/// block; not for use by several at once.
final class FolderWalk: Sendable {
  struct Root: Sendable {
    /// What `/` of the paths is.
    var path: String
    /// For people.
    var name: String
    /// Links on the way to a path are followed, and what the kernel makes (`/proc`) is left out.
    var isMachine: Bool
  }

  enum Item: Sendable {
    /// Without content.
    case entry(TarEntry)
    case small(TarEntry, ByteBuffer, isTorn: Bool)
    case large(TarEntry, Descriptor, FileStatus)
    case vanished([UInt8])
    case socket([UInt8])
    /// A folder that is mounted within itself.
    case loop([UInt8])
    case leftOut([UInt8])
    case attributesLeftOut([UInt8])
  }

  /// Content up to this many bytes is read at once.
  static let smallSize = 64 << 10
  private static let batchItems = 128
  private static let batchBytes = 512 << 10
  private static let depthLimit = 512

  private let root: Root
  private let paths: PathSet
  private let patterns: PathPatterns
  private let owners: OwnerNames
  private let depthLimit: Int
  private let state: Mutex<State>

  fileprivate struct State {
    var nextPath = 0
    var base: Descriptor?
    var folders: [OpenFolder] = []
    var hardLinks = HardLinks()
    var batch: [Item] = []
    var batchSize = 0
    var isFull: Bool { batch.count >= FolderWalk.batchItems || batchSize >= FolderWalk.batchBytes }
  }

  init(root: Root, paths: PathSet, patterns: PathPatterns, depthLimit: Int = FolderWalk.depthLimit) {
    self.root = root
    self.paths = paths
    self.patterns = patterns
    self.depthLimit = depthLimit
    owners = root.isMachine ? .ofThisMachine() : .none
    state = Mutex(State())
  }

  /// Whether there were so many files of several names that some are in the archive more than once.
  var hasForgottenLinks: Bool { state.withLock { $0.hardLinks.isFull } }

  /// - Returns: What comes next; empty at the end.
  /// - Throws: `SnapshotSourceError` that names the path.
  func next() throws -> [Item] {
    try state.withLock { state in
      state.batch = []
      state.batchSize = 0
      while !state.isFull {
        if let folder = state.folders.last {
          if let name = try child(of: folder) {
            try visit(name, in: folder.descriptor, path: folder.path(of: name), isRoot: false, &state)
          } else {
            state.folders.removeLast()
          }
        } else if state.nextPath < paths.paths.count {
          state.nextPath += 1
          try begin(paths.paths[state.nextPath - 1], &state)
        } else {
          break
        }
      }
      return state.batch
    }
  }

  private func child(of folder: OpenFolder) throws -> [UInt8]? {
    do { return try folder.next() } catch { throw failure(error, folder.path) }
  }

  // MARK: Where the paths begin

  private func begin(_ path: [UInt8], _ state: inout State) throws {
    let base: Descriptor
    do throws(CallFailure) {
      if let open = state.base { base = open } else { base = try Descriptor.openFolder(root.path) }
      state.base = base
    } catch {
      throw SnapshotSourceError(
        .configuration, operation: "open \(root.name)", message: "\(root.name) is not here (\(error.reason))")
    }
    guard !path.isEmpty else { return try enter([UInt8(ascii: ".")], in: base, path: [], isRoot: true, &state) }
    var parts = path.split(separator: UInt8(ascii: "/")).map(Array.init)
    let last = parts.removeLast()
    try visit(last, in: try parent(parts, of: path, in: base), path: path, isRoot: true, &state)
  }

  private func parent(_ parts: [[UInt8]], of path: [UInt8], in base: Descriptor) throws -> Descriptor {
    guard !parts.isEmpty else { return base }
    if root.isMachine {
      let folder = String(decoding: Array(parts.joined(separator: [UInt8(ascii: "/")])), as: UTF8.self)
      do { return try Descriptor.openFolder("/" + folder) } catch { throw failure(error, path) }
    }
    var folder = base
    var way: [UInt8] = []
    for part in parts {
      way = way.isEmpty ? part : way + [UInt8(ascii: "/")] + part
      do {
        let isLink = try Descriptor.status(of: part, in: folder)?.kind == .symbolicLink
        guard !isLink else { throw linkInTheWay(way, part, in: folder) }
        folder = try Descriptor.open(part, in: folder, flags: O_DIRECTORY | holdfast_open_path_flag())
      } catch let error as CallFailure {
        throw failure(error, path)
      }
    }
    return folder
  }

  private func linkInTheWay(_ path: [UInt8], _ name: [UInt8], in folder: Descriptor) -> SnapshotSourceError {
    let target = (try? Descriptor.target(of: name, in: folder)).map { TarName($0).description } ?? "elsewhere"
    return SnapshotSourceError(
      .configuration, operation: "read \(PathSet.display(path)) of \(root.name)",
      message:
        "\(PathSet.display(path)) is a symbolic link to \(target), and links are not followed; name the path that "
        + "it leads to in paths")
  }

  // MARK: One name

  private func visit(
    _ name: [UInt8], in folder: Descriptor, path: [UInt8], isRoot: Bool, _ state: inout State
  ) throws {
    if !isRoot {
      if patterns.matches(path) { return }
      if root.isMachine, Self.kernelFolders.contains(path) { return state.add(.leftOut(path)) }
    }
    let status: FileStatus
    do {
      guard let found = try Descriptor.status(of: name, in: folder) else { return }
      status = found
      switch found.kind {
      case .folder: return try enter(name, in: folder, path: path, isRoot: isRoot, &state)
      case .file: return try add(name, in: folder, path: path, found, &state)
      case .socket: return state.add(.socket(path))
      case .symbolicLink:
        guard !isRoot else { throw linkInTheWay(path, name, in: folder) }
        var entry = entry(path, .symbolicLink, found)
        entry.linkTarget = TarName(try Descriptor.target(of: name, in: folder))
        return state.add(.entry(entry))
      case .fifo: state.add(.entry(entry(path, .fifo, status)))
      case .characterDevice, .blockDevice:
        var entry = entry(path, found.kind == .blockDevice ? .blockDevice : .characterDevice, found)
        entry.device = found.device
        state.add(.entry(entry))
      }
    } catch let error as CallFailure {
      try missed(error, path, isRoot: isRoot, &state)
    }
  }

  private static let kernelFolders: Set<[UInt8]> = Set(["proc", "sys", "dev"].map { Array($0.utf8) })

  /// A name that a folder gave and that is gone, or another kind of thing, a moment later is nobody's fault.
  private func missed(_ error: CallFailure, _ path: [UInt8], isRoot: Bool, _ state: inout State) throws {
    guard !isRoot, [ENOENT, ENOTDIR, ELOOP].contains(error.number) else { throw failure(error, path) }
    state.add(.vanished(path))
  }

  private func enter(
    _ name: [UInt8], in parent: Descriptor, path: [UInt8], isRoot: Bool, _ state: inout State
  ) throws {
    do {
      let descriptor = try Descriptor.open(name, in: parent, flags: O_DIRECTORY)
      guard let status = try descriptor.status() else { return }
      guard !state.folders.contains(where: { $0.file == status.file }) else { return state.add(.loop(path)) }
      guard state.folders.count < depthLimit else {
        throw SnapshotSourceError(
          .configuration, operation: "read \(PathSet.display(path)) of \(root.name)",
          message: "folders are nested deeper than \(depthLimit) levels; exclude the inner ones, or name them in paths")
      }
      var entry = entry(path, .directory, status)
      addAttributes(of: descriptor, to: &entry, path, &state)
      let folder = try OpenFolder(descriptor, path: path, file: status.file)
      state.folders.append(folder)
      state.add(.entry(entry))
    } catch let error as CallFailure {
      try missed(error, path, isRoot: isRoot, &state)
    }
  }

  private func add(
    _ name: [UInt8], in folder: Descriptor, path: [UInt8], _ seen: FileStatus, _ state: inout State
  ) throws {
    if seen.linkCount > 1, let first = state.hardLinks.name(of: seen.file) {
      var entry = entry(path, .hardLink, seen)
      entry.linkTarget = TarName(first)
      return state.add(.entry(entry))
    }
    do {
      let file = try Descriptor.open(name, in: folder, flags: 0)
      guard let status = try file.status(), status.kind == .file else { return state.add(.vanished(path)) }
      var entry = entry(path, .file, status)
      addAttributes(of: file, to: &entry, path, &state)
      if status.size <= Self.smallSize {
        try addSmall(file, status, entry, &state)
      } else {
        state.add(.large(entry, file, status))
        // One at a time, so that open files do not pile up.
        state.batchSize = Self.batchBytes
      }
      if status.linkCount > 1 { state.hardLinks.insert(status.file, name: path, count: status.linkCount) }
    } catch let error as CallFailure {
      if error.number == ENXIO { return state.add(.vanished(path)) }
      try missed(error, path, isRoot: false, &state)
    }
  }

  /// Read at once, and again where it changed meanwhile: what is given fits its entry.
  private func addSmall(_ file: Descriptor, _ first: FileStatus, _ given: TarEntry, _ state: inout State) throws {
    var (status, entry) = (first, given)
    for attempt in 1...3 {
      let content = try file.read(at: 0, upTo: Int(min(status.size, Int64(Self.smallSize))))
      guard let after = try file.status() else { return }
      let isWhole = after.isSame(as: status) && Int64(content.readableBytes) == status.size
      if isWhole || attempt == 3 {
        entry.size = Int64(content.readableBytes)
        entry.modified = status.modified
        state.batchSize += content.readableBytes
        return state.add(.small(entry, content, isTorn: !isWhole))
      }
      status = after
      // It grew, and is read as a large one.
      if status.size > Self.smallSize {
        entry.size = status.size
        entry.modified = status.modified
        state.batchSize = Self.batchBytes
        return state.add(.large(entry, file, status))
      }
    }
  }

  private func addAttributes(
    of file: Descriptor, to entry: inout TarEntry, _ path: [UInt8], _ state: inout State
  ) {
    let (values, isWhole) = file.attributes()
    entry.extendedAttributes = values
    state.batchSize += values.reduce(0) { $0 + $1.key.utf8.count + $1.value.count }
    if !isWhole { state.add(.attributesLeftOut(path)) }
  }

  private func entry(_ path: [UInt8], _ kind: TarEntry.Kind, _ status: FileStatus) -> TarEntry {
    let slash = kind == .directory ? [UInt8(ascii: "/")] : []
    return TarEntry(
      name: TarName(path.isEmpty ? Array("./".utf8) : path + slash), kind: kind,
      size: kind == .file ? status.size : 0, mode: status.mode, userID: status.userID, groupID: status.groupID,
      userName: owners.user(status.userID), groupName: owners.group(status.groupID), modified: status.modified)
  }

  func failure(_ error: any Error, _ path: [UInt8]) -> any Error {
    (error as? CallFailure).map { failure($0, path) } ?? error
  }

  func failure(_ error: CallFailure, _ path: [UInt8]) -> SnapshotSourceError {
    let operation = "read \(PathSet.display(path)) of \(root.name)"
    switch error.number {
    case EACCES, EPERM:
      return SnapshotSourceError(
        .unauthorized, operation: operation,
        message: "no permission; run the executor as a user that may read it (executor.runAsUser), or exclude it",
        cause: error)
    case ENOENT, ENOTDIR:
      return SnapshotSourceError(
        .configuration, operation: operation, message: "there is no such file or folder; correct paths", cause: error)
    default:
      return SnapshotSourceError(.failed, operation: operation, message: error.reason, cause: error)
    }
  }
}

extension FolderWalk.State {
  fileprivate mutating func add(_ item: FolderWalk.Item) { batch.append(item) }
}

/// A folder whose names are being read.
private final class OpenFolder {
  let descriptor: Descriptor
  let path: [UInt8]
  let file: HardLinks.File
  private let stream: OpaquePointer

  init(_ descriptor: Descriptor, path: [UInt8], file: HardLinks.File) throws(CallFailure) {
    self.descriptor = descriptor
    self.path = path
    self.file = file
    // The stream closes the descriptor that it is given.
    let copy = fcntl(descriptor.number, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw CallFailure(number: errno) }
    guard let stream = fdopendir(copy) else {
      let number = errno
      close(copy)
      throw CallFailure(number: number)
    }
    self.stream = stream
  }

  deinit { closedir(stream) }

  func path(of name: [UInt8]) -> [UInt8] { path.isEmpty ? name : path + [UInt8(ascii: "/")] + name }

  /// nil at the end.
  func next() throws(CallFailure) -> [UInt8]? {
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw CallFailure(number: errno) }
        return nil
      }
      // The name is as long as it is, whatever the size that the struct declares.
      let place = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
      let bytes = place.assumingMemoryBound(to: UInt8.self)
      let name = Array(UnsafeBufferPointer(start: bytes, count: strlen(place.assumingMemoryBound(to: CChar.self))))
      if name == [UInt8(ascii: ".")] || name == Array("..".utf8) { continue }
      return name
    }
  }
}
