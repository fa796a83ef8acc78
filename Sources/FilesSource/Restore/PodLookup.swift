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
        ["xargs", "-0", "sh", "-c", Self.script, "sh"], input: OneBuffer(bytes: input), collectUpTo: 4 * names.count)
    } catch is NoSuchProgram {
      return nil
    } catch is TooMuchOutput {
      throw strange("more lines than names")
    }
    // How `env` and `xargs` say that there is no such program.
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

/// A command's whole input.
struct OneBuffer: AsyncSequence, Sendable {
  typealias Failure = any Error
  let bytes: ByteBuffer

  struct Iterator: AsyncIteratorProtocol {
    typealias Failure = any Error
    var rest: ByteBuffer?
    mutating func next() async throws -> ByteBuffer? {
      defer { rest = nil }
      return rest
    }
  }

  func makeAsyncIterator() -> Iterator { Iterator(rest: bytes) }
}

/// Any sequence of pieces, as a command's input.
struct AnyPieces<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable where Base.Element == ByteBuffer {
  typealias Failure = any Error
  let base: Base

  struct Iterator: AsyncIteratorProtocol {
    typealias Failure = any Error
    var base: Base.AsyncIterator
    mutating func next() async throws -> ByteBuffer? { try await base.next() }
  }

  func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator()) }
}
