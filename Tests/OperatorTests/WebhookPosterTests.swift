import Glibc
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import Testing

@testable import Operator

/// The real client against a server that answers well, badly, or never.
@Suite(.timeLimit(.minutes(2))) struct WebhookPosterTests {
  private final class Seen: Sendable {
    private let bodies = Mutex<[String]>([])
    var all: [String] { bodies.withLock { $0 } }
    func add(_ text: String) { bodies.withLock { $0.append(text) } }
  }

  private func withServer(_ body: @escaping @Sendable (String, HTTPWebhookPoster, Seen) async throws -> Void)
    async throws
  {
    let seen = Seen()
    let router = Router()
    router.post("ok") { request, _ in
      let text = String(buffer: try await request.body.collect(upTo: 1 << 20))
      seen.add("\(request.headers[.contentType] ?? "") \(text)")
      return Response(status: .noContent)
    }
    router.post("broken") { _, _ in Response(status: .internalServerError) }
    router.post("moved") { _, _ in Response(status: .found, headers: [.location: "/ok"]) }
    let (ports, bound) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let application = Application(
      router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { bound.yield($0.localAddress?.port ?? 0) }, logger: logger)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(services: [.init(service: application)], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let port = try #require(await ports.first { _ in true })
      let poster = HTTPWebhookPoster()
      // Closed first, so that the server has no connection to wait for.
      do { try await body("http://127.0.0.1:\(port)", poster, seen) } catch { Issue.record(error) }
      try await poster.close()
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  @Test func whatIsPostedArrivesAndTheAnswerIsTold() async throws {
    try await withServer { (url: String, poster: HTTPWebhookPoster, seen: Seen) async throws in
      let body = Array("{\"a\":1}".utf8)
      #expect(try await poster.post(body, contentType: "application/json", to: url + "/ok") == 204)
      #expect(seen.all == ["application/json {\"a\":1}"])
      #expect(try await poster.post(body, contentType: "application/json", to: url + "/broken") == 500)
      // Nobody is followed to somewhere else.
      #expect(try await poster.post(body, contentType: "application/json", to: url + "/moved") == 302)
      #expect(seen.all.count == 1)
    }
  }

  @Test func oneThatNeverAnswersIsGivenUpWhenTheCallIsCancelled() async throws {
    let silent = try SilentPort()
    let poster = HTTPWebhookPoster()
    await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        (try? await poster.post([], contentType: "application/json", to: "http://127.0.0.1:\(silent.port)/")) != nil
      }
      group.cancelAll()
      #expect(await group.next() == false)
    }
    try await poster.close()
    withExtendedLifetime(silent) {}
  }

  @Test func nobodyThereIsAProblemWithoutTheAddress() async throws {
    let poster = HTTPWebhookPoster()
    do {
      _ = try await poster.post([], contentType: "application/json", to: "http://127.0.0.1:1/secret-token")
      Issue.record("somebody listens on port 1")
    } catch {
      let problem = WebhookProblem(error)
      #expect(problem.description.contains("could not be reached") && problem.isWorthARetry)
      #expect(!problem.description.contains("secret-token"), "\(problem)")
    }
    try await poster.close()
  }
}

/// A port whose connections the kernel takes and nobody reads.
private final class SilentPort: Sendable {
  let port: UInt16
  private let socket: Int32

  init() throws {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic -> Int32 in
        guard bind(descriptor, generic, length) == 0, listen(descriptor, 4) == 0 else { return -1 }
        return getsockname(descriptor, generic, &length)
      }
    }
    try #require(result == 0)
    socket = descriptor
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(socket) }
}
