import Foundation
import KubernetesModel
import NIOCore
import NIOWebSocket
import Subprocess
import SystemPackage

/// Runs a command and carries its streams over a WebSocket, as the kubelet does
/// (k8s.io/apimachinery `pkg/util/remotecommand/constants.go`; KEP-4006 for version 5).
struct ExecSession: Sendable {
  static let subprotocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"]
  private static let chunkSize = 32 << 10

  private enum Channel {
    static let stdin: UInt8 = 0
    static let stdout: UInt8 = 1
    static let stderr: UInt8 = 2
    static let error: UInt8 = 3
    static let close: UInt8 = 255
  }

  private typealias Outbound = NIOAsyncChannelOutboundWriter<WebSocketFrame>
  private typealias Frames = NIOAsyncChannelInboundStream<WebSocketFrame>

  let ticket: ExecTicket

  /// Returns when the command has ended, or the client has gone, with which the command goes.
  func run(_ channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>) async {
    try? await channel.executeThenClose { frames, outbound in
      // Tells the client that the connection stands.
      try await outbound.write(Self.frame(ticket.options.hasStdout ? Channel.stdout : Channel.error, ByteBuffer()))
      let status: JSONValue
      do {
        status = Self.status(exitCode: try await execute(frames, outbound, Self.closing(of: channel.channel)))
      } catch let failure as ExecFailure {
        status = APIError.internalError(failure.message).execStatus(cause: failure.message)
      }
      try await outbound.write(Self.frame(Channel.error, JSONWriter.buffer(status)))
      // From here on the end of what the client sends is the end of the connection; otherwise its TLS would wait for ours.
      try await channel.channel.setOption(.allowRemoteHalfClosure, value: false).get()
      var code = ByteBuffer()
      code.write(webSocketErrorCode: .normalClosure)
      try await outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: code))
      // Closing drops what is still to be sent, so the client closes; one that does not is not waited for.
      await Self.waitForEnd(of: channel.channel, within: .seconds(10))
    }
  }

  private static func waitForEnd(of channel: any NIOCore.Channel, within limit: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        try? await Task.sleep(for: limit)
        channel.close(promise: nil)
      }
      try? await channel.closeFuture.get()
      group.cancelAll()
    }
  }

  /// A client that died while its input waited here is only found out by sending it something.
  private static func keepAlive(_ outbound: Outbound) async {
    do {
      while true {
        try await Task.sleep(for: .seconds(5))
        try await outbound.write(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer()))
      }
    } catch {
      return
    }
  }

  /// Ends with the connection.
  private static func closing(of channel: any NIOCore.Channel) -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream<Void>.makeStream()
    channel.closeFuture.whenComplete { _ in continuation.finish() }
    return stream
  }

  /// - Returns: The exit code; 128 + n where the signal n ended the command.
  private func execute(_ frames: Frames, _ outbound: Outbound, _ closing: AsyncStream<Void>) async throws -> Int32 {
    guard let handle = ticket.handle, let container = handle.running(ticket.container) else {
      throw ExecFailure.containerNotFound(ticket.container)
    }
    let command = try ExecCommand(ticket.options.command, in: container)
    var platform = PlatformOptions()
    platform.createSession = true
    let configuration = Configuration(
      executable: .path(FilePath(command.executable)), arguments: Arguments(command.arguments),
      environment: .custom(
        Dictionary(
          uniqueKeysWithValues: command.environment.map { (Subprocess.Environment.Key(stringLiteral: $0), $1) })),
      workingDirectory: command.workingDirectory.map { FilePath($0) }, platformOptions: platform)
    let options = ticket.options
    let result = try await Subprocess.run(
      configuration, input: .inputWriter, output: .sequence, error: .sequence
    ) { execution in
      let process = execution.processIdentifier.value
      handle.addExec(process, of: ticket.container)
      await withTaskGroup(of: Bool.self) { group in
        group.addTask {
          await Self.pump(execution.standardOutput, options.hasStdout ? Channel.stdout : nil, outbound)
          return true
        }
        group.addTask {
          await Self.pump(execution.standardError, options.hasStderr ? Channel.stderr : nil, outbound)
          return true
        }
        group.addTask {
          if !options.hasStdin { try? await execution.standardInputWriter.finish() }
          await Self.receive(frames, outbound, input: execution.standardInputWriter)
          if !Task.isCancelled { handle.kill(process) }
          return false
        }
        group.addTask {
          // Frames tell nothing while they wait behind input that the command does not take.
          for await _ in closing {}
          if !Task.isCancelled { handle.kill(process) }
          return false
        }
        group.addTask {
          await Self.keepAlive(outbound)
          return false
        }
        // Both outputs are at their end once the command is; only then nobody listens to the client any more.
        var outputs = 2
        while outputs > 0, let isOutput = await group.next() { outputs -= isOutput ? 1 : 0 }
        group.cancelAll()
      }
    }
    handle.removeExec(result.processIdentifier.value, of: ticket.container)
    return switch result.terminationStatus {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  }

  /// Carries one output; reads on where the client is gone or did not ask, so that the command does not hang.
  private static func pump(_ output: SubprocessOutputSequence, _ channel: UInt8?, _ outbound: Outbound) async {
    var isConnected = channel != nil
    do {
      for try await piece in output where isConnected {
        var bytes = piece.withUnsafeBytes { ByteBuffer(bytes: $0) }
        while isConnected, let chunk = bytes.readSlice(length: min(chunkSize, bytes.readableBytes)),
          chunk.readableBytes > 0
        {
          do { try await outbound.write(frame(channel ?? 0, chunk)) } catch { isConnected = false }
        }
      }
    } catch {
      return
    }
  }

  /// Takes the client's frames until it goes: input, the end of input, pings.
  private static func receive(_ frames: Frames, _ outbound: Outbound, input: StandardInputWriter) async {
    var isOpen = true
    var isContinued = false
    do {
      for try await frame in frames {
        var data = frame.unmaskedData
        switch frame.opcode {
        case .ping: try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: data))
        case .connectionClose: return
        case .binary, .continuation:
          let channel = frame.opcode == .continuation && isContinued ? Channel.stdin : data.readInteger(as: UInt8.self)
          isContinued = !frame.fin && channel == Channel.stdin
          if channel == Channel.stdin, isOpen, data.readableBytes > 0 {
            // A command that closed its input takes no more; its exit tells the rest.
            do { _ = try await input.write(Array(data.readableBytesView)) } catch { isOpen = false }
          } else if channel == Channel.close, data.readInteger(as: UInt8.self) == Channel.stdin {
            isOpen = false
            try? await input.finish()
          }
        default: break
        }
      }
    } catch {
      return
    }
  }

  private static func frame(_ channel: UInt8, _ bytes: ByteBuffer) -> WebSocketFrame {
    var data = ByteBuffer(integer: channel)
    data.writeImmutableBuffer(bytes)
    return WebSocketFrame(fin: true, opcode: .binary, data: data)
  }

  private static func status(exitCode: Int32) -> JSONValue {
    guard exitCode != 0 else { return ["metadata": [:], "status": "Success"] }
    return [
      "metadata": [:], "status": "Failure",
      "message": .string("command terminated with non-zero exit code: exit status \(exitCode)"),
      "reason": "NonZeroExitCode",
      "details": ["causes": [["reason": "ExitCode", "message": .string(String(exitCode))]]],
    ]
  }
}

extension APIError {
  /// The form that a status has on the error channel.
  fileprivate func execStatus(cause: String) -> JSONValue {
    [
      "metadata": [:], "status": "Failure", "message": .string(message), "reason": .string(reason.rawValue),
      "details": ["causes": [["message": .string(cause)]]], "code": .integer(Int64(code)),
    ]
  }
}
