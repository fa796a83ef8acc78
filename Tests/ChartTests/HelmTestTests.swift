import Foundation
import HealthServer
import KubernetesModel
import Logging
import Metrics
import ServiceLifecycle
import Subprocess
import TestServers
import Testing

/// What `helm test` runs, run here.
@Suite struct HelmTestTests {
  private func pod(_ values: String = "{}") async throws -> JSONValue {
    try await Manifests.chart(values: values, tests: true).one("Pod")
  }

  @Test func itIsARestrictedPodThatNoServiceSelects() async throws {
    let pod = try await pod()
    #expect(pod[path: "metadata", "annotations"]?["helm.sh/hook"] == "test")
    let labels = pod[path: "metadata", "labels"]?.objectValue ?? [:]
    let service = try await Manifests.chart().one("Service")[path: "spec", "selector"]?.objectValue ?? [:]
    #expect(!service.isEmpty && service.contains { labels[$0.key] != $0.value })
    #expect(pod[path: "spec", "automountServiceAccountToken"] == false)
    #expect(pod[path: "spec", "securityContext", "runAsNonRoot"] == true)
    let container = try require(pod[path: "spec", "containers"]?.arrayValue?.first, "container")
    #expect(container[path: "securityContext", "readOnlyRootFilesystem"] == true)
    #expect(container[path: "securityContext", "capabilities", "drop"] == ["ALL"])
    #expect(try await Manifests.chart(values: "metrics: {service: {enabled: false}}", tests: true).all("Pod").isEmpty)
  }

  @Test(.timeLimit(.minutes(2))) func itPassesWhereAnOperatorIsReady() async throws {
    let container = try require(try await pod()[path: "spec", "containers"]?.arrayValue?.first, "container")
    let script = try require(container.strings("command").last, "script")
    let metrics = PrometheusMetrics()
    Gauge(label: "holdfast_operator_leading", factory: metrics).record(1)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let (ports, bound) = AsyncStream.makeStream(of: Int.self)
    let server = HealthServer(
      host: "127.0.0.1", port: 0, metrics: metrics, logger: logger, notReady: { nil }, onBound: { bound.yield($0) })
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(services: [.init(service: server)], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let port = try #require(await ports.first { _ in true })
      let result = try await run(
        "bash", package: "bash", ["-c", "SERVICE=127.0.0.1; PORT=\(port)\n" + script], "")
      #expect(
        result.succeeded && result.output == "an operator is ready, and its metrics are served\n", "\(result.errors)")
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  @Test func itFailsWithWhereToLookWhereNoneIs() async throws {
    let container = try require(try await pod()[path: "spec", "containers"]?.arrayValue?.first, "container")
    let script = try require(container.strings("command").last, "script")
      .replacingOccurrences(of: "sleep 2", with: ":")
    // Port 1 of this machine: nobody listens.
    let result = try await run("bash", package: "bash", ["-c", "SERVICE=127.0.0.1; PORT=1\n" + script], "")
    #expect(!result.succeeded && result.errors.contains("kubectl logs -n holdfast-system deployment/holdfast-operator"))
  }
}
