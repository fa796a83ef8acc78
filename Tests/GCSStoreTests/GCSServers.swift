import FakeGCS
import Foundation
import GCSStore
import NIOCore
import NIOHTTP1
import ObjectStore
import ObjectStoreTestKit
import StoreHTTP
import TestServers
import Testing

/// Runs `body` with a store on a bucket of our own fake.
@discardableResult
func withFake<Value: Sendable>(
  _ bucket: FakeBucket = FakeBucket(), _ configure: (inout GCSConfiguration) -> Void = { _ in },
  _ body: (GCSStore, FakeGCS, GCSConfiguration) async throws -> Value
) async throws -> Value {
  try await FakeGCS.with { fake in
    fake.makeBucket("bucket", bucket)
    var configuration = GCSConfiguration(bucket: "bucket", endpoint: fake.endpoint, credentials: .anonymous)
    configure(&configuration)
    return try await GCSStore.withStore(configuration) { try await body($0, fake, configuration) }
  }
}

/// The same with a server that somebody else wrote.
@discardableResult
func withEmulator<Value: Sendable>(
  _ emulator: SharedServer<GoogleEmulator>, _ body: (GCSStore) async throws -> Value
) async throws -> Value {
  let server = try await emulator.get()
  let configuration = GCSConfiguration(
    bucket: try await server.makeBucket(), endpoint: server.endpoint, credentials: .anonymous)
  return try await GCSStore.withStore(configuration) { try await body($0) }
}

/// Runs `body` with a proxy before `upstream`.
@discardableResult
func withProxy<Value>(
  _ upstream: String?, decide: @escaping @Sendable (ProxiedRequest) -> Fault?,
  _ body: (FaultProxy) async throws -> Value
) async throws -> Value {
  let proxy = try await FaultProxy.start(upstream: upstream, decide: decide)
  let result: Result<Value, any Error>
  do { result = .success(try await body(proxy)) } catch { result = .failure(error) }
  try await proxy.stop()
  return try result.get()
}

func bytes(_ parts: [ByteBuffer]) -> ByteBuffer {
  var whole = ByteBuffer()
  for part in parts { whole.writeImmutableBuffer(part) }
  return whole
}

extension FakeGCS {
  /// `Content-Range` of what was sent into sessions, in order.
  var chunks: [String] {
    log.filter { $0.request.method == "PUT" }.map { $0.request.headers.first(name: "content-range") ?? "none" }
  }
}
