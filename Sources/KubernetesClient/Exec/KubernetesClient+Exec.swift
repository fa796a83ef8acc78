import Foundation
public import NIOCore
import KubernetesModel

/// Commands in pods (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-connect-exec).
extension KubernetesClient {
  /// Runs a command in a container and reads its output while it runs, over a WebSocket (`v5.channel.k8s.io`, or
  /// `v4.channel.k8s.io` where the server offers that alone; the older SPDY is not spoken).
  ///
  /// It returns only when the server told how the command ended. An exit code other than 0 is a result, not an error;
  /// what went to `stdout` before must not count then. Cancellation closes the connection; what the command does
  /// then is its own affair, for Kubernetes has no way to end it.
  ///
  /// - Parameters:
  ///   - namespace: nil means ``defaultNamespace``.
  ///   - container: Needed where the pod has several without a default one.
  ///   - command: The program and its arguments; no shell. They appear in the server's audit log: no secrets.
  ///   - stdin: The command's input, and its end; nil means none. Needs version 5. An error of it ends the call.
  ///   - stdout: Called with one piece at a time, in order; nothing more is read from the connection until it returns. An
  ///     error that it throws ends the call and is thrown on unchanged.
  /// - Throws: ``KubernetesError``: `connection` where the connection ended before the exit status came, `timeout` for
  ///   the limits, `executableNotFound`, `forbidden`, `notFound` (no such pod), `badRequest` (no such container, no
  ///   container named, not running), `serverError` (the kubelet or the runtime failed), `decoding` (a hostile or
  ///   strange server); `CancellationError`; what `stdin` or `stdout` threw.
  public func exec(
    in namespace: String? = nil, pod: String, container: String? = nil, command: [String],
    stdin: (any AsyncSequence<ByteBuffer, any Error> & Sendable)? = nil, limits: ExecLimits = ExecLimits(),
    clock: any Clock<Duration> = ContinuousClock(), stdout: (ByteBuffer) async throws -> Void
  ) async throws -> ExecResult {
    let request = try Request.exec(
      pod: pod, namespace: namespace ?? defaultNamespace, container: container, command: command,
      hasStdin: stdin != nil)
    let clock = ErasedClock(clock)
    return try await transport.webSocket(
      request, subprotocols: [ExecProtocol.version5, ExecProtocol.version4],
      limits: WebSocketLimits(connect: limits.connect, frame: limits.frame)
    ) { connection in
      let session = ExecSession(connection: connection, operation: request.operation, limits: limits, clock: clock)
      return try await session.run(stdin: stdin, stdout: stdout)
    }
  }

  /// As ``exec(in:pod:container:command:stdin:limits:clock:stdout:)``, for a command whose output is short.
  /// - Parameter limit: Bytes; more is an error with `badRequest`.
  public func exec(
    in namespace: String? = nil, pod: String, container: String? = nil, command: [String], collectUpTo limit: Int,
    limits: ExecLimits = ExecLimits()
  ) async throws -> (result: ExecResult, output: ByteBuffer) {
    var output = ByteBuffer()
    let result = try await exec(in: namespace, pod: pod, container: container, command: command, limits: limits) {
      guard output.readableBytes + $0.readableBytes <= limit else {
        throw KubernetesError(
          code: .badRequest, operation: "exec in pods \(namespace ?? defaultNamespace)/\(pod)",
          message: "\(command.first ?? "the command") wrote more than \(limit) bytes")
      }
      output.writeImmutableBuffer($0)
    }
    return (result, output)
  }
}

extension Request {
  /// - Throws: ``KubernetesError`` with `invalidArgument`.
  static func exec(
    pod: String, namespace: String, container: String?, command: [String], hasStdin: Bool
  ) throws -> Request {
    var request = try get(Pod.resource, name: pod, namespace: namespace, subresource: Subresource("exec"))
    request.operation = "exec \(command.first ?? "") in pods \(namespace)/\(pod)"
    // The kubelet's exec says of no type that it gives it: without the wildcard it answers 406.
    request.accept = "application/json, */*"
    guard !command.isEmpty else {
      throw KubernetesError(code: .invalidArgument, operation: request.operation, message: "the command is empty")
    }
    request.query = command.map { URLQueryItem(name: "command", value: $0) }
    if let container { request.query.append(URLQueryItem(name: "container", value: container)) }
    let streams = (hasStdin ? ["stdin"] : []) + ["stdout", "stderr"]
    request.query += streams.map { URLQueryItem(name: $0, value: "true") }
    return request
  }
}
