import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SnapshotSource

/// The body of one GET, as it is: what a snapshot's source does, without its login and its own checks.
struct HTTPSource: SnapshotSource {
  let name = "http"
  let kind = "http"
  let fileExtension = "bin"
  let url: String

  func capture(into sink: (ByteBuffer) async throws -> Void) async throws -> SnapshotFacts {
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    do {
      try await capture(client, into: sink)
      try await client.shutdown()
      return SnapshotFacts()
    } catch {
      try? await client.shutdown()
      throw error
    }
  }

  private var configuration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    configuration.http1_1ConnectionDebugInitializer = { channel in
      channel.setOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(minimum: 4 << 10, initial: 16 << 10, maximum: 256 << 10))
    }
    return configuration
  }

  private func capture(_ client: HTTPClient, into sink: (ByteBuffer) async throws -> Void) async throws {
    let response = try await client.execute(HTTPClientRequest(url: url), deadline: .distantFuture)
    guard response.status == .ok else { throw failure(.failed, "\(response.status)") }
    var received: Int64 = 0
    for try await chunk in response.body {
      received += Int64(chunk.readableBytes)
      try await sink(chunk)
    }
    try Task.checkCancellation()
    if let length = response.headers.first(name: "content-length").flatMap({ Int64($0) }), length != received {
      throw failure(.truncated, "\(length) bytes were announced and \(received) came")
    }
  }

  private func failure(_ code: SnapshotSourceError.Code, _ message: String) -> SnapshotSourceError {
    SnapshotSourceError(code, operation: "GET \(url)", message: message)
  }
}
