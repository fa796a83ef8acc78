import NIOCore
import SnapshotSource

/// Gives a command in a container its input by count, and hears from the container how much of it came and how it ended.
///
/// Neither the end of the input nor the exec's own exit status is relied on: a kubelet may end a session while input is
/// under way (seen with Kubernetes 1.36 and containerd 1.6), and a tar whose archive ends between two members says that all
/// is well. The shell holds the exec's output open to the last.
struct PodFeed {
  /// `tee` gives the bytes to the command and to `wc`. What the command does not read, as the padding of an archive, is
  /// taken in its place, so that the count is of all that came.
  private static let script =
    #"n=$1; shift; { { head -c "$n" | tee /proc/self/fd/3 | "#
    + #"{ "$@" >&2 3>&- 4>&-; s=$?; [ $s != 0 ] || cat >/dev/null; echo "status $s" >&4; } 3>&-; } 3>&1 | wc -c; } 4>&1"#

  /// The command says nothing until it has all.
  private static let idle = Duration.seconds(3_600)

  let container: PodContainer

  struct Report {
    var status: Int
    /// That came to the command, or were taken in its place.
    var bytes: Int64
    var outcome: PodContainer.Outcome
  }

  /// - Throws: `SnapshotSourceError`: `truncated` where the session ended before the command, whatever its status; what
  ///   ``CountedPieces`` throws.
  func run<Input: AsyncSequence & Sendable>(
    _ command: [String], _ input: Input, size: Int64
  ) async throws -> Report where Input.Element == ByteBuffer {
    var container = container
    container.idle = max(container.idle, Self.idle)
    let operation = "exec \(command.first ?? "") in \(container.place)"
    let outcome: PodContainer.Outcome
    do {
      outcome = try await container.run(
        ["sh", "-c", Self.script, "sh", "\(size)"] + command, input: CountedPieces(input, size: size),
        collectUpTo: 4_096)
    } catch is NoSuchProgram {
      throw SnapshotSourceError(.configuration, operation: operation, message: "the container has no sh")
    } catch is TooMuchOutput {
      throw SnapshotSourceError(.failed, operation: operation, message: "the shell said more than a count and a status")
    }
    let lines = String(buffer: outcome.output).split(whereSeparator: \.isNewline)
    let statuses = lines.filter { $0.hasPrefix("status ") }.compactMap { Int($0.dropFirst(7)) }
    let counts = lines.compactMap { Int64($0.filter { $0 != " " }) }
    guard outcome.exitCode == 0, lines.count == 2, let status = statuses.first, let bytes = counts.first else {
      throw SnapshotSourceError(
        .truncated, operation: operation,
        message: "the session ended before the command had told how it went (status \(outcome.exitCode): "
          + "\(outcome.complaint))")
    }
    return Report(status: status, bytes: bytes, outcome: outcome)
  }

  /// Gives a few bytes to a command that does nothing.
  /// - Throws: `SnapshotSourceError` with code `configuration` where the container cannot count.
  func check() async throws {
    let sample = ByteBuffer(string: "holdfast")
    let size = Int64(sample.readableBytes)
    var reason = "they do not count"
    do {
      let report = try await run(["cat"], OneBuffer(bytes: sample), size: size)
      if report.status == 0, report.bytes == size { return }
      if !report.outcome.errors.isEmpty { reason = report.outcome.complaint }
    } catch let error as SnapshotSourceError where [.configuration, .failed].contains(error.code) {
      reason = error.message
    } catch let error as SnapshotSourceError where error.code == .truncated && error.cause == nil {
      reason = error.message
    }
    throw SnapshotSourceError(
      .configuration, operation: "try of sh, head, tee, cat and wc in \(container.place)",
      message: "an archive cannot be counted there (\(reason)); restore to the claim that it mounts instead "
        + "(persistentVolumeClaim)")
  }
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

/// Pieces for a command that counts its input. After the last one nothing comes, and no end, until whoever reads has enough
/// and cancels; fewer or more bytes than promised are an error, which ends the command's session.
struct CountedPieces<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable where Base.Element == ByteBuffer {
  typealias Failure = any Error
  private let base: Base
  private let size: Int64

  init(_ base: Base, size: Int64) { (self.base, self.size) = (base, size) }

  struct Iterator: AsyncIteratorProtocol {
    typealias Failure = any Error
    var base: Base.AsyncIterator
    let size: Int64
    var count: Int64 = 0

    mutating func next() async throws -> ByteBuffer? {
      guard let bytes = try await base.next() else {
        guard count == size else { throw wrong("\(count) of \(size) bytes came; try again") }
        while true { try await Task.sleep(for: .seconds(3_600)) }
      }
      count += Int64(bytes.readableBytes)
      guard count <= size else { throw wrong("more than \(size) bytes came") }
      return bytes
    }

    private func wrong(_ message: String) -> SnapshotSourceError {
      SnapshotSourceError(.truncated, operation: "read the snapshot", message: message)
    }
  }

  func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), size: size) }
}
