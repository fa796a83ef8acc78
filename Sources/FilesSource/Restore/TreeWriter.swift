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

/// Brings an archive's members to the place, each under a name of its own first and then by a rename: whatever happens
/// meanwhile, a name holds what it held before or the whole new file. Calls may block; not for use by several at once.
///
/// A folder that it makes has the mode 01700 until the last member in it is done, by which a later restore tells that it
/// was not finished.
final class TreeWriter: Sendable {
  static let temporaryPrefix = ".holdfast-"
  static let unfinishedMode: UInt32 = 0o1700
  /// A folder in one with the set-group-id bit gets it too.
  private static let inherited: UInt32 = 0o2000
  /// Names that are remembered; of more, one that comes twice in the archive is taken for somebody else's.
  private static let memoryLimit = 1 << 20

  fileprivate struct State {
    var reader: MemberReader
    var stack: FolderStack
    var tally = RestoreTally()
    var current: Current?
    /// A file that is there and has to be the same.
    var comparing: (member: Member, comparison: FileComparison)?
    /// What this restore made, by a hash of the name.
    var written: Set<Int> = []
  }

  fileprivate struct Current {
    var member: Member
    var folder: Descriptor
    var temporary: [UInt8]
    var file: Descriptor
  }

  private let place: RestorePlace
  private let policy: FileConflictPolicy
  private let metadata = MetadataWriter()
  private let state: Mutex<State>

  init(place: RestorePlace, root: Descriptor, policy: FileConflictPolicy, operation: String) {
    (self.place, self.policy) = (place, policy)
    state = Mutex(State(reader: MemberReader(operation: operation), stack: FolderStack(root: root)))
  }

  /// - Throws: `SnapshotSourceError`.
  func consume(_ bytes: ByteBuffer) throws {
    try state.withLock { state in
      var reader = state.reader
      defer { state.reader = reader }
      try reader.consume(bytes) { event in
        switch event {
        case .begin(let member): try attempt(member, &state) { try begin(member, &$0) }
        case .data(let offset, let piece):
          state.comparing?.comparison.add(offset, piece)
          guard let current = state.current else { return }
          try attempt(current.member, &state) { try $0.current?.file.write(piece, at: offset) }
        case .end:
          if let (member, comparison) = state.comparing {
            state.comparing = nil
            try attempt(member, &state) { state in
              guard comparison.isEqual else { throw cameLater(member) }
              state.tally.same.add(member.name)
            }
          }
          guard let current = state.current else { return }
          try attempt(current.member, &state) { try end(current, &$0) }
        }
      }
    }
  }

  /// Everything is on disk when it returns.
  func finish() throws -> RestoreTally {
    try state.withLock { state in
      try state.reader.finish()
      do {
        try retreat(to: [], &state)
        guard holdfast_sync(state.stack.root.number) == 0 else { throw CallFailure(number: errno) }
      } catch {
        throw place.failure(error, [])
      }
      return state.tally
    }
  }

  /// Removes the file that is being written; for the end after an error.
  func abort() {
    state.withLock { state in
      if let current = state.current { Self.remove(current.temporary, in: current.folder) }
      state.current = nil
    }
  }

  private func attempt(_ member: Member, _ state: inout State, _ body: (inout State) throws -> Void) throws {
    do { try body(&state) } catch { throw place.failure(error, member.name) }
  }

  // MARK: Folders

  /// The folder that a path's last component is in. Folders on the way that are in no archive are made.
  private func parent(of path: [[UInt8]], _ state: inout State) throws -> Descriptor {
    try retreat(to: path.dropLast(), &state)
    for name in path.dropLast().dropFirst(state.stack.folders.count) {
      if try !enter(name, &state) {
        guard mkdirat(state.stack.current.number, Self.text(name), 0o755) == 0 || errno == EEXIST else {
          throw CallFailure(number: errno)
        }
        guard try enter(name, &state) else { throw CallFailure(number: ENOENT) }
      }
    }
    return state.stack.current
  }

  /// - Returns: False where there is no folder of this name.
  private func enter(_ name: [UInt8], _ state: inout State) throws -> Bool {
    guard var folder = try state.stack.open(name) else { return false }
    let path = state.stack.path(state.stack.folders.count) + [UInt8(ascii: "/")] + name
    // One that was done: it gets back what it has once what comes late is in it.
    let isOurs = state.written.contains(Self.hash(path))
    if folder.isReadable, let status = try folder.descriptor.status() {
      folder.saved = status
      if isOurs, !metadata.isRoot, status.mode & 0o300 != 0o300 { _ = fchmod(folder.descriptor.number, 0o700) }
    }
    folder.isOurs = isOurs
    state.stack.push(folder)
    return true
  }

  private func retreat(to path: some Collection<[UInt8]>, _ state: inout State) throws {
    var closed: [FolderStack.Folder] = []
    state.stack.retreat(to: path) { closed.append($0) }
    for folder in closed {
      if let entry = folder.pending {
        note(try metadata.apply(entry, to: folder.descriptor), folder.name, &state)
      } else if let saved = folder.saved, folder.isOurs || !folder.isChanged {
        metadata.reset(folder.descriptor, to: saved)
      }
    }
  }

  private func beginFolder(_ member: Member, _ path: [[UInt8]], _ state: inout State) throws {
    guard let name = path.last else {
      // The place itself: somebody made it, and it is as they want it, but where all is to be as in the backup.
      return
    }
    let parent = try parent(of: path, &state)
    let full = [UInt8(ascii: "/")] + Array(path.joined(separator: [UInt8(ascii: "/")]))
    let existing = try Descriptor.existing(name, in: parent)
    if existing == nil {
      guard mkdirat(parent.number, Self.text(name), mode_t(Self.unfinishedMode)) == 0 else {
        throw CallFailure(number: errno)
      }
    }
    guard try enter(name, &state) else { throw CallFailure(number: ENOENT) }
    let isOurs =
      existing == nil || existing.map { $0.mode & ~Self.inherited } == Self.unfinishedMode
      || state.written.contains(Self.hash(full))
    if isOurs || policy == .replace, state.stack.folders.last?.isReadable == true {
      state.stack.setPending(member.entry)
    }
    if isOurs { remember(full, &state) }
    if existing == nil {
      state.tally.created.add(member.name)
    } else if policy == .replace, existing?.mode != member.entry.mode {
      state.tally.replaced.add(member.name)
    } else {
      state.tally.same.add(member.name)
    }
  }

  // MARK: Members

  private func begin(_ member: Member, _ state: inout State) throws {
    let path = place.subPath + member.path
    if member.entry.kind == .directory { return try beginFolder(member, path, &state) }
    let folder = try parent(of: path, &state)
    guard let name = path.last else { return }
    if member.entry.isDevice, !metadata.isRoot { return state.tally.devices.add(member.name) }
    if let existing = try Descriptor.existing(name, in: folder) {
      guard existing.kind != .folder else { throw CallFailure(number: EISDIR) }
      // A name of ours that comes again is the later copy of a file that changed while it was taken.
      let isOurs = state.written.contains(Self.hash(full(path)))
      if policy == .skip, !isOurs { return state.tally.skipped.add(member.name) }
      if policy == .fail, !isOurs, member.entry.kind == .file {
        var there = member
        there.path = path
        guard let comparison = FileComparison(there, in: folder, status: existing) else { throw cameLater(member) }
        state.comparing = (member, comparison)
        return
      }
    }
    let temporary = Self.temporaryName(name)
    Self.remove(temporary, in: folder)
    switch member.entry.kind {
    case .file:
      let file = try Descriptor.create(temporary, in: folder)
      state.current = Current(member: member, folder: folder, temporary: temporary, file: file)
    default:
      do {
        if member.entry.kind == .hardLink {
          try link(member, temporary, in: folder, &state)
        } else {
          try make(member.entry, temporary, in: folder)
          note(try metadata.apply(member.entry, to: temporary, in: folder), member.name, &state)
        }
        try commit(member, temporary, in: folder, &state)
      } catch {
        Self.remove(temporary, in: folder)
        throw error
      }
    }
  }

  private func make(_ entry: TarEntry, _ name: [UInt8], in folder: Descriptor) throws(CallFailure) {
    let (number, name) = (folder.number, Self.text(name))
    let result: Int32
    switch entry.kind {
    case .symbolicLink: result = symlinkat(Self.text(entry.linkTarget?.bytes ?? []), number, name)
    case .fifo: result = mkfifoat(number, name, mode_t(entry.mode & 0o777))
    default:
      let type = entry.kind == .blockDevice ? S_IFBLK : S_IFCHR
      let device = holdfast_make_device(
        UInt32(truncatingIfNeeded: entry.device?.major ?? 0), UInt32(truncatingIfNeeded: entry.device?.minor ?? 0))
      result = mknodat(number, name, type | mode_t(entry.mode & 0o777), dev_t(device))
    }
    guard result == 0 else { throw CallFailure(number: errno) }
  }

  private func link(_ member: Member, _ name: [UInt8], in folder: Descriptor, _ state: inout State) throws {
    let path = place.subPath + member.linkPath
    guard let target = path.last else { throw CallFailure(number: ENOENT) }
    // Not by the stack, whose folders are done where they are left.
    var way = FolderStack(root: state.stack.root)
    for part in path.dropLast() {
      guard let next = try way.open(part) else { throw CallFailure(number: ENOENT) }
      way.push(next)
    }
    guard linkat(way.current.number, Self.text(target), folder.number, Self.text(name), 0) == 0 else {
      throw CallFailure(number: errno)
    }
  }

  private func end(_ current: Current, _ state: inout State) throws {
    let entry = current.member.entry
    if entry.sparse != nil {
      guard ftruncate(current.file.number, off_t(entry.realSize)) == 0 else { throw CallFailure(number: errno) }
    }
    note(try metadata.apply(entry, to: current.file), current.member.name, &state)
    try commit(current.member, current.temporary, in: current.folder, &state)
    state.current = nil
  }

  private func commit(_ member: Member, _ temporary: [UInt8], in folder: Descriptor, _ state: inout State) throws {
    let path = place.subPath + member.path
    guard let name = path.last else { return }
    if holdfast_rename_new(folder.number, Self.text(temporary), folder.number, Self.text(name)) == 0 {
      state.tally.created.add(member.name)
      state.stack.setChanged()
      return remember(full(path), &state)
    }
    guard errno == EEXIST else { throw CallFailure(number: errno) }
    let isOurs = state.written.contains(Self.hash(full(path)))
    if !isOurs {
      let isSame = try isSame(member.entry, temporary, name, in: folder)
      if isSame || policy != .replace { Self.remove(temporary, in: folder) }
      if isSame { return state.tally.same.add(member.name) }
      if policy == .skip { return state.tally.skipped.add(member.name) }
      if policy == .fail { throw cameLater(member) }
    }
    guard renameat(folder.number, Self.text(temporary), folder.number, Self.text(name)) == 0 else {
      throw CallFailure(number: errno)
    }
    // Two names of one file: renaming one to the other does nothing.
    Self.remove(temporary, in: folder)
    if !isOurs { state.tally.replaced.add(member.name) }
    state.stack.setChanged()
    remember(full(path), &state)
  }

  private func cameLater(_ member: Member) -> SnapshotSourceError {
    SnapshotSourceError(
      .conflict, operation: "write \(member.display) of \(place.name)",
      message: "a file that differs came there after the plan was made")
  }

  private func isSame(_ entry: TarEntry, _ new: [UInt8], _ old: [UInt8], in folder: Descriptor) throws -> Bool {
    guard let first = try Descriptor.existing(new, in: folder), let second = try Descriptor.existing(old, in: folder),
      first.kind == second.kind
    else { return false }
    if first.file == second.file { return true }
    switch first.kind {
    case .symbolicLink:
      return try Descriptor.target(of: new, in: folder) == Descriptor.target(of: old, in: folder)
    case .file:
      guard FileComparison.isAlike(entry, second) else { return false }
      let (one, two) = (
        try Descriptor.open(new, in: folder, flags: 0), try Descriptor.open(old, in: folder, flags: 0)
      )
      var place: Int64 = 0
      while place < first.size {
        let piece = try one.read(at: place, upTo: 256 << 10)
        guard piece.readableBytes > 0, try two.read(at: place, upTo: 256 << 10) == piece else { return false }
        place += Int64(piece.readableBytes)
      }
      return true
    case .characterDevice, .blockDevice: return first.device == second.device
    default: return first.mode == second.mode
    }
  }

  // MARK: Names

  private func note(_ outcome: MetadataWriter.Outcome, _ name: [UInt8], _ state: inout State) {
    if outcome.lacksOwner { state.tally.owners.add(name) }
    if outcome.lacksAttributes { state.tally.attributes.add(name) }
  }

  private func full(_ path: [[UInt8]]) -> [UInt8] {
    [UInt8(ascii: "/")] + Array(path.joined(separator: [UInt8(ascii: "/")]))
  }

  private func remember(_ path: [UInt8], _ state: inout State) {
    if state.written.count < Self.memoryLimit { state.written.insert(Self.hash(path)) }
  }

  private static func hash(_ path: [UInt8]) -> Int {
    // Without the slashes at the front, which differ by where the name comes from.
    Array(path.drop { $0 == UInt8(ascii: "/") }).hashValue
  }

  /// The same for the same name, so that a later restore removes what an earlier one left.
  private static func temporaryName(_ name: [UInt8]) -> [UInt8] {
    // FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/).
    let hash = name.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return Array("\(temporaryPrefix)\(String(hash, radix: 16))".utf8)
  }

  private static func remove(_ name: [UInt8], in folder: Descriptor) { _ = unlinkat(folder.number, text(name), 0) }

  private static func text(_ name: [UInt8]) -> [CChar] { name.map { CChar(bitPattern: $0) } + [0] }
}

extension TarEntry {
  var isDevice: Bool { kind == .characterDevice || kind == .blockDevice }
}
