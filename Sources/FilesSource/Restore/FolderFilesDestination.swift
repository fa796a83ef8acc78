#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
public import NIOCore
import NIOPosix
public import SnapshotSource
import Synchronization

/// Brings an archive of files back below a folder of this machine: a mounted claim, or the machine itself.
///
/// Every step can be repeated: a restore that died left whole files and perhaps names that begin with `.holdfast-`, and
/// another one finishes.
public final class FolderFilesDestination: SnapshotPlanner {
  public let name: String
  public let kind = "files"
  private let place: RestorePlace
  private let policy: FileConflictPolicy
  private let isDryRun: Bool
  private let outcome = Mutex(SnapshotFacts())

  /// - Parameters:
  ///   - root: The folder.
  ///   - place: For people, for example `claim data`.
  ///   - subPath: A folder below it that the files go to; made where it is not there.
  ///   - isToBeMade: The root need not be there for the plan.
  ///   - isDryRun: The root may be mounted read-only.
  public init(
    name: String, root: String, place: String, subPath: String? = nil, policy: FileConflictPolicy,
    isToBeMade: Bool = false, isDryRun: Bool = false
  ) {
    self.name = name
    self.isDryRun = isDryRun
    self.place = RestorePlace(root: root, name: place, subPath: subPath, isToBeMade: isToBeMade)
    self.policy = policy
  }

  private var operation: String { "restore of \(name) to \(place.display)" }

  public func preflight() async throws -> RestorePreview {
    let isThere = try await blocking { [place, isDryRun] in
      guard let root = try place.open() else { return false }
      var stack = FolderStack(root: root)
      do {
        for name in place.subPath {
          guard let folder = try stack.open(name) else { break }
          stack.push(folder)
        }
      } catch {
        throw place.failure(error, Array(place.subPath.joined(separator: [UInt8(ascii: "/")])))
      }
      if let failure = stack.current.whyNotWritable, failure.number != EROFS || !isDryRun {
        throw place.failure(failure, stack.path(stack.folders.count))
      }
      return true
    }
    let way =
      switch policy {
      case .fail: "a file that is there and differs ends the restore before anything is written"
      case .skip: "files that are there stay as they are"
      case .replace: "files that are there and differ are replaced"
      }
    var actions: [RestoreAction] = []
    if !isThere { actions.append(RestoreAction(.create, place.name)) }
    if geteuid() != 0 {
      actions.append(
        RestoreAction(
          .warning, place.display,
          detail:
            "the executor is user \(geteuid()): files of other owners become its own, devices and protected attributes are left out"
        ))
    }
    return RestorePreview(object: place.display, detail: way, actions: actions)
  }

  public func plan<Snapshot: AsyncSequence & Sendable>(
    from snapshot: Snapshot, size: Int64
  ) async throws -> [RestoreAction] where Snapshot.Element == ByteBuffer {
    let root = try await blocking { [place] in try place.open() }
    let planner = TreePlanner(
      place: place, root: root, policy: policy, isRoot: geteuid() == 0, operation: operation)
    for try await bytes in snapshot { try await blocking { try planner.consume(bytes) } }
    let tally = try await blocking { try planner.finish() }
    if let root { try checkSpace(tally, root) }
    return tally.actions
  }

  private func checkSpace(_ tally: RestoreTally, _ root: Descriptor) throws {
    guard let free = root.freeSpace() else { return }
    let needed = tally.space + tally.largestReplaced
    guard needed <= free.bytes else {
      throw SnapshotSourceError(
        .noSpace, operation: operation,
        message:
          "the files need \(needed) bytes, and \(place.name) has \(free.bytes) left; make room, or use a larger one")
    }
    guard tally.names <= free.names ?? .max else {
      throw SnapshotSourceError(
        .noSpace, operation: operation,
        message: "there are \(tally.names) new files, and \(place.name) has room for \(free.names ?? 0) (inodes)")
    }
  }

  public func restore<Snapshot: AsyncSequence & Sendable>(
    from snapshot: Snapshot, size: Int64, force: Bool, didBegin: @Sendable () async throws -> Void
  ) async throws -> SnapshotFacts where Snapshot.Element == ByteBuffer {
    guard let root = try await blocking({ [place] in try place.open() }) else {
      throw SnapshotSourceError(.configuration, operation: operation, message: "\(place.name) is not here")
    }
    try await didBegin()
    let writer = TreeWriter(place: place, root: root, policy: policy, operation: operation)
    do {
      for try await bytes in snapshot { try await blocking { try writer.consume(bytes) } }
      let facts = try await blocking { try writer.finish() }.facts
      outcome.withLock { $0 = facts }
      return facts
    } catch {
      // Cancelled or not: a file that is half written goes.
      await withoutCancellation { await Self.abort(writer) }
      let failure = error as? SnapshotSourceError
      throw SnapshotSourceError(
        .partlyDone, operation: failure?.operation ?? operation,
        message:
          "\(failure?.message ?? "\(error)"); what was written until then stays, and a new request goes on from there",
        cause: error)
    }
  }

  /// What was done, as ``restore(from:size:force:didBegin:)`` counted it.
  public func verify() async throws -> SnapshotFacts { outcome.withLock { $0 } }

  private static func abort(_ writer: TreeWriter) async {
    try? await NIOThreadPool.singleton.runIfActive { writer.abort() }
  }

  private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive(body)
  }
}
