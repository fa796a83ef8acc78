import Foundation
import KubernetesModel
import Logging
import Synchronization
import Testing

@testable import Sandbox

@Suite struct PodRunnerTests {
  /// Events queue while the machine is busy: one from before a pod's end must not run its containers again.
  @Test func anEventFromBeforeThePodsEndDoesNotRunItAgain() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pod-runner-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let record = folder.appendingPathComponent("runs").path
    let cluster = ScriptedCluster()
    let runner = PodRunner(
      cluster: cluster, images: ImageMap(["busy": ["/bin/sh"]]), dataDirectory: folder.appendingPathComponent("d").path,
      logger: Logger(label: "test"), issueToken: { _, _, _, _ in "" })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await runner.run() }
      cluster.send(pod("first", phase: "Pending", record: record))
      try await cluster.waitForEnd(of: "first")
      // As if the watch were behind, then a second pod: events come in order, so its end proves the first was seen.
      cluster.send(pod("first", phase: "Running", record: record))
      cluster.send(pod("second", phase: "Pending", record: record))
      try await cluster.waitForEnd(of: "second")
      cluster.finish()
      try await group.waitForAll()
    }
    let runs = try String(contentsOfFile: record, encoding: .utf8).split(separator: "\n")
    #expect(runs.sorted() == ["first", "second"])
  }

  private func pod(_ name: String, phase: String, record: String) -> JSONValue {
    [
      "metadata": ["name": .string(name), "namespace": "default", "uid": .string(name)],
      "spec": [
        "restartPolicy": "Never",
        "containers": [["name": "c", "image": "busy", "args": ["-c", .string("echo \(name) >> \(record)")]]],
      ],
      "status": ["phase": .string(phase)],
    ]
  }
}

/// Gives the events that a test sends, and notes the phases that are written.
private final class ScriptedCluster: ClusterAccess {
  private let events: AsyncStream<(type: String, object: JSONValue)>
  private let sender: AsyncStream<(type: String, object: JSONValue)>.Continuation
  private let ended = Mutex<Set<String>>([])

  init() { (events, sender) = AsyncStream.makeStream(of: (type: String, object: JSONValue).self) }

  func send(_ object: JSONValue) { sender.yield((type: "MODIFIED", object: object)) }
  func finish() { sender.finish() }

  func waitForEnd(of pod: String) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while !ended.withLock({ $0.contains(pod) }) {
      try #require(ContinuousClock.now < deadline, "\(pod) did not end")
      try await Task.sleep(for: .milliseconds(10))
    }
    // The worker leaves right after its last write.
    try await Task.sleep(for: .milliseconds(200))
  }

  func watch(_ resource: ResourceType) -> AsyncStream<(type: String, object: JSONValue)> { events }
  func resources() async -> [ResourceType] { [] }
  func list(_ resource: ResourceType, namespace: String?) async throws(APIError) -> [JSONValue] { [] }
  func get(_ resource: ResourceType, namespace: String?, name: String) async throws(APIError) -> JSONValue {
    throw .notFound(resource, name: name)
  }
  func create(_ resource: ResourceType, namespace: String?, object: JSONValue) async throws(APIError) -> JSONValue {
    object
  }
  func update(
    _ resource: ResourceType, namespace: String?, object: JSONValue, subresource: String?
  ) async throws(APIError) -> JSONValue { object }
  func mergePatch(
    _ resource: ResourceType, namespace: String?, name: String, patch: JSONValue, subresource: String?
  ) async throws(APIError) -> JSONValue {
    if patch.phase == "Succeeded" { _ = ended.withLock { $0.insert(name) } }
    return patch
  }
  func delete(
    _ resource: ResourceType, namespace: String?, name: String, uid: String?, propagation: DeletionPropagation?,
    gracePeriodSeconds: Int?
  ) async throws(APIError) {}
}
