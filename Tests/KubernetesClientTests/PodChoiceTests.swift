import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import Testing

struct PodChoiceTests {
  private let selector = LabelSelector(matchLabels: ["app": "ziti"])

  private func pod(
    _ name: String, age: Double = 0, phase: String = "Running", isReady: Bool = true, isDeleted: Bool = false,
    owner: String? = nil, container: Bool? = nil
  ) throws -> JSONValue {
    var metadata = ObjectMeta(name: name, namespace: "n", labels: ["app": "ziti"])
    metadata.creationTimestamp = Timestamp(Date(timeIntervalSince1970: 1_000_000 - age))
    if isDeleted { metadata.deletionTimestamp = Timestamp(Date(timeIntervalSince1970: 1_000_000)) }
    if let owner {
      metadata.ownerReferences = [OwnerReference(apiVersion: "batch/v1", kind: owner, name: "o", uid: "u")]
    }
    let status = PodStatus(
      phase: phase, conditions: [PodCondition(type: "Ready", status: isReady ? "True" : "False")],
      containerStatuses: container.map { [ContainerStatus(name: "main", ready: $0)] })
    return try JSONValue(
      encoding: Pod(metadata: metadata, spec: PodSpec(containers: [Container(name: "main")]), status: status))
  }

  private func choose(_ pods: [JSONValue], container: String? = nil) async throws -> PodChoice {
    let api = InMemoryAPI()
    for pod in pods { try api.put(Pod.resource, pod) }
    return try await api.client.readyPods(in: "n", selector: selector, container: container)
  }

  @Test func theNewestReadyPodComesFirst() async throws {
    let choice = try await choose([
      try pod("old", age: 50), try pod("new", age: 5, owner: "ReplicaSet"), try pod("older", age: 500),
      try pod("job", owner: "Job"), try pod("dying", isDeleted: true), try pod("unready", isReady: false),
      try pod("done", phase: "Succeeded"),
    ])
    #expect(choice.ready.map(\.metadata.name) == ["new", "old", "older"])
    #expect(choice.newest.metadata.name == "new")
    #expect(
      choice.excluded == [
        "job": "belongs to Job o", "dying": "is being deleted", "unready": "is not ready", "done": "is Succeeded",
      ])
  }

  @Test func withoutAReadyPodEachIsNamedWithItsReason() async throws {
    let error = await #expect(throws: KubernetesError.self) {
      _ = try await choose([try pod("a", phase: "Pending"), try pod("b", container: false)], container: "main")
    }
    #expect(error?.code == .notFound)
    #expect(
      error?.message
        == "no pod with the labels app=ziti is ready: a is Pending, b has its container main not ready")
    let none = await #expect(throws: KubernetesError.self) { _ = try await choose([]) }
    #expect(none?.message.contains("no pod has the labels app=ziti") == true)
    let other = await #expect(throws: KubernetesError.self) { _ = try await choose([try pod("a")], container: "x") }
    #expect(other?.message.contains("a has no container x, but main") == true)
  }

  @Test func aSelectorOfEverythingIsRefused() async throws {
    let client = InMemoryAPI().client
    for selector in [LabelSelector(), LabelSelector(matchExpressions: [.init(key: "a", operator: "Near")])] {
      let error = await #expect(throws: KubernetesError.self) {
        _ = try await client.readyPods(in: "n", selector: selector)
      }
      #expect(error?.code == .invalidArgument)
    }
  }
}
