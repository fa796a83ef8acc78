import KubernetesClient
import KubernetesModel
import NIOCore
import SnapshotSource
import Tar

/// A container that commands run in.
struct PodContainer: Sendable {
  /// Bytes of standard error that are kept from its start, and as many from its end.
  static let errorLimit = 1 << 20

  let client: KubernetesClient
  let namespace: String
  let pod: String
  let container: String?
  var idle: Duration

  /// For messages.
  var place: String { "\(container.map { "container \($0) of " } ?? "")pod \(namespace)/\(pod)" }

  /// The newest ready pod that the selector matches.
  static func find(
    _ pods: FilesConfiguration.Pods, client: KubernetesClient?, idle: Duration
  ) async throws -> PodContainer {
    let operation = "search for a pod in \(pods.namespace)"
    guard let client else {
      throw SnapshotSourceError(.configuration, operation: operation, message: "no API server is known")
    }
    return try await mapping(operation) {
      let pod = try await client.readyPods(
        in: pods.namespace, selector: pods.selector, container: pods.container
      ).newest
      // https://kubernetes.io/docs/reference/labels-annotations-taints/#kubectl-kubernetes-io-default-container
      let marked = pod.metadata.annotations?["kubectl.kubernetes.io/default-container"]
      let standard = pod.spec.containers.first { $0.name == marked } ?? pod.spec.containers.first
      return PodContainer(
        client: client, namespace: pods.namespace, pod: pod.metadata.name ?? "",
        container: pods.container ?? standard?.name, idle: idle)
    }
  }

  /// How a command ended.
  struct Outcome {
    var exitCode: Int32
    /// Control characters are escaped.
    var errors: String
    /// Not all of the standard error was kept.
    var isCut = false
    var output = ByteBuffer()

    /// What went wrong in the command's own words, on one line.
    var complaint: String {
      let text = errors.allSatisfy(\.isWhitespace) ? String(buffer: output) : errors
      let line = text.split(whereSeparator: \.isNewline).joined(separator: "; ")
      return line.isEmpty ? "it said nothing" : line.count > 600 ? "\(line.prefix(400)) … \(line.suffix(200))" : line
    }
  }

  /// Runs a command and gives what it writes to `output`.
  /// - Parameter input: For its standard input; an error of it ends the call.
  /// - Throws: `SnapshotSourceError` where it could not run, or where nobody knows how it ended; ``NoSuchProgram``; what
  ///   `output` threw.
  func run(
    _ command: [String], input: (any AsyncSequence<ByteBuffer, any Error> & Sendable)? = nil,
    output: (ByteBuffer) async throws -> Void
  ) async throws -> Outcome {
    try await Self.mapping("exec \(command.first ?? "") in \(place)") {
      var limits = ExecLimits()
      limits.idle = idle
      limits.stderr = Self.errorLimit
      let result = try await client.exec(
        in: namespace, pod: pod, container: container, command: command, stdin: input, limits: limits, stdout: output)
      return Outcome(
        exitCode: result.exitCode, errors: result.stderr.text,
        isCut: result.stderr.byteCount > 2 * Int64(Self.errorLimit))
    }
  }

  /// Runs a command whose output is short.
  func run(
    _ command: [String], input: (any AsyncSequence<ByteBuffer, any Error> & Sendable)? = nil, collectUpTo limit: Int
  ) async throws -> Outcome {
    var bytes = ByteBuffer()
    var outcome = try await run(command, input: input) { piece in
      guard bytes.readableBytes + piece.readableBytes <= limit else { throw TooMuchOutput() }
      bytes.writeImmutableBuffer(piece)
    }
    outcome.output = bytes
    return outcome
  }

  private static func mapping<Value>(_ operation: String, _ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error as KubernetesError {
      if error.code == .executableNotFound { throw NoSuchProgram() }
      let code: SnapshotSourceError.Code =
        switch error.code {
        case .forbidden, .unauthorized: .unauthorized
        case .notFound, .badRequest, .invalidArgument: .configuration
        case .connection, .timeout: .truncated
        case .decoding: .corrupt
        default: .unreachable
        }
      throw SnapshotSourceError(code, operation: operation, message: error.message, cause: error)
    }
  }
}

/// The container has no such program.
struct NoSuchProgram: Error {}

/// A command wrote more than its caller takes.
struct TooMuchOutput: Error {}
