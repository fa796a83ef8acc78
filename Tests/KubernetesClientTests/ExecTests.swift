import Foundation
import KubernetesClient
import KubernetesTestKit
import NIOCore
import NIOWebSocket
import Synchronization
import Testing

/// Against a real socket. Promise 4: output without a good exit status is never a backup.
struct ExecTests {
  typealias Handler = @Sendable (ExecServer.Call, ExecServerConnection) async throws -> Void

  final class Total: Sendable {
    private let sum = Mutex(0)
    var value: Int { sum.withLock { $0 } }
    func add(_ count: Int) { sum.withLock { $0 += count } }
  }

  struct Output: Sendable {
    var result: ExecResult
    var stdout: String
  }

  private func exec(
    _ server: ExecServer, container: String? = "c", command: [String] = ["tool", "a b", "--c=d&e"],
    stdin: (any AsyncSequence<ByteBuffer, any Error> & Sendable)? = nil, limits: ExecLimits = ExecLimits(),
    clock: any Clock<Duration> = ContinuousClock(), consume: (ByteBuffer) async throws -> Void = { _ in }
  ) async throws -> Output {
    try await withTransport(ClientConfiguration(server: server.url, credential: .token("t1"))) { transport in
      let client = KubernetesClient(transport: RetryingTransport(transport), defaultNamespace: "n")
      var output = ByteBuffer()
      let result = try await client.exec(
        pod: "p", container: container, command: command, stdin: stdin, limits: limits, clock: clock
      ) {
        output.writeImmutableBuffer($0)
        try await consume($0)
      }
      return Output(result: result, stdout: String(buffer: output))
    }
  }

  private func failure(
    subprotocol: String? = nil, limits: ExecLimits = ExecLimits(),
    answer: @escaping @Sendable (String, String) -> ExecServer.Answer? = { _, _ in nil }, _ handler: @escaping Handler,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> KubernetesError {
    try await ExecServer.run(subprotocol: subprotocol, answer: answer, handle: handler) { server in
      let error = await #expect(throws: KubernetesError.self, sourceLocation: sourceLocation) {
        _ = try await exec(server, limits: limits)
      }
      return try #require(error, sourceLocation: sourceLocation)
    }
  }

  // MARK: Good ends

  @Test(arguments: ["v5.channel.k8s.io", "v4.channel.k8s.io"])
  func outputAndExitStatusAreRead(subprotocol: String) async throws {
    let handler: Handler = { _, connection in
      // An empty message on each channel tells that the connection stands.
      for channel in [UInt8(1), 2, 3] { try await connection.message(channel, ByteBuffer()) }
      try await connection.stdout("one ")
      try await connection.stderr("warning")
      try await connection.stdout("two")
      try await connection.exit(3)
    }
    try await ExecServer.run(subprotocol: subprotocol, handle: handler) { server in
      let output = try await exec(server)
      #expect(output.stdout == "one two")
      #expect(output.result.exitCode == 3)
      #expect(output.result.stderr.text == "warning")
      #expect(output.result.stdoutBytes == 7)
      let call = try #require(server.execCalls.first)
      #expect(call.command == ["tool", "a b", "--c=d&e"])
      #expect([call.namespace, call.pod, call.container] == ["n", "p", "c"])
      #expect(!call.query.contains("stdin") && !call.query.contains("tty"))
      #expect(call.headers.contains { $0 == ("Authorization", "Bearer t1") })
      #expect(
        call.headers.contains { $0 == ("Sec-WebSocket-Protocol", "v5.channel.k8s.io, v4.channel.k8s.io") })
    }
  }

  @Test func framesThatComeWithTheUpgradeAreNotLost() async throws {
    // The server writes at once, so that the answer's head and the frames share a segment more often than not.
    let handler: Handler = { _, connection in
      try await connection.stdout("x")
      try await connection.exit(0)
    }
    try await ExecServer.run(handle: handler) { server in
      for _ in 0..<20 {
        let output = try await exec(server)
        #expect(output.stdout == "x")
      }
    }
  }

  @Test func fragmentedMessagesAreJoined() async throws {
    let handler: Handler = { _, connection in
      func frame(_ opcode: WebSocketOpcode, _ text: String, fin: Bool) async throws {
        try await connection.frame(WebSocketFrame(fin: fin, opcode: opcode, data: ByteBuffer(string: text)))
      }
      try await frame(.binary, "", fin: false)
      try await frame(.continuation, "\u{1}ab", fin: false)
      try await frame(.ping, "x", fin: true)
      try await frame(.continuation, "cd", fin: true)
      try await frame(.binary, "\u{3}{\"status\":", fin: false)
      try await frame(.continuation, "\"Success\"}", fin: true)
    }
    try await ExecServer.run(handle: handler) { server in
      let output = try await exec(server)
      #expect(output.stdout == "abcd")
      #expect(output.result.exitCode == 0)
    }
  }

  @Test func inputIsSentWithItsEnd() async throws {
    let handler: Handler = { _, connection in
      while let piece = try await connection.stdin() { try await connection.stdout(piece) }
      try await connection.stdout("END")
      try await connection.exit(0)
    }
    // No more than shows several frames: in a debug build masking holds an event loop, which all tests share, for a
    // second each MiB.
    let pieces = (0..<6).map { index in ByteBuffer(repeating: UInt8(65 + index % 26), count: 50_000) }
    try await ExecServer.run(handle: handler) { server in
      let input = AsyncThrowingStream<ByteBuffer, any Error> { continuation in
        for piece in pieces { continuation.yield(piece) }
        continuation.finish()
      }
      let output = try await exec(server, stdin: input)
      #expect(output.stdout == pieces.map { String(buffer: $0) }.joined() + "END")
      #expect(server.execCalls.first?.query.contains("stdin=true") == true)
    }
  }

  @Test func aCommandMayEndWithoutReadingItsInput() async throws {
    let handler: Handler = { _, connection in try await connection.exit(1) }
    try await ExecServer.run(handle: handler) { server in
      // With pauses: masking input without end would hold the event loop that other tests' connections share.
      let endless = AsyncThrowingStream<ByteBuffer, any Error> {
        try await Task.sleep(for: .milliseconds(1))
        return ByteBuffer(repeating: 0, count: 1 << 10)
      }
      let output = try await exec(server, stdin: endless)
      #expect(output.result.exitCode == 1)
    }
  }

  @Test func longErrorOutputIsCutInTheMiddle() async throws {
    let handler: Handler = { _, connection in
      for index in 0..<2_000 { try await connection.stderr("line \(index) \u{1b}[31m\n") }
      try await connection.exit(2)
    }
    try await ExecServer.run(handle: handler) { server in
      let stderr = try await exec(server, limits: ExecLimits(stderr: 100)).result.stderr
      #expect(stderr.byteCount > 20_000)
      #expect(stderr.text.hasPrefix("line 0 \\u{1b}[31m\nline 1"))
      #expect(stderr.text.hasSuffix("line 1999 \\u{1b}[31m\n"))
      #expect(stderr.text.contains("bytes left out"))
      #expect(stderr.text.utf8.count < 400)
    }
  }

  /// Back-pressure is real: while the consumer waits, a server that would write for ever comes to a stop.
  @Test func aSlowConsumerStopsTheServer() async throws {
    let written = Total()
    let end = Total()
    let (release, go) = AsyncStream<Void>.makeStream()
    let handler: Handler = { _, connection in
      let piece = ByteBuffer(repeating: 1, count: 64 << 10)
      while end.value == 0 {
        try await connection.stdout(piece)
        written.add(piece.readableBytes)
      }
      try await connection.exit(0)
    }
    try await ExecServer.run(handle: handler) { server in
      var isFirst = true
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          // Whoever writes has come to a stop when many looks, one after the other, see the same. How much it wrote says
          // nothing: while other tests hold its event loop, the server queues what it writes.
          defer {
            end.add(1)
            go.finish()
          }
          var (last, looks) = (0, 0)
          try await eventually("the server to stop", within: .seconds(60)) {
            let now = written.value
            looks = now > 0 && now == last ? looks + 1 : 0
            last = now
            return looks == 200
          }
        }
        let output = try await exec(server) { _ in
          guard isFirst else { return }
          isFirst = false
          for await _ in release {}
        }
        try await group.waitForAll()
        #expect(output.result.stdoutBytes == Int64(written.value))
      }
    }
  }

  // MARK: Broken ends

  @Test func anEndWithoutAStatusIsNeverSuccess() async throws {
    let ends: [Handler] = [
      { _, connection in try await connection.stdout("half") },
      { _, connection in
        try await connection.stdout("half")
        throw ConnectionDropped()
      },
      { _, connection in
        try await connection.stdout("half")
        try await connection.close(code: .unexpectedServerError)
      },
      { _, connection in try await connection.status("{\"status\":") },
    ]
    for end in ends {
      let error = try await failure(end)
      #expect(error.code == .connection)
      #expect(error.message.contains("before the command's exit status"))
      #expect(error.operation == "exec tool in pods n/p")
    }
  }

  @Test func aRuntimeThatCannotRunTheCommandIsAnError() async throws {
    let missing =
      #"failed to start exec "1": OCI runtime exec failed: exec failed: unable to start container process: "#
      + #"exec: "tool": executable file not found in $PATH: unknown"#
    #expect(
      try await failure { _, connection in try await connection.internalError(missing) }.code == .executableNotFound)
    let error = try await failure { _, connection in try await connection.internalError("container not found (\"c\")") }
    #expect(error.code == .serverError)
    #expect(error.message.contains("container not found"))
  }

  @Test func hostileFramesAreRefused() async throws {
    func frame(_ opcode: WebSocketOpcode, _ text: String, fin: Bool = true) -> WebSocketFrame {
      WebSocketFrame(fin: fin, opcode: opcode, data: ByteBuffer(string: text))
    }
    let cases: [([WebSocketFrame], String)] = [
      ([frame(.text, "\u{1}text")], "text message"),
      ([frame(.binary, "\u{9}x")], "channel 9"),
      ([frame(.continuation, "\u{1}x")], "did not begin"),
      ([frame(.binary, "\u{1}x", fin: false), frame(.binary, "\u{1}x")], "within another"),
      ([frame(.binary, "\u{1}" + String(repeating: "x", count: 5_000))], "more than 4000 bytes"),
      (Array(repeating: frame(.binary, "\u{3}" + String(repeating: "x", count: 3_000)), count: 30), "exit status"),
      ([frame(.binary, "\u{3}{\"status\":\"Success\"}"), frame(.binary, "\u{3}{\"status\":\"Success\"}")], "second"),
      ([frame(.binary, "\u{3}{\"status\":\"Failure\",\"reason\":\"NonZeroExitCode\"}")], "names no exit code"),
    ]
    for (frames, text) in cases {
      let error = try await failure(limits: ExecLimits(frame: 4_000)) { _, connection in
        for frame in frames { try await connection.frame(frame) }
      }
      #expect(error.code == .decoding)
      #expect(error.message.contains(text), "\(error)")
    }
  }

  @Test func refusalsSayWhatToDo() async throws {
    let refusals: [(ExecServer.Answer, KubernetesError.Code, String)] = [
      (
        .failure(403, reason: "Forbidden", "pods \"p\" is forbidden: cannot create resource \"pods/exec\""), .forbidden,
        "grant the verbs get and create on pods/exec"
      ),
      (.failure(404, reason: "NotFound", "pods \"p\" not found"), .notFound, "pods \"p\" not found"),
      (
        .failure(400, reason: "BadRequest", "a container name must be specified for pod p, choose one of: [a b]"),
        .badRequest, "name the container"
      ),
      (
        .failure(400, reason: "BadRequest", "pod p does not have a host assigned"), .badRequest, "does not run yet"
      ),
      (.failure(500, reason: "InternalError", "dial tcp 10.0.0.1:10250: refused"), .serverError, "dial tcp"),
      (.init(status: 502, "<html>bad gateway</html>"), .serverError, "502"),
      (.init(status: 200, "hello"), .badRequest, "instead of a WebSocket"),
    ]
    for (answer, code, text) in refusals {
      let error = try await failure(answer: { _, _ in answer }) { _, _ in }
      #expect(error.code == code)
      #expect(error.message.contains(text), "\(error)")
    }
  }

  @Test func otherSubprotocolsAreRefused() async throws {
    let error = try await failure(subprotocol: "channel.k8s.io") { _, _ in }
    #expect(error.message.contains("channel.k8s.io"))
    // Version 4 cannot tell the end of the input.
    try await ExecServer.run(subprotocol: "v4.channel.k8s.io", handle: { _, _ in }) { server in
      let input = AsyncThrowingStream<ByteBuffer, any Error> { $0.finish() }
      let error = await #expect(throws: KubernetesError.self) { _ = try await exec(server, stdin: input) }
      #expect(error?.message.contains("v5.channel.k8s.io") == true)
    }
  }

  @Test func serversThatAreSilentAreGivenUp() async throws {
    let short = Duration.milliseconds(300)
    let idle = try await failure(limits: ExecLimits(idle: short, keepAlive: .milliseconds(50))) {
      try await $1.waitForEnd()
    }
    #expect(idle.code == .timeout && idle.message.contains("wrote nothing"))
    let dead = try await failure(limits: ExecLimits(keepAlive: .milliseconds(50), unresponsive: short)) {
      try await $1.waitForEnd(answersPings: false)
    }
    #expect(dead.code == .connection && dead.message.contains("not even to a ping"))
    let total = try await failure(limits: ExecLimits(total: short)) { _, connection in
      while true { try await connection.stdout(ByteBuffer(repeating: 1, count: 64 << 10)) }
    }
    #expect(total.code == .timeout && total.message.contains("did not end within"))
    let connect = try await ScriptedServer.run(script: { _, _ in [.hang] }) { server in
      try await withTransport(ClientConfiguration(server: server.url)) { transport in
        await #expect(throws: KubernetesError.self) {
          _ = try await KubernetesClient(transport: transport).exec(
            pod: "p", command: ["x"], limits: ExecLimits(connect: short)
          ) { _ in }
        }
      }
    }
    #expect(connect?.code == .timeout)
  }

  @Test func aServerThatDoesNotCloseIsNotWaitedForForever() async throws {
    try await ExecServer.run(
      handle: { _, connection in
        try await connection.exit(7)
        try await connection.waitForEnd()
      },
      { server in
        let output = try await exec(server, limits: ExecLimits(closing: .milliseconds(100)))
        #expect(output.result.exitCode == 7)
      })
  }

  @Test func aFailingConsumerEndsTheCallWithItsError() async throws {
    struct Full: Error {}
    try await ExecServer.run(
      handle: { _, connection in
        while true { try await connection.stdout(ByteBuffer(repeating: 1, count: 64 << 10)) }
      },
      { server in
        await #expect(throws: Full.self) { _ = try await exec(server) { _ in throw Full() } }
        try await eventually { server.endedConnections == 1 }
      })
  }

  @Test func aFailingInputEndsTheCallWithItsError() async throws {
    struct Lost: Error {}
    try await ExecServer.run(
      handle: { _, connection in
        while try await connection.stdin() != nil {}
        try await connection.exit(0)
      },
      { server in
        let input = AsyncThrowingStream<ByteBuffer, any Error> {
          $0.yield(ByteBuffer(string: "half"))
          $0.finish(throwing: Lost())
        }
        await #expect(throws: Lost.self) { _ = try await exec(server, stdin: input) }
      })
  }

  @Test func cancellationClosesTheConnection() async throws {
    try await ExecServer.run(handle: { try await $1.waitForEnd() }) { server in
      await #expect(throws: CancellationError.self) {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { _ = try await exec(server) }
          try await eventually { !server.execCalls.isEmpty }
          group.cancelAll()
          try await group.next()
        }
      }
      try await eventually { server.endedConnections == 1 }
    }
    // Also before the server has answered.
    try await ScriptedServer.run(script: { _, _ in [.hang] }) { server in
      await #expect(throws: CancellationError.self) {
        try await withTransport(ClientConfiguration(server: server.url)) { transport in
          try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
              _ = try await KubernetesClient(transport: transport).exec(pod: "p", command: ["x"]) { _ in }
            }
            try await eventually { !server.requests.isEmpty }
            group.cancelAll()
            try await group.next()
          }
        }
      }
    }
  }

  @Test func refusedConnectionsAndWrongCommandsAreReportedAtOnce() async throws {
    let port = try await ScriptedServer.run(script: { _, _ in [] }) { $0.port }
    try await withTransport(ClientConfiguration(server: "http://127.0.0.1:\(port)")) { transport in
      let client = KubernetesClient(transport: transport)
      let refused = await #expect(throws: KubernetesError.self) {
        _ = try await client.exec(pod: "p", command: ["x"]) { _ in }
      }
      #expect(refused?.code == .connection)
      let empty = await #expect(throws: KubernetesError.self) {
        _ = try await client.exec(pod: "p", command: []) { _ in }
      }
      #expect(empty?.code == .invalidArgument)
      let path = await #expect(throws: KubernetesError.self) {
        _ = try await client.exec(pod: "../x", command: ["x"]) { _ in }
      }
      #expect(path?.code == .invalidArgument)
    }
  }
}
