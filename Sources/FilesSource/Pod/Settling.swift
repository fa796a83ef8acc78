import SnapshotSource
import Tar

/// Fetches files again that changed while they were read, until they held still for one reading, or the attempts end.
struct Settling {
  private enum Fetch { case same, changed, gone }

  let capture: PodCapture
  let tar: TarProgram
  /// Further names of files: an extracted later copy is another file, to which they must be linked anew.
  let namesOfFile: [[UInt8]: [TarEntry]]

  func run(_ names: [[UInt8]], into writer: TarWriter, _ tally: inout CaptureTally) async throws {
    let all = Array(Set(names)).sorted { $0.lexicographicallyPrecedes($1) }
    for name in all.dropFirst(PodCapture.repeatLimit) { tally.changed.add(name) }
    var waiting = Array(all.prefix(PodCapture.repeatLimit))
    var attempt = 1
    while !waiting.isEmpty, attempt < capture.attempts {
      attempt += 1
      // Also so that a change of this second can be told from one of the next.
      try await capture.pause(.milliseconds(1_100))
      let start = tar.namesChanges ? nil : try await capture.now()
      var (still, fetched): ([[UInt8]], [[UInt8]]) = ([], [])
      for name in waiting {
        switch try await fetch(name, into: writer, &tally) {
        case .same: fetched.append(name)
        case .changed: still.append(name)
        case .gone: tally.changed.add(name)
        }
      }
      if !tar.namesChanges, !fetched.isEmpty {
        let late = Set(try await capture.stillChanged(fetched, since: start))
        still += fetched.filter(late.contains)
        fetched.removeAll(where: late.contains)
      }
      for name in fetched { tally.readAgain.add(name) }
      waiting = still
    }
    for name in waiting { tally.changed.add(name) }
  }

  private func fetch(_ name: [UInt8], into writer: TarWriter, _ tally: inout CaptureTally) async throws -> Fetch {
    let operation = "tar \(PathSet.display(name)) in \(capture.container.place)"
    var relay = MemberRelay(PathSet([name]), patterns: PathPatterns([]), isRepeat: true, operation: operation)
    let command = tar.command([name], patterns: PathPatterns([]), isRecursive: false)
    let complaints: TarComplaints
    do {
      complaints = try await capture.stream(command, tar, &relay, into: writer, &tally, operation)
    } catch let error as SnapshotSourceError where error.code == .configuration {
      return .gone
    }
    guard let entry = relay.lastEntry else { return .gone }
    if entry.kind == .directory {
      tally.changedFolders.add(name)
      return .same
    }
    for link in namesOfFile[name] ?? [] { try await writer.append(link) }
    return complaints.changed.isEmpty ? .same : .changed
  }
}
