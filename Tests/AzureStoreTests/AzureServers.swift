import AzureStore
import Crypto
import FakeAzure
import Foundation
import ObjectStore
import ObjectStoreTestKit
import StoreHTTP
import Synchronization

/// Runs `body` with a fake and a store on one of its containers.
@discardableResult
func withAzure<Value: Sendable>(
  _ options: FakeAzure.ContainerOptions = [], pageSize: Int = 100,
  now: @escaping @Sendable () -> Date = { Date() },
  _ body: (AzureStore, AzureConfiguration, FakeAzure) async throws -> Value
) async throws -> Value {
  let fake = try await FakeAzure.start(now: now)
  fake.makeContainer("backups", options)
  let result: Result<Value, any Error>
  do {
    let configuration = AzureConfiguration(
      storageAccount: fake.account, container: "backups", endpoint: fake.endpoint,
      credentials: .accountKey(try AzureAccountKey(base64: fake.key)))
    result = .success(
      try await withStore(configuration, pageSize: pageSize, now: now) { try await body($0, configuration, fake) })
  } catch {
    result = .failure(error)
  }
  await fake.stop()
  return try result.get()
}

/// A store with a clock and a size of pages.
@discardableResult
func withStore<Value: Sendable>(
  _ configuration: AzureConfiguration, pageSize: Int = 100, now: @escaping @Sendable () -> Date = { Date() },
  _ body: (AzureStore) async throws -> Value
) async throws -> Value {
  let store = try AzureStore(configuration, pageSize: pageSize, now: now)
  let result: Result<Value, any Error>
  do { result = .success(try await body(store)) } catch { result = .failure(error) }
  try await store.shutdown()
  return try result.get()
}

/// Runs `body` with the token services beside a fake.
@discardableResult
func withIdentity<Value: Sendable>(
  _ azure: FakeAzure, _ body: (FakeIdentity) async throws -> Value
) async throws -> Value {
  let identity = try await FakeIdentity.start(for: azure)
  let result: Result<Value, any Error>
  do { result = .success(try await body(identity)) } catch { result = .failure(error) }
  await identity.stop()
  return try result.get()
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

extension FakeAzure {
  /// A service SAS for the container, as `az storage container generate-sas` makes it.
  func sas(
    _ permissions: String, container: String = "backups", start: Date? = nil, end: Date? = nil
  ) throws -> AzureSASToken {
    let version = "2022-11-02"
    let starts = start?.formatted(.iso8601) ?? ""
    let ends = (end ?? now().addingTimeInterval(3600)).formatted(.iso8601)
    let text = [
      permissions, starts, ends, "/blob/\(account)/\(container)", "", "", "", version, "c", "", "", "", "", "", "", "",
    ].joined(separator: "\n")
    let code = HMAC<SHA256>.authenticationCode(
      for: Data(text.utf8), using: SymmetricKey(data: Data(base64Encoded: key) ?? Data()))
    let signature = Data(code).base64EncodedString().replacingOccurrences(of: "+", with: "%2B")
    return try AzureSASToken(
      "?sp=\(permissions)&st=\(starts)&se=\(ends)&sv=\(version)&sr=c&sig=\(signature)"
        .replacingOccurrences(of: "&st=&", with: "&"))
  }
}

/// A clock that a test moves.
final class TestClock: Sendable {
  private let current: Mutex<Date>
  init(_ date: Date = Date()) { current = Mutex(date) }
  func advance(_ seconds: Double) { current.withLock { $0 += seconds } }
  var now: @Sendable () -> Date { { self.current.withLock { $0 } } }
}

func says(_ error: any Error, _ code: ObjectStoreError.Code, _ texts: String...) -> Bool {
  (error as? ObjectStoreError)?.code == code && texts.allSatisfy { "\(error)".contains($0) }
}
