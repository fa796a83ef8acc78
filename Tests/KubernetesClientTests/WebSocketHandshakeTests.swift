import Foundation
import NIOCore
import Testing

@testable import KubernetesClient

struct WebSocketHandshakeTests {
  private let opening = """
    HTTP/1.1 101 Switching Protocols\r
    upgrade: WebSocket\r
    Connection: keep-alive, Upgrade\r
    Sec-WebSocket-Accept: abc=\r
    Sec-WebSocket-Protocol: v5.channel.k8s.io\r
    \r

    """

  private func read(_ text: String, pieces: Int, isEnd: Bool = false) throws -> WebSocketHandshake.Progress {
    var handshake = WebSocketHandshake(accept: "abc=")
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      let progress = try handshake.read(ByteBuffer(bytes: bytes[start..<min(bytes.count, start + pieces)]))
      if case .more = progress { continue }
      return progress
    }
    return isEnd ? .refused(try handshake.end()) : .more
  }

  @Test(arguments: [1, 7, 1_000]) func framesBehindTheAnswerAreKept(pieces: Int) throws {
    guard case .opened(let subprotocol, let rest) = try read(opening + "frames", pieces: pieces) else {
      Issue.record("not opened")
      return
    }
    #expect(subprotocol == "v5.channel.k8s.io")
    #expect("frames".hasPrefix(String(buffer: rest)))
  }

  @Test(arguments: [1, 1_000]) func refusalsAreReadWithTheirBody(pieces: Int) throws {
    let answers = [
      "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.1 403 Forbidden\r\ntransfer-encoding: Chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
      "HTTP/1.1 403\r\nContent-Length: 5\r\n\r\nhello and more",
    ]
    for answer in answers {
      guard case .refused(let response) = try read(answer, pieces: pieces) else {
        Issue.record("not refused")
        return
      }
      #expect(response.status == 403)
      #expect(String(decoding: response.body, as: UTF8.self) == "hello")
    }
    guard case .refused(let response) = try read("HTTP/1.0 500 X\r\n\r\ntext", pieces: pieces, isEnd: true) else {
      return
    }
    #expect(String(decoding: response.body, as: UTF8.self) == "text")
  }

  @Test func longBodiesAreCut() throws {
    let long = String(repeating: "x", count: 200_000)
    for head in ["Content-Length: 200000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n30d40\r\n"] {
      guard case .refused(let response) = try read("HTTP/1.1 500 X\r\n\(head)\(long)", pieces: 50_000) else {
        Issue.record("not refused")
        return
      }
      #expect(response.body.count == 64 << 10)
    }
  }

  @Test func answersThatAreNoneAreRefused() {
    let answers = [
      "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
      opening.replacing("abc=", with: "other="), opening.replacing("upgrade: WebSocket", with: "upgrade: h2c"),
      String(repeating: "x", count: 100_000),
    ]
    for answer in answers {
      #expect(throws: HandshakeFault.self) { try read(answer, pieces: 1_000) }
    }
    #expect(throws: (any Error).self) { try read("HTTP/1.1 200 OK\r\n", pieces: 5, isEnd: true) }
  }
}
