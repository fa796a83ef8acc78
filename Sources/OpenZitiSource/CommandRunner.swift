import NIOCore

/// Runs short commands where the controller is.
protocol CommandRunner: Sendable {
  /// For messages: `container ziti-controller of pod openziti/ziti-controller-0`.
  var place: String { get }

  /// - Returns: How the command ended; its outputs are cut where they are long.
  /// - Throws: `SnapshotSourceError` where it could not be run, or where nobody knows how it ended.
  func run(_ command: [String], timeout: Duration) async throws -> CommandOutcome
}

struct CommandOutcome: Sendable, Hashable {
  /// 126 and 127: not to be executed, not found.
  var exitCode: Int32
  var output: String
  var errors: String

  /// What went wrong, in the command's own words: of many of them the first and the last, where programs put the reason.
  var complaint: String {
    let text = [errors, output].first { !$0.allSatisfy(\.isWhitespace) } ?? "it said nothing"
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count <= 400 ? line : "\(line.prefix(150)) ... \(line.suffix(250))"
  }

  /// Something ended the command from outside (128 and the signal's number).
  var wasKilled: Bool { [137, 143].contains(exitCode) }
}

/// Files that are read in one place and removed in another: a claim that is mounted read-only, and the controller's own pod.
struct ReadOnlyShelf: SnapshotShelf {
  let files: any SnapshotShelf
  let remover: any SnapshotShelf

  var place: String { files.place }

  func names(in folder: String) async throws -> [String] { try await files.names(in: folder) }

  func read(_ path: String, hand: @escaping @Sendable (ByteBuffer) async throws -> Void) async throws {
    try await files.read(path, hand: hand)
  }

  func remove(_ path: String) async throws { try await remover.remove(path) }
}

/// Files beside the controller's database.
protocol SnapshotShelf: Sendable {
  /// For messages.
  var place: String { get }

  /// The names in a folder.
  func names(in folder: String) async throws -> [String]

  /// Gives the file's bytes to `hand`. Returns only when all of them came.
  func read(_ path: String, hand: @escaping @Sendable (ByteBuffer) async throws -> Void) async throws

  /// Idempotent.
  func remove(_ path: String) async throws
}
