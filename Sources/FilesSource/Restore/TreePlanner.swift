import NIOCore
import SnapshotSource
import Synchronization
import Tar

/// What becomes of files that are there.
public enum FileConflictPolicy: Sendable, Hashable {
  /// A file that differs ends the restore before anything is written.
  case fail
  /// What is there stays.
  case skip
  case replace
}

/// Reads an archive and looks at the place, without changing it. Calls may block; not for use by several at once.
final class TreePlanner: Sendable {
  private struct State {
    var reader: MemberReader
    var stack: FolderStack?
    var tally = RestoreTally()
    var current: Current?
  }

  /// A file that is there and may be the same.
  private struct Current {
    var member: Member
    var status: FileStatus
    var comparison: FileComparison
  }

  private let place: RestorePlace
  private let policy: FileConflictPolicy
  private let mayMakeDevices: Bool
  private let state: Mutex<State>

  /// - Parameter root: nil where the place is yet to be made: then nothing is there.
  init(place: RestorePlace, root: Descriptor?, policy: FileConflictPolicy, isRoot: Bool, operation: String) {
    (self.place, self.policy, mayMakeDevices) = (place, policy, isRoot)
    state = Mutex(State(reader: MemberReader(operation: operation), stack: root.map(FolderStack.init)))
  }

  func consume(_ bytes: ByteBuffer) throws {
    try state.withLock { state in
      var reader = state.reader
      defer { state.reader = reader }
      try reader.consume(bytes) { event in
        switch event {
        case .begin(let member): try look(at: member, &state)
        case .data(let offset, let piece): state.current?.comparison.add(offset, piece)
        case .end:
          guard let current = state.current else { return }
          state.current = nil
          judge(current.member, current.status, isSame: current.comparison.isEqual, &state.tally)
        }
      }
    }
  }

  /// What was counted so far.
  var tally: RestoreTally { state.withLock { $0.tally } }

  func finish() throws -> RestoreTally {
    try state.withLock { state in
      try state.reader.finish()
      return state.tally
    }
  }

  private func look(at given: Member, _ state: inout State) throws {
    var member = given
    member.path = place.subPath + given.path
    if !member.linkPath.isEmpty { member.linkPath = place.subPath + given.linkPath }
    do {
      guard let folder = try parent(of: member.path, &state), let name = member.path.last else {
        // The place itself is there, or comes with the first member.
        if !member.path.isEmpty { judge(member, nil, isSame: false, &state.tally) }
        return
      }
      guard let status = try Descriptor.existing(name, in: folder) else {
        return judge(member, nil, isSame: false, &state.tally)
      }
      if member.entry.kind == .file, status.kind == .file {
        guard let comparison = FileComparison(member, in: folder, status: status) else {
          return judge(member, status, isSame: false, &state.tally)
        }
        state.current = Current(member: member, status: status, comparison: comparison)
        return
      }
      judge(member, status, isSame: try isSame(member, status, in: folder, &state), &state.tally)
    } catch let error as InTheWay {
      state.tally.conflict(given.name, error.message)
    } catch let error as CallFailure {
      throw place.failure(error, given.name)
    }
  }

  /// nil where a folder on the way is not there.
  private func parent(of path: [[UInt8]], _ state: inout State) throws -> Descriptor? {
    guard state.stack != nil, !path.isEmpty else { return nil }
    state.stack?.retreat(to: path.dropLast()) { _ in }
    let depth = state.stack?.folders.count ?? 0
    for name in path.dropLast().dropFirst(depth) {
      guard let folder = try state.stack?.open(name) else { return nil }
      state.stack?.push(folder)
    }
    return state.stack?.current
  }

  private func isSame(_ member: Member, _ status: FileStatus, in folder: Descriptor, _ state: inout State) throws
    -> Bool
  {
    let entry = member.entry
    switch (entry.kind, status.kind) {
    case (.symbolicLink, .symbolicLink):
      return try Descriptor.target(of: member.path.last ?? [], in: folder) == entry.linkTarget?.bytes
    case (.fifo, .fifo): return entry.mode == status.mode
    case (.characterDevice, .characterDevice), (.blockDevice, .blockDevice): return entry.device == status.device
    case (.hardLink, _):
      guard let target = member.linkPath.last, let folder = try parent(of: member.linkPath, &state) else {
        return false
      }
      return try Descriptor.existing(target, in: folder)?.file == status.file
    default: return false
    }
  }

  private func judge(_ member: Member, _ status: FileStatus?, isSame: Bool, _ tally: inout RestoreTally) {
    let entry = member.entry
    let isDevice = entry.kind == .characterDevice || entry.kind == .blockDevice
    if isDevice, !mayMakeDevices, !isSame { return tally.devices.add(member.name) }
    guard let status else {
      tally.created.add(member.name)
      return tally.willWrite(dataSize(entry), over: nil)
    }
    switch (entry.kind == .directory, status.kind == .folder) {
    case (true, true):
      // What is in it is looked at one by one.
      return policy == .replace && entry.mode != status.mode
        ? tally.replaced.add(member.name) : tally.same.add(member.name)
    case (true, false): return tally.conflict(member.name, "is no folder, and the backup has one")
    case (false, true): return tally.conflict(member.name, "is a folder, and the backup has none")
    case (false, false): break
    }
    if isSame { return tally.same.add(member.name) }
    switch policy {
    case .skip: tally.skipped.add(member.name)
    case .fail: tally.conflict(member.name, "is there and differs from the backup")
    case .replace:
      tally.replaced.add(member.name)
      tally.willWrite(dataSize(entry), over: status.allocated)
    }
  }

  /// Bytes that are written, holes left out where they are known already.
  private func dataSize(_ entry: TarEntry) -> Int64 { entry.sparse == nil ? entry.realSize : entry.size }
}
