public import KubernetesClient
public import NIOCore
public import SnapshotSource
import Synchronization
import Tar

/// Gives an archive of files to `tar` in a container.
///
/// The archive is read whole and checked before the first byte goes to the container. What tar does then is its own: a file
/// that it replaces is removed first, and a restore that dies leaves a part.
public final class PodFilesDestination: SnapshotPlanner {
  /// Names of symbolic links that are remembered.
  private static let linkLimit = 32 << 20

  public let name: String
  public let kind = "files"
  private let pods: FilesConfiguration.Pods
  private let folder: String
  private let policy: FileConflictPolicy
  private let client: KubernetesClient?
  private let idle: Duration
  private let outcome = Mutex(SnapshotFacts())

  /// - Parameters:
  ///   - folder: Absolute, in the container; has to exist.
  ///   - idle: The longest that the container may be silent.
  public init(
    name: String, pods: FilesConfiguration.Pods, folder: String = "/", policy: FileConflictPolicy,
    client: KubernetesClient?, idle: Duration = .seconds(300)
  ) {
    self.name = name
    self.pods = pods
    self.folder = folder
    self.policy = policy
    self.client = client
    self.idle = idle
  }

  private struct Tools {
    var container: PodContainer
    var tar: TarProgram
  }

  private func tools() async throws -> Tools {
    let container = try await PodContainer.find(pods, client: client, idle: idle)
    guard let tar = try await TarProgram.find(in: container) else {
      throw SnapshotSourceError(
        .configuration, operation: "search for tar in \(container.place)",
        message: "the container has no tar; restore to the claim that it mounts instead (persistentVolumeClaim)")
    }
    try await PodFeed(container: container).check()
    return Tools(container: container, tar: tar)
  }

  public func preflight() async throws -> RestorePreview {
    let tools = try await tools()
    let operation = "restore of \(name) to \(tools.container.place)"
    _ = try tools.tar.extractCommand(into: folder, policy: policy, operation: operation)
    guard let found = try await PodLookup(container: tools.container).find([Array(folder.utf8)]) else {
      guard policy != .fail else { throw noLookup(tools) }
      return preview(tools, "what is there cannot be told without xargs in the container")
    }
    guard found == [.folder] || found == [.link] else {
      throw SnapshotSourceError(
        .configuration, operation: operation,
        message: "there is no folder \(folder) in the container; make it, or correct path")
    }
    return preview(tools, nil)
  }

  private func preview(_ tools: Tools, _ warning: String?) -> RestorePreview {
    RestorePreview(
      object: "\(folder) in \(tools.container.place)", detail: "\(tools.tar.version) extracts the archive there",
      actions: warning.map { [RestoreAction(.warning, name, detail: $0)] } ?? [])
  }

  private func noLookup(_ tools: Tools) -> SnapshotSourceError {
    SnapshotSourceError(
      .configuration, operation: "search for existing files in \(tools.container.place)",
      message:
        "the container has no xargs, so that nobody can tell what is in the way; set conflictPolicy to Replace, or restore "
        + "to the claim that it mounts")
  }

  // MARK: Plan

  public func plan<Snapshot: AsyncSequence & Sendable>(
    from snapshot: Snapshot, size: Int64
  ) async throws -> [RestoreAction] where Snapshot.Element == ByteBuffer {
    let tools = try await tools()
    let operation = "restore of \(name) to \(tools.container.place)"
    var reader = MemberReader(operation: operation)
    var batch = Batch(links: LinkNames(limit: Self.linkLimit, operation: operation))
    var tally = RestoreTally()
    for try await bytes in snapshot {
      try reader.consume(bytes) { event in
        guard case .begin(let member) = event else { return }
        if let problem = tools.tar.problem(with: member) {
          throw SnapshotSourceError(
            .configuration, operation: operation,
            message: "\(tools.tar.version) cannot extract \(problem) (\(member.display)); restore to a claim")
        }
        try batch.add(member)
      }
      if batch.isFull { try await look(&batch, tools, &tally) }
    }
    try reader.finish()
    try await look(&batch, tools, &tally)
    try await checkSpace(tally, tools, operation)
    return tally.actions
  }

  private struct Batch {
    var members: [Member] = []
    var bytes = 0
    var links: LinkNames
    var isFull: Bool { members.count >= PodLookup.batchNames || bytes >= PodLookup.batchBytes }

    mutating func add(_ member: Member) throws {
      try links.check(member)
      members.append(member)
      bytes += member.entry.name.bytes.count
    }
  }

  private func look(_ batch: inout Batch, _ tools: Tools, _ tally: inout RestoreTally) async throws {
    var start = 0
    while start < batch.members.count {
      let part = batch.members[start..<min(start + PodLookup.batchNames, batch.members.count)]
      start += part.count
      let base = folder == "/" ? [] : Array(folder.utf8)
      let names = part.map { base + [UInt8(ascii: "/")] + $0.name }
      let found = try await PodLookup(container: tools.container).find(names)
      guard found != nil || policy != .fail else { throw noLookup(tools) }
      for (member, there) in zip(part, found ?? Array(repeating: .nothing, count: part.count)) {
        judge(member, there, &tally)
      }
    }
    batch.members = []
    batch.bytes = 0
  }

  private func judge(_ member: Member, _ found: PodLookup.Found, _ tally: inout RestoreTally) {
    let isFolder = member.entry.kind == .directory
    switch (isFolder, found) {
    case (_, .nothing):
      tally.created.add(member.name)
      tally.willWrite(member.entry.realSize, over: nil)
    case (true, .folder): tally.same.add(member.name)
    // The place itself may be a link: it was named by the request.
    case (true, .link) where member.path.isEmpty: tally.same.add(member.name)
    case (true, _): tally.conflict(member.name, "is no folder, and the backup has one")
    case (false, .folder): tally.conflict(member.name, "is a folder, and the backup has none")
    case (false, _):
      switch policy {
      case .fail: tally.conflict(member.name, "is there")
      case .skip: tally.skipped.add(member.name)
      case .replace:
        tally.replaced.add(member.name)
        tally.willWrite(member.entry.realSize, over: 0)
      }
    }
  }

  /// By `df`; where the container has none, tar finds out.
  private func checkSpace(_ tally: RestoreTally, _ tools: Tools, _ operation: String) async throws {
    guard
      let outcome = try? await tools.container.run(["df", "-P", "-k", folder], collectUpTo: 64 << 10),
      outcome.exitCode == 0
    else { return }
    // https://pubs.opengroup.org/onlinepubs/9799919799/utilities/df.html
    let fields = String(buffer: outcome.output).split(whereSeparator: \.isNewline).last?.split(separator: " ") ?? []
    guard fields.count >= 6, let free = Int64(fields[3]), free >= 0, tally.space > free << 10 else { return }
    throw SnapshotSourceError(
      .noSpace, operation: operation,
      message: "the files need \(tally.space) bytes, and \(folder) has \(free << 10) left; make room")
  }

  // MARK: Restore

  public func restore<Snapshot: AsyncSequence & Sendable>(
    from snapshot: Snapshot, size: Int64, force: Bool, didBegin: @Sendable () async throws -> Void
  ) async throws -> SnapshotFacts where Snapshot.Element == ByteBuffer {
    let tools = try await tools()
    let operation = "tar in \(tools.container.place)"
    let command = try tools.tar.extractCommand(into: folder, policy: policy, operation: operation)
    try await didBegin()
    let result: PodFeed.Report
    do {
      result = try await PodFeed(container: tools.container).run(command, snapshot, size: size)
    } catch {
      throw partial(operation, (error as? SnapshotSourceError)?.message ?? "\(error)", error)
    }
    guard result.status == 0 else {
      throw partial(operation, "tar ended with status \(result.status): \(result.outcome.complaint)", nil)
    }
    guard result.bytes == size else {
      throw partial(operation, "tar was given \(result.bytes) of \(size) bytes, and did not say so", nil)
    }
    var facts = ["pod": tools.container.pod, "tar": tools.tar.version]
    if let container = tools.container.container { facts["container"] = container }
    let said = result.outcome.errors.split(whereSeparator: \.isNewline)
    if !said.isEmpty { facts["tarSays"] = String(said.prefix(3).joined(separator: "; ").prefix(400)) }
    let all = SnapshotFacts(facts)
    outcome.withLock { $0 = all }
    return all
  }

  private func partial(_ operation: String, _ message: String, _ cause: (any Error)?) -> SnapshotSourceError {
    SnapshotSourceError(
      .partlyDone, operation: operation,
      message:
        "\(message); a part of the files may be there: a new request with conflictPolicy Replace does all of it again",
      cause: cause)
  }

  public func verify() async throws -> SnapshotFacts { outcome.withLock { $0 } }
}

/// Symbolic links of an archive: what lies behind one would be written elsewhere by a tar that follows it.
struct LinkNames {
  private var links: Set<[UInt8]> = []
  private var size = 0
  private let limit: Int
  private let operation: String

  init(limit: Int, operation: String) { (self.limit, self.operation) = (limit, operation) }

  mutating func check(_ member: Member) throws {
    if !links.isEmpty {
      for path in [member.path, member.linkPath] {
        for depth in path.indices.dropFirst()
        where links.contains(Array(path[..<depth].joined(separator: [UInt8(ascii: "/")]))) {
          throw SnapshotSourceError(
            .corrupt, operation: operation,
            message: "a member lies behind a symbolic link of the same archive (\(member.display))")
        }
      }
    }
    guard member.entry.kind == .symbolicLink else { return }
    size += member.name.count + 64
    guard size <= limit else {
      throw SnapshotSourceError(
        .failed, operation: operation, message: "there are more links than \(limit >> 20) MiB of names")
    }
    links.insert(member.name)
  }
}
