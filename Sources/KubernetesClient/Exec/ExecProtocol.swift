import Foundation
import KubernetesModel
import NIOCore
import NIOWebSocket

/// The protocol within the WebSocket: the first byte of each message is its channel.
///
/// Source: k8s.io/apimachinery `pkg/util/remotecommand/constants.go`, and KEP-4006 for version 5, which adds the
/// signal that closes a channel.
enum ExecProtocol {
  static let version5 = "v5.channel.k8s.io"
  static let version4 = "v4.channel.k8s.io"

  static let stdin: UInt8 = 0
  static let stdout: UInt8 = 1
  static let stderr: UInt8 = 2
  static let error: UInt8 = 3
  static let close: UInt8 = 255

  /// Bytes of standard input in one message; what kubectl sends.
  static let chunkSize = 32 << 10
  /// Bytes that an exit status may have.
  static let statusLimit = 64 << 10
}

/// Sorts the frames of an exec session by channel. Pure; any frame gives an event or an ``ExecFault``.
struct ExecDemultiplexer {
  enum Event: Equatable {
    case stdout(ByteBuffer)
    case stderr(ByteBuffer)
    /// The status is complete.
    case status
    case ping(ByteBuffer)
    case pong
    /// The server closes the connection; the code says why (RFC 6455, section 7.4).
    case close(code: UInt16?, reason: String)
    case nothing
  }

  /// The channel of a message whose last frame has not come.
  private var open: UInt8?
  private var isOpen = false
  private var statusBytes = ByteBuffer()
  private(set) var status: APIStatus?

  mutating func handle(_ frame: WebSocketFrame) throws(ExecFault) -> Event {
    switch frame.opcode {
    case .ping: return .ping(frame.unmaskedData)
    case .pong: return .pong
    case .connectionClose: return Self.closing(frame.unmaskedData)
    case .binary:
      guard !isOpen else { throw ExecFault("a message began within another one") }
      return try message(frame.unmaskedData, isStart: true, isEnd: frame.fin)
    case .continuation:
      guard isOpen else { throw ExecFault("a message is continued that did not begin") }
      return try message(frame.unmaskedData, isStart: false, isEnd: frame.fin)
    case .text: throw ExecFault("a text message came, though the protocol has binary ones only")
    default: throw ExecFault("a frame of an unknown kind came")
    }
  }

  private mutating func message(_ bytes: ByteBuffer, isStart: Bool, isEnd: Bool) throws(ExecFault) -> Event {
    var bytes = bytes
    if isStart { open = nil }
    // The channel's byte may come in a later frame than the message's first.
    if open == nil { open = bytes.readInteger(as: UInt8.self) }
    isOpen = !isEnd
    guard let channel = open else { return .nothing }
    switch channel {
    case ExecProtocol.stdout: return bytes.readableBytes > 0 ? .stdout(bytes) : .nothing
    case ExecProtocol.stderr: return bytes.readableBytes > 0 ? .stderr(bytes) : .nothing
    case ExecProtocol.error: return try addStatus(bytes)
    // The server tells that it closed a channel.
    case ExecProtocol.close: return .nothing
    default: throw ExecFault("a message came on channel \(channel), which is none of a command's")
    }
  }

  private mutating func addStatus(_ bytes: ByteBuffer) throws(ExecFault) -> Event {
    guard bytes.readableBytes > 0 else { return .nothing }
    guard status == nil else { throw ExecFault("a second exit status came") }
    guard statusBytes.readableBytes + bytes.readableBytes <= ExecProtocol.statusLimit else {
      throw ExecFault("the exit status has more than \(ExecProtocol.statusLimit) bytes")
    }
    statusBytes.writeImmutableBuffer(bytes)
    // It comes in one piece, though nothing promises that.
    let data = Data(statusBytes.readableBytesView)
    guard let decoded = try? JSONDecoder.kubernetes.decode(APIStatus.self, from: data), decoded.status != nil else {
      return .nothing
    }
    status = decoded
    return .status
  }

  /// The text of an exit status that could not be read; nil where none came.
  var unreadableStatus: String? {
    guard status == nil, statusBytes.readableBytes > 0 else { return nil }
    var output = BoundedOutput(limit: 200)
    output.append(statusBytes)
    return output.text
  }

  private static func closing(_ bytes: ByteBuffer) -> Event {
    var bytes = bytes
    let code = bytes.readInteger(as: UInt16.self)
    var reason = BoundedOutput(limit: 125)
    reason.append(bytes)
    return .close(code: code, reason: reason.text)
  }
}

/// The server broke the protocol; becomes a ``KubernetesError`` with `decoding`.
struct ExecFault: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

extension WebSocketFrame {
  /// A client's frame; those are masked (RFC 6455, section 5.3), which the encoder does.
  static func masked(_ opcode: WebSocketOpcode, _ data: ByteBuffer) -> WebSocketFrame {
    WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
  }

  static func message(channel: UInt8, _ bytes: ByteBuffer) -> WebSocketFrame {
    var data = ByteBufferAllocator().buffer(capacity: bytes.readableBytes + 1)
    data.writeInteger(channel)
    data.writeImmutableBuffer(bytes)
    return .masked(.binary, data)
  }
}
