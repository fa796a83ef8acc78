import NIOCore
import SnapshotSource

/// Asks a container which names exist, many at a time, with `xargs` and a shell.
struct PodLookup {
  enum Found: UInt8 {
    case nothing = 0x2D
    case folder = 0x64
    case link = 0x6C
    case other = 0x66
  }

  static let batchNames = 2_000
  static let batchBytes = 256 << 10

  private static let script =
    #"for f; do if [ -L "$f" ]; then echo l; elif [ -d "$f" ]; then echo d; elif [ -e "$f" ]; then echo f; else echo -; fi; done"#

  let container: PodContainer

  /// - Parameter names: Whole paths.
  /// - Returns: nil where the container has no `xargs` and `sh`.
  func find(_ names: [[UInt8]]) async throws -> [Found]? {
    guard !names.isEmpty else { return [] }
    let input = ByteBuffer(bytes: names.joined(separator: [0])) + [0]
    let outcome: PodContainer.Outcome
    do {
      outcome = try await container.run(
        // Counted, as an archive is: see `PodFeed`.
        ["sh", "-c", #"head -c "$1" | xargs -0 sh -c "$2" sh"#, "sh", "\(input.readableBytes)", Self.script],
        input: CountedPieces(OneBuffer(bytes: input), size: Int64(input.readableBytes)), collectUpTo: 4 * names.count)
    } catch is NoSuchProgram {
      return nil
    } catch is TooMuchOutput {
      throw strange("more lines than names")
    }
    // How shells and `xargs` say that there is no such program.
    if [126, 127].contains(outcome.exitCode) { return nil }
    guard outcome.exitCode == 0 else { throw strange(outcome.complaint) }
    let found = outcome.output.readableBytesView.split(separator: 0x0A).compactMap { line in
      line.count == 1 ? line.first.flatMap(Found.init(rawValue:)) : nil
    }
    guard found.count == names.count else { throw strange("\(found.count) answers to \(names.count) names") }
    return found
  }

  private func strange(_ what: String) -> SnapshotSourceError {
    SnapshotSourceError(
      .failed, operation: "search for existing files in \(container.place)", message: "xargs gave \(what)")
  }
}

private func + (buffer: ByteBuffer, bytes: [UInt8]) -> ByteBuffer {
  var buffer = buffer
  buffer.writeBytes(bytes)
  return buffer
}
