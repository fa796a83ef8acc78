import NIOCore
import NIOPosix
import SnapshotSource
import Tar

/// Puts what a walk finds into an archive. The walk's calls may block, and run on NIO's threads.
struct LocalCapture {
  private static let chunkSize = 256 << 10
  /// A line of zeros for a file that is shorter than it was.
  private static let zeros = ByteBuffer(repeating: 0, count: chunkSize)

  let walk: FolderWalk
  let attempts: Int
  let pause: @Sendable (Duration) async throws -> Void

  func run(into writer: TarWriter, _ tally: inout CaptureTally) async throws {
    var truncatedAttributes = CaptureTally.Names()
    while true {
      try Task.checkCancellation()
      let items = try await blocking { [walk] in try walk.next() }
      guard !items.isEmpty else { break }
      for item in items {
        switch item {
        case .entry(let entry):
          try await writer.append(entry)
          tally.count(entry)
        case .small(let entry, let content, let isTorn):
          try await writer.append(entry, content: content)
          tally.count(entry)
          if isTorn { tally.changed.add(entry.name.bytes) }
        case .large(let entry, let file, let status):
          try await copy(entry, file, status, into: writer, &tally)
        case .vanished(let path): tally.vanished.add(path)
        case .socket(let path): tally.sockets.add(path)
        case .loop(let path): tally.loops.add(path)
        case .leftOut(let path): tally.leftOut.add(path)
        case .attributesLeftOut(let path): truncatedAttributes.add(path)
        }
      }
    }
    if truncatedAttributes.count > 0 {
      tally.warnings.append(
        "extended attributes beyond 512 KiB of a file were left out of \(truncatedAttributes.text)")
    }
    if walk.hasForgottenLinks {
      tally.warnings.append("there are so many files of several names that some are in the archive more than once")
    }
  }

  private enum Copy { case whole, changed }

  private func copy(
    _ entry: TarEntry, _ file: Descriptor, _ first: FileStatus, into writer: TarWriter, _ tally: inout CaptureTally
  ) async throws {
    var status = first
    for attempt in 1...max(1, attempts) {
      var entry = entry
      (entry.size, entry.modified) = (status.size, status.modified)
      let copy = try await copyOnce(entry, file, status, into: writer)
      if attempt == 1 { tally.count(entry) }
      if copy == .whole {
        if attempt > 1 { tally.readAgain.add(entry.name.bytes) }
        return
      }
      guard attempt < attempts else { break }
      try await pause(.seconds(1))
      status = try await self.status(of: file, entry) ?? status
    }
    tally.changed.add(entry.name.bytes)
  }

  private func copyOnce(
    _ given: TarEntry, _ file: Descriptor, _ status: FileStatus, into writer: TarWriter
  ) async throws -> Copy {
    var entry = given
    var segments = [TarSparse.Segment(offset: 0, length: status.size)]
    if status.allocated < status.size, let found = try await blocking({ file.segments(size: status.size) }) {
      segments = found
      entry.sparse = TarSparse(realSize: status.size, segments: found)
    }
    try await writer.begin(entry)
    var isShort = false
    for segment in segments {
      var place = segment.offset
      while place < segment.offset + segment.length {
        try Task.checkCancellation()
        let count = Int(min(Int64(Self.chunkSize), segment.offset + segment.length - place))
        var bytes = try await read(file, at: place, count, entry)
        if bytes.readableBytes < count {
          isShort = true
          bytes.writeImmutableBuffer(Self.zeros.getSlice(at: 0, length: count - bytes.readableBytes) ?? ByteBuffer())
        }
        try await writer.write(bytes)
        place += Int64(count)
      }
    }
    try await writer.end()
    let after = try await self.status(of: file, entry)
    return !isShort && after?.isSame(as: status) == true ? .whole : .changed
  }

  private func read(_ file: Descriptor, at place: Int64, _ count: Int, _ entry: TarEntry) async throws -> ByteBuffer {
    try await blocking { [walk] in
      do { return try file.read(at: place, upTo: count) } catch { throw walk.failure(error, entry.name.bytes) }
    }
  }

  private func status(of file: Descriptor, _ entry: TarEntry) async throws -> FileStatus? {
    try await blocking { [walk] in
      do { return try file.status() } catch { throw walk.failure(error, entry.name.bytes) }
    }
  }

  private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive(body)
  }
}
