import NIOCore
import NIOWebSocket

/// One command's connection, from the upgrade to the exit status.
struct ExecSession {
  let connection: WebSocketConnection
  let operation: String
  let limits: ExecLimits
  let clock: ErasedClock

  /// Runs in the caller's task, so that `stdout` need not be sendable; what watches and writes runs beside it.
  func run(
    stdin: (any AsyncSequence<ByteBuffer, any Error> & Sendable)?, stdout: (ByteBuffer) async throws -> Void
  ) async throws -> ExecResult {
    guard stdin == nil || connection.subprotocol == ExecProtocol.version5 else {
      throw KubernetesError(
        code: .badRequest, operation: operation,
        message:
          "the server offers \(connection.subprotocol ?? "no subprotocol"), by which the end of a command's input "
          + "cannot be told; that needs \(ExecProtocol.version5) (Kubernetes 1.30 or later)")
    }
    let monitor = ExecMonitor(limits: limits, operation: operation, clock: clock)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      let (connection, limits, clock) = (connection, limits, clock)
      group.addTask { await monitor.watch(abort: connection.abort) }
      group.addTask { await Self.keepAlive(connection, every: limits.keepAlive, clock: clock) }
      if let stdin {
        group.addTask { await Self.send(stdin, over: connection, monitor: monitor) }
      }
      defer { group.cancelAll() }
      return try await read(monitor, stdout: stdout)
    }
  }

  private func read(_ monitor: ExecMonitor, stdout: (ByteBuffer) async throws -> Void) async throws -> ExecResult {
    var frames = connection.inbound.makeAsyncIterator()
    var demultiplexer = ExecDemultiplexer()
    var result = ExecResult(exitCode: 0, stderr: BoundedOutput(limit: limits.stderr))
    var (hasData, close) = (true, (code: UInt16?, reason: String)?.none)
    reading: while true {
      monitor.waitBegins(afterData: hasData)
      let next: WebSocketFrame?
      do {
        next = try await frames.next()
      } catch {
        if demultiplexer.status != nil { break }
        throw failure(monitor, error, demultiplexer)
      }
      monitor.waitEnds()
      guard let frame = next else { break }
      let event: ExecDemultiplexer.Event
      do { event = try demultiplexer.handle(frame) } catch { throw protocolError(error.message, cause: error) }
      hasData = false
      switch event {
      case .stdout(let bytes):
        hasData = true
        result.stdoutBytes += Int64(bytes.readableBytes)
        try await stdout(bytes)
      case .stderr(let bytes):
        hasData = true
        result.stderr.append(bytes)
      case .status: monitor.statusCame()
      case .ping(let bytes): try? await connection.outbound.write(.masked(.pong, bytes))
      case .close(let code, let reason):
        close = (code, reason)
        try? await connection.outbound.write(.masked(.connectionClose, ByteBuffer()))
        break reading
      case .pong, .nothing: break
      }
    }
    try Task.checkCancellation()
    if let failure = monitor.failure { throw failure }
    guard let status = demultiplexer.status else {
      throw KubernetesError.execEndedEarly(
        operation: operation, close: close, unreadableStatus: demultiplexer.unreadableStatus)
    }
    result.exitCode = try KubernetesError.exitCode(of: status, operation: operation)
    return result
  }

  private func failure(
    _ monitor: ExecMonitor, _ error: any Error, _ demultiplexer: ExecDemultiplexer
  ) -> any Error {
    if Task.isCancelled { return CancellationError() }
    if let failure = monitor.failure { return failure }
    if let error = error as? NIOWebSocketError {
      let message = error == .invalidFrameLength ? "a frame has more than \(limits.frame) bytes" : "\(error)"
      return protocolError(message, cause: error)
    }
    return KubernetesError.execEndedEarly(
      operation: operation, close: nil, unreadableStatus: demultiplexer.unreadableStatus, cause: error)
  }

  private func protocolError(_ message: String, cause: any Error) -> KubernetesError {
    KubernetesError(
      code: .decoding, operation: operation, message: "the server broke the protocol of exec: \(message)", cause: cause)
  }

  /// Pings until the connection ends; the reader sees what comes of it.
  private static func keepAlive(_ connection: WebSocketConnection, every interval: Duration, clock: ErasedClock) async {
    do {
      while true {
        try await clock.sleep(for: interval)
        try await connection.outbound.write(.masked(.ping, ByteBuffer()))
      }
    } catch {
      return
    }
  }

  private static func send(
    _ input: some AsyncSequence<ByteBuffer, any Error> & Sendable, over connection: WebSocketConnection,
    monitor: ExecMonitor
  ) async {
    do {
      for try await piece in input {
        var piece = piece
        while let chunk = piece.readSlice(length: min(ExecProtocol.chunkSize, piece.readableBytes)),
          chunk.readableBytes > 0
        {
          // A command may end without reading all of its input; its exit status then tells.
          do { try await connection.outbound.write(.message(channel: ExecProtocol.stdin, chunk)) } catch { return }
        }
      }
      try? await connection.outbound.write(
        .message(channel: ExecProtocol.close, ByteBuffer(bytes: [ExecProtocol.stdin])))
    } catch {
      // Without its whole input the command must not seem to have done its work.
      if Task.isCancelled { return }
      monitor.fail(error)
      connection.abort()
    }
  }
}
