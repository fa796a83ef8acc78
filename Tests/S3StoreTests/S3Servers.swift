import Foundation
import NIOCore
import ObjectStore
import ObjectStoreTestKit
import S3Store
import TestServers
import Testing

/// Runs `body` with a store on a fresh bucket of SeaweedFS.
func withSeaweed<Value: Sendable>(
  _ body: (S3Store, S3Configuration, SeaweedServer) async throws -> Value
) async throws -> Value {
  let server = try await SeaweedServer.shared.get()
  let configuration = S3Configuration(
    bucket: try await server.makeBucket(), endpoint: server.endpoint, usePathStyle: true,
    credentials: StaticCredentials(accessKeyID: server.accessKeyID, secretAccessKey: server.secretAccessKey))
  return try await S3Store.withStore(configuration) { try await body($0, configuration, server) }
}

/// The same with ministack.
func withMiniStack<Value: Sendable>(
  objectLock: Bool = false, _ body: (S3Store, S3Configuration, MiniStackServer) async throws -> Value
) async throws -> Value {
  let server = try await MiniStackServer.shared.get()
  let configuration = S3Configuration(
    bucket: try await server.makeBucket(objectLock: objectLock), endpoint: server.endpoint, usePathStyle: true,
    credentials: StaticCredentials(accessKeyID: server.accessKeyID, secretAccessKey: server.secretAccessKey))
  return try await S3Store.withStore(configuration) { try await body($0, configuration, server) }
}

/// Runs `body` with a proxy before `upstream`.
func withProxy<Value>(
  _ upstream: String?, identity: FaultProxy.Identity? = nil,
  decide: @escaping @Sendable (ProxiedRequest) -> Fault?, _ body: (FaultProxy) async throws -> Value
) async throws -> Value {
  let proxy = try await FaultProxy.start(upstream: upstream, identity: identity, decide: decide)
  let result: Result<Value, any Error>
  do { result = .success(try await body(proxy)) } catch { result = .failure(error) }
  try await proxy.stop()
  return try result.get()
}
