import NIOCore
import SnapshotSource
import Tar

/// Takes paths of a container whose image has no tar, but a shell, `stat`, `cat` and `readlink`: a listing, then each file by
/// a command of its own. Slower, times are of whole seconds, holes come as zeros, and extended attributes stay behind.
struct ShellCapture {
  private static let zeros = ByteBuffer(repeating: 0, count: 256 << 10)

  let container: PodContainer
  let patterns: PathPatterns
  let attempts: Int
  let pause: @Sendable (Duration) async throws -> Void
  /// Images have /bin as a link to /usr/bin, which nobody asked for by name.
  var takesLinks = false

  func run(_ paths: PathSet, into writer: TarWriter, _ tally: inout CaptureTally) async throws {
    let listing = try await list(paths.paths)
    for path in paths.paths {
      guard let file = listing.files.first(where: { $0.name == path }) else {
        throw failure(.truncated, "list", "nothing came of \(PathSet.display(path))")
      }
      guard takesLinks || file.entry.kind != .symbolicLink else {
        throw failure(
          .configuration, "read \(PathSet.display(path))",
          "it is a symbolic link to \(file.entry.linkTarget?.description ?? ""), and links are not followed; name the path that "
            + "it leads to in paths")
      }
    }
    for name in listing.vanished where !patterns.excludes(name) { tally.vanished.add(name) }
    var links = HardLinks()
    for file in listing.files where !patterns.excludes(file.name) {
      guard paths.covers(file.name) else {
        throw failure(.corrupt, "list", "a file came that nobody asked for (\(PathSet.display(file.name)))")
      }
      if file.isSocket {
        tally.sockets.add(file.name)
        continue
      }
      if file.entry.kind == .file {
        try await take(file, &links, into: writer, &tally)
      } else {
        try await writer.append(file.entry)
        tally.count(file.entry)
      }
    }
  }

  private func take(
    _ first: ShellListing.File, _ links: inout HardLinks, into writer: TarWriter, _ tally: inout CaptureTally
  ) async throws {
    var file = first
    if file.linkCount > 1, let name = links.name(of: file.file) {
      file.entry.kind = .hardLink
      file.entry.size = 0
      file.entry.linkTarget = TarName(name)
      try await writer.append(file.entry)
      return tally.count(file.entry)
    }
    tally.count(file.entry)
    links.insert(file.file, name: file.name, count: file.linkCount)
    for attempt in 1...max(1, attempts) {
      if try await copy(file, into: writer) {
        if attempt > 1 { tally.readAgain.add(file.name) }
        return
      }
      guard attempt < attempts else { break }
      try await pause(.milliseconds(1_100))
      guard let again = try await list([file.name]).files.first, again.entry.kind == .file else { break }
      file = again
    }
    tally.changed.add(file.name)
  }

  /// - Returns: Whether the file was the same from the listing to its end.
  private func copy(_ file: ShellListing.File, into writer: TarWriter) async throws -> Bool {
    let path = "/" + String(decoding: file.name, as: UTF8.self)
    let script = #"cat "$1" && stat -c '%s %i %Y %Z' "$1" >&2"#
    try await writer.begin(file.entry)
    var received: Int64 = 0
    let outcome = try await command("cat \(PathSet.display(file.name))", ["sh", "-c", script, "sh", path]) { bytes in
      received += Int64(bytes.readableBytes)
      // What it grew by is not announced, and is left to another attempt.
      let fitting = min(Int64(bytes.readableBytes), writer.remaining)
      if let piece = bytes.getSlice(at: bytes.readerIndex, length: Int(fitting)) { try await writer.write(piece) }
    }
    guard outcome.exitCode == 0 else {
      throw failure(
        outcome.errors.contains("Permission denied") ? .unauthorized : outcome.exitCode > 128 ? .truncated : .failed,
        "cat \(PathSet.display(file.name))", "the command ended with status \(outcome.exitCode): \(outcome.complaint)")
    }
    let state = outcome.errors.split(whereSeparator: \.isNewline).last.map(String.init)
    let isSame = state == file.state
    guard !isSame || received == file.entry.size else {
      throw failure(
        .truncated, "cat \(PathSet.display(file.name))",
        "\(received) bytes came of a file of \(file.entry.size), and the command says that all is well")
    }
    while writer.remaining > 0 {
      let count = Int(min(writer.remaining, Int64(Self.zeros.readableBytes)))
      try await writer.write(Self.zeros.getSlice(at: 0, length: count) ?? ByteBuffer())
    }
    try await writer.end()
    return isSame
  }

  private func list(_ names: [[UInt8]]) async throws -> ShellListing {
    let paths = names.map { "/" + String(decoding: $0, as: UTF8.self) }
    var bytes = ByteBuffer()
    let outcome = try await command("list", ["sh", "-c", ShellListing.script, "sh"] + paths) { piece in
      guard bytes.readableBytes + piece.readableBytes <= ShellListing.limit else {
        throw failure(
          .configuration, "list",
          "there are too many files for an image without tar; use persistentVolumeClaim, or a container with tar")
      }
      bytes.writeImmutableBuffer(piece)
    }
    switch outcome.exitCode {
    case 0: break
    case 3:
      throw failure(
        .unauthorized, "list",
        "\(outcome.complaint); the container's user may not read it: exclude it, or name a container that may")
    case 4: throw failure(.configuration, "list", "\(outcome.complaint); correct paths")
    case 5, 126, 127: throw withoutPrograms()
    default:
      throw failure(
        outcome.exitCode > 128 ? .truncated : .failed, "list",
        "the command ended with status \(outcome.exitCode): \(outcome.complaint)")
    }
    guard let listing = ShellListing(bytes) else {
      throw failure(.corrupt, "list", "what the image's stat and readlink gave is no listing; use a container with tar")
    }
    return listing
  }

  private func command(
    _ what: String, _ command: [String], output: (ByteBuffer) async throws -> Void
  ) async throws -> PodContainer.Outcome {
    do { return try await container.run(command, output: output) } catch is NoSuchProgram { throw withoutPrograms() }
  }

  private func withoutPrograms() -> SnapshotSourceError {
    failure(
      .configuration, "read files",
      "the image has neither tar nor a shell with stat and cat; mount the files' claim with persistentVolumeClaim, or add "
        + "a container with tar to the pod that mounts the same volume, and name it in pod.container")
  }

  private func failure(_ code: SnapshotSourceError.Code, _ what: String, _ message: String) -> SnapshotSourceError {
    SnapshotSourceError(code, operation: "\(what) in \(container.place)", message: message)
  }
}
