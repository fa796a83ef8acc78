import AsyncHTTPClient
import NIOCore
import NIOHTTP1

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The requests of one connection to ``FaultProxy``.
struct FaultExchange {
  typealias Inbound = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator
  typealias Outbound = NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>

  let channel: any Channel
  var inbound: Inbound
  let outbound: Outbound
  let client: HTTPClient
  let upstream: String?

  private struct Reset: Error {}

  mutating func nextHead() async throws -> HTTPRequestHead? {
    while let part = try await inbound.next() {
      if case .head(let head) = part { return head }
    }
    return nil
  }

  /// - Returns: The status that was sent, nil where the connection is to be closed.
  mutating func answer(_ head: HTTPRequestHead, _ fault: Fault?) async throws -> Int? {
    if head.headers[canonicalForm: "expect"].contains("100-continue") {
      try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
    }
    var resetAfter: Int?
    if case .resetRequest(let count) = fault { resetAfter = count }
    guard let body = try await readBody(resetAfter: resetAfter) else { return try await reset() }
    switch fault {
    case .answer(let status, let headers, let text): return try await reply(status, headers, text)
    case .hang: return try await wait()
    case .resetRequest: return try await reset()
    case .delay(let duration): try await Task.sleep(for: duration)
    default: break
    }
    let response = try await forward(head, Self.flip(body, fault))
    switch fault {
    case .replaceAnswer(let status, let headers, let text):
      _ = try await response.body.collect(upTo: 1 << 30)
      return try await reply(status, headers, text)
    case .hangAfter:
      _ = try await response.body.collect(upTo: 1 << 30)
      return try await wait()
    case .loseAnswer:
      _ = try await response.body.collect(upTo: 1 << 30)
      return try await reset()
    default: return try await pass(response, of: head.method, fault)
    }
  }

  /// - Returns: nil where so many bytes have come that the connection is to be reset.
  private mutating func readBody(resetAfter limit: Int?) async throws -> ByteBuffer? {
    var body = ByteBuffer()
    while let part = try await inbound.next() {
      switch part {
      case .body(let chunk): body.writeImmutableBuffer(chunk)
      case .end: return body
      case .head: return body
      }
      if let limit, body.readableBytes >= limit { return nil }
    }
    throw Reset()
  }

  private static func flip(_ body: ByteBuffer, _ fault: Fault?) -> ByteBuffer {
    guard case .flipRequestByte(let offset) = fault, let byte: UInt8 = body.getInteger(at: offset) else { return body }
    var body = body
    body.setInteger(~byte, at: offset)
    return body
  }

  private func forward(_ head: HTTPRequestHead, _ body: ByteBuffer) async throws -> HTTPClientResponse {
    guard let upstream else { throw Reset() }
    var request = HTTPClientRequest(url: upstream + head.uri)
    request.method = head.method
    request.headers = head.headers
    for name in ["connection", "transfer-encoding", "content-length", "expect"] { request.headers.remove(name: name) }
    if body.readableBytes > 0 || head.headers.contains(name: "content-length") { request.body = .bytes(body) }
    return try await client.execute(request, timeout: .seconds(120))
  }

  private func reply(_ status: Int, _ headers: [String: String], _ text: String) async throws -> Int {
    var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status))
    for (name, value) in headers { head.headers.add(name: name, value: value) }
    head.headers.replaceOrAdd(name: "content-length", value: "\(text.utf8.count)")
    try await outbound.write(.head(head))
    if !text.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(string: text)))) }
    try await outbound.write(.end(nil))
    return status
  }

  /// Passes the answer on, with what is to be wrong with it.
  private mutating func pass(
    _ response: HTTPClientResponse, of method: HTTPMethod, _ fault: Fault?
  ) async throws -> Int? {
    var head = HTTPResponseHead(version: .http1_1, status: response.status, headers: response.headers)
    for name in ["connection", "transfer-encoding", "keep-alive"] { head.headers.remove(name: name) }
    if case .setHeader(let name, let value) = fault { head.headers.replaceOrAdd(name: name, value: value) }
    if method == .HEAD, !head.headers.contains(name: "content-length") {
      head.headers.add(name: "content-length", value: "0")
    }
    var limit = Int.max
    switch fault {
    case .cutAnswer(let count), .stallAnswer(let count): limit = count
    case .endAnswerEarly(let count):
      limit = count
      head.headers.remove(name: "content-length")
    default: break
    }
    try await outbound.write(.head(head))
    let isWhole = try await passBody(response, upTo: limit, fault)
    if !isWhole {
      // What was written must have gone before the connection does.
      switch fault {
      case .stallAnswer: return try await wait()
      case .cutAnswer: return nil
      default: break
      }
    }
    try await outbound.write(.end(nil))
    return isWhole ? Int(response.status.code) : nil
  }

  /// - Returns: Whether all of it came before the limit.
  private func passBody(_ response: HTTPClientResponse, upTo limit: Int, _ fault: Fault?) async throws -> Bool {
    var sent = 0
    for try await chunk in response.body {
      var chunk = chunk
      if case .flipByte(let offset) = fault, (sent..<sent + chunk.readableBytes).contains(offset) {
        let index = chunk.readerIndex + offset - sent
        let byte: UInt8 = chunk.getInteger(at: index) ?? 0
        chunk.setInteger(~byte, at: index)
      }
      let rest = limit - sent
      if chunk.readableBytes >= rest {
        if let last = chunk.readSlice(length: rest), rest > 0 { try await outbound.write(.body(.byteBuffer(last))) }
        return false
      }
      sent += chunk.readableBytes
      try await outbound.write(.body(.byteBuffer(chunk)))
    }
    return true
  }

  /// Until the client gives up.
  private mutating func wait() async throws -> Int? {
    while try await inbound.next() != nil {}
    return nil
  }

  private func reset() async throws -> Int? {
    if let provider = channel as? any SocketOptionProvider {
      try? await provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    }
    try? await channel.close()
    return nil
  }
}
