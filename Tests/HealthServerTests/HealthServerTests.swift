import AsyncHTTPClient
import Logging
import Metrics
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import ServiceLifecycle
import Synchronization
import Testing

@testable import HealthServer

@Suite(.timeLimit(.minutes(1))) struct HealthServerTests {
  private let metrics = PrometheusMetrics()
  private var logger: Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }

  /// Runs the server on a free port, then stops it gracefully. The client keeps its connections until then.
  private func withServer(
    notReady: @escaping @Sendable () -> String? = { nil }, _ body: (String) async throws -> Void
  ) async throws {
    let (ports, bound) = AsyncStream.makeStream(of: Int.self)
    let server = HealthServer(
      host: "127.0.0.1", port: 0, metrics: metrics, logger: logger, notReady: notReady,
      onBound: { bound.yield($0) })
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(services: [.init(service: server)], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let port = try #require(await ports.first { _ in true })
      try await body("http://127.0.0.1:\(port)")
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  private func get(_ url: String, method: HTTPMethod = .GET, accept: String? = nil) async throws -> Answer {
    var request = HTTPClientRequest(url: url)
    request.method = method
    if let accept { request.headers.add(name: "Accept", value: accept) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
    return Answer(
      status: Int(response.status.code), type: response.headers.first(name: "content-type") ?? "",
      text: String(buffer: try await response.body.collect(upTo: 1 << 20)))
  }

  struct Answer {
    let status: Int
    let type: String
    let text: String
  }

  @Test func livesAndIsReady() async throws {
    try await withServer { (url: String) async throws in
      #expect(try await get(url + "/healthz").status == 200)
      #expect(try await get(url + "/readyz").status == 200)
      #expect(try await get(url + "/readyz", method: .HEAD).status == 200)
      #expect(try await get(url + "/").status == 404)
      #expect(try await get(url + "/metrics", method: .POST).status == 404)
    }
  }

  @Test func readinessSaysWhyNotAndFollowsChanges() async throws {
    let isReady = Atomic(false)
    try await withServer(notReady: { isReady.load(ordering: .relaxed) ? nil : "backuppolicies: 403 Forbidden" }) {
      (url: String) async throws in
      let answer = try await get(url + "/readyz")
      #expect(answer.status == 503)
      #expect(answer.text == "not ready: backuppolicies: 403 Forbidden\n")
      #expect(try await get(url + "/healthz").status == 200)
      isReady.store(true, ordering: .relaxed)
      #expect(try await get(url + "/readyz").status == 200)
    }
  }

  @Test func metricsAreAScrapeWithTheProcessItself() async throws {
    Counter(label: "backups", dimensions: [("policy", "a \"b\"")], factory: metrics).increment()
    try await withServer { (url: String) async throws in
      let answer = try await get(url + "/metrics")
      #expect(answer.status == 200)
      #expect(answer.type == "text/plain; version=0.0.4; charset=utf-8")
      let families = try TextFormatParser.parse(answer.text)
      #expect(families["holdfast_backups_total"]?.samples.first?.labels == ["policy": "a \"b\""])
      let memory = try #require(families["process_resident_memory_bytes"]?.samples.first?.value)
      #expect(memory > 1_048_576)
      #expect(families["process_open_fds"]?.samples.first?.value ?? 0 > 3.0)
      #expect(families["process_open_fds"]?.help == "Number of open file descriptors.")
      let open = try await get(url + "/metrics", accept: "application/openmetrics-text;version=1.0.0,*/*;q=0.1")
      #expect(open.type == "application/openmetrics-text; version=1.0.0; charset=utf-8")
      #expect(open.text.hasSuffix("\n# EOF\n") && open.text.contains("# TYPE process_cpu_seconds counter\n"))
    }
  }

  @Test func aTakenPortIsToldWithTheRemedy() async throws {
    try await withServer { (url: String) async throws in
      let port = try #require(Int(url.split(separator: ":").last ?? ""))
      let second = HealthServer(
        host: "127.0.0.1", port: port, metrics: metrics, logger: logger, notReady: { nil })
      let error = await #expect(throws: HealthServerError.self) { try await second.run() }
      #expect(error?.code == .addressUnavailable)
      #expect(error?.message.contains("port \(port)") == true)
    }
  }
}
