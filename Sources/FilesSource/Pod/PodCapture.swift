import NIOCore
import SnapshotSource
import Tar

/// Takes paths of a container: by its tar, else by its shell.
struct PodCapture {
  /// Files that are fetched again one by one; more are only named.
  static let repeatLimit = 200

  let container: PodContainer
  let patterns: PathPatterns
  let attempts: Int
  let pause: @Sendable (Duration) async throws -> Void

  func run(_ given: PathSet, into writer: TarWriter, _ tally: inout CaptureTally) async throws {
    tally.facts["pod"] = container.pod
    if let name = container.container { tally.facts["container"] = name }
    let paths = try await withoutKernelFolders(given, &tally)
    guard let tar = try await TarProgram.find(in: container) else {
      tally.facts["tar"] = "none; read by the shell"
      let shell = ShellCapture(
        container: container, patterns: patterns, attempts: attempts, pause: pause,
        takesLinks: given.paths.contains([]))
      return try await shell.run(paths, into: writer, &tally)
    }
    tally.facts["tar"] = tar.version
    let operation = "tar \(paths.paths.prefix(5).map(PathSet.display).joined(separator: " ")) in \(container.place)"
    let start = tar.namesChanges ? nil : try await now()
    // Images have /bin as a link to /usr/bin, which nobody asked for by name.
    var relay = MemberRelay(
      paths, patterns: patterns, takesLinks: given.paths.contains([]), operation: operation)
    let complaints = try await stream(
      tar.command(paths.paths, patterns: patterns), tar, &relay, into: writer, &tally, operation)
    guard relay.missing.isEmpty else {
      throw SnapshotSourceError(
        .corrupt, operation: operation,
        message: "tar ended well and gave nothing of \(relay.missing.map(PathSet.display).joined(separator: ", "))")
    }
    try await fetchOrphans(relay.orphans, by: tar, into: writer, &tally)
    var changed = complaints.changed
    if !tar.namesChanges { changed = try await changedFiles(in: paths, since: start, &tally) }
    let settling = Settling(capture: self, tar: tar, namesOfFile: relay.namesOfFile)
    // The names are the pod's own words.
    let again = changed.filter { paths.covers($0) && !patterns.excludes($0) && !relay.isBehindLink($0) }
    try await settling.run(again, into: writer, &tally)
  }

  /// Runs tar to its end, and judges how it ended.
  func stream(
    _ command: [String], _ tar: TarProgram, _ relay: inout MemberRelay, into writer: TarWriter,
    _ tally: inout CaptureTally, _ operation: String
  ) async throws -> TarComplaints {
    let outcome: PodContainer.Outcome
    do {
      outcome = try await container.run(command) { try await relay.consume($0, into: writer, &tally) }
    } catch is NoSuchProgram {
      throw SnapshotSourceError(.failed, operation: operation, message: "tar was there a moment ago, and is gone")
    }
    let said = TarComplaints(outcome.errors)
    let complaints = tar.namesChanges ? said : TarComplaints("")
    guard !outcome.isCut else {
      throw SnapshotSourceError(
        .failed, operation: operation,
        message: "tar complained about more files than can be named here: \(outcome.complaint)")
    }
    let isDifference =
      tar.namesChanges && outcome.exitCode == 1 && !(complaints.changed.isEmpty && complaints.removed.isEmpty)
    guard outcome.exitCode == 0 || isDifference else { throw failure(outcome, operation) }
    try relay.finish()
    for name in complaints.removed { tally.vanished.add(name) }
    for name in said.sockets { tally.sockets.add(name) }
    if !complaints.others.isEmpty {
      tally.warnings.append("tar says: \(complaints.others.prefix(3).joined(separator: "; ").prefix(400))")
    }
    return complaints
  }

  func failure(_ outcome: PodContainer.Outcome, _ operation: String) -> SnapshotSourceError {
    let text = outcome.errors
    let code: SnapshotSourceError.Code
    var remedy = ""
    if text.contains("Permission denied") || text.contains("Operation not permitted") {
      code = .unauthorized
      remedy = "; the container's user may not read it: exclude it, or name a container that may"
    } else if text.contains("No such file") {
      code = .configuration
      remedy = "; correct paths, or exclude what comes and goes"
    } else if outcome.exitCode > 128 {
      code = .truncated
      remedy = "; a signal ended it: the container restarted, or ran out of memory"
    } else if text.contains("short read") {
      code = .truncated
      remedy = "; a file became shorter while it was read, which BusyBox's tar does not bear"
    } else {
      code = .failed
    }
    return SnapshotSourceError(
      code, operation: operation,
      message: "the command ended with status \(outcome.exitCode): \(outcome.complaint)\(remedy)")
  }

  /// Of the root everything but what the kernel makes.
  private func withoutKernelFolders(_ paths: PathSet, _ tally: inout CaptureTally) async throws -> PathSet {
    guard paths.paths.contains([]) else { return paths }
    let operation = "ls / in \(container.place)"
    do {
      let outcome = try await container.run(["ls", "-1A", "/"], collectUpTo: 1 << 20)
      guard outcome.exitCode == 0 else { throw failure(outcome, operation) }
      let names = Array(outcome.output.readableBytesView).split(separator: UInt8(ascii: "\n")).map(Array.init)
      let kernel = names.filter { ["proc", "sys", "dev"].contains(String(decoding: $0, as: UTF8.self)) }
      for name in kernel { tally.leftOut.add(name) }
      return PathSet(names.filter { !kernel.contains($0) })
    } catch is NoSuchProgram {
      throw SnapshotSourceError(
        .configuration, operation: operation, message: "there is no program ls; name the folders below / in paths")
    }
  }

  private func fetchOrphans(
    _ names: [[UInt8]], by tar: TarProgram, into writer: TarWriter, _ tally: inout CaptureTally
  ) async throws {
    for name in names {
      let operation = "tar \(PathSet.display(name)) in \(container.place)"
      var relay = MemberRelay(PathSet([name]), patterns: PathPatterns([]), operation: operation)
      _ = try await stream(
        tar.command([name], patterns: PathPatterns([]), isRecursive: false), tar, &relay, into: writer, &tally,
        operation)
    }
  }
}
