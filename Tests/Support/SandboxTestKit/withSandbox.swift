import Foundation
public import KubernetesClient
import KubernetesModel
import Logging
import Sandbox
import ServiceLifecycle

/// Gives a transport that has the token of a ServiceAccount and no other credential. Whoever asks for one shuts it down.
public typealias TransportOfAccount = (_ namespace: String, _ account: String) async throws -> HTTPTransport

/// Runs an API server with RBAC in this process for as long as `body`, which gets an administrator's client and makes others
/// for accounts.
public func withSandbox(_ body: (KubernetesClient, TransportOfAccount) async throws -> Void) async throws {
  let folder = FileManager.default.temporaryDirectory.path + "/sandbox-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  let (ready, announce) = AsyncStream<SandboxServer.Address>.makeStream()
  var logger = Logger(label: "sandbox")
  logger.logLevel = .critical
  let server = try SandboxServer(configuration: .init(dataDirectory: folder), logger: logger) {
    announce.yield($0)
    announce.finish()
  }
  let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
  try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask {
      // A server that does not start ends the wait for it.
      defer { announce.finish() }
      try await group.run()
    }
    var address: SandboxServer.Address?
    for await found in ready { address = found }
    let result: Result<Void, any Error>
    do {
      guard let address else { throw SandboxDidNotStart() }
      try await use(address, body)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await group.triggerGracefulShutdown()
    try await tasks.waitForAll()
    try result.get()
  }
}

private func use(
  _ address: SandboxServer.Address, _ body: (KubernetesClient, TransportOfAccount) async throws -> Void
) async throws {
  func configuration(_ token: String) -> ClientConfiguration {
    ClientConfiguration(
      server: address.url, certificateAuthority: Data(address.certificateAuthority.utf8), credential: .token(token))
  }
  try await KubernetesClient.withClient(configuration: configuration(address.token)) { admin in
    try await body(admin) { namespace, account in
      let request = Request(
        method: .post, verb: .create, path: "/api/v1/namespaces/\(namespace)/serviceaccounts/\(account)/token",
        contentType: "application/json",
        body: try JSONValue.object([
          "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": [:],
        ]).serialized(), operation: "create a token")
      let answer = try await admin.json(for: request)
      return try HTTPTransport(configuration: configuration(answer[path: "status", "token"]?.stringValue ?? ""))
    }
  }
}

struct SandboxDidNotStart: Error {}
