import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import Logging
import Operator
import ServiceLifecycle
import Testing

/// What an operator finds when it starts.
@Suite struct StartTests {
  /// Runs the whole operator on an API server in memory until `isDone`.
  private func runOperator(
    on api: InMemoryAPI, trusting trusted: Set<String> = [], until isDone: @escaping @Sendable () -> Bool
  ) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let service = HoldfastOperator(
      client: api.client,
      configuration: OperatorConfiguration(executor: ExecutorDefaults(image: "i"), trustedNamespaces: trusted),
      instance: "test", logger: logger)
    let group = ServiceGroup(services: [service], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let deadline = ContinuousClock.now + .seconds(60)
      while !isDone(), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
    #expect(isDone())
  }

  private func metadata(_ name: String, in namespace: String?, for request: String) -> ObjectMeta {
    ObjectMeta(
      name: name, namespace: namespace,
      labels: ObjectLabels.of(policy: "bao", restore: request),
      annotations: [HoldfastAPI.restoreRequestAnnotation: "ns/\(request)"])
  }

  /// The request was deleted while no operator ran, and its rights elsewhere have no owner that anybody would collect.
  @Test func rightsOfADeletedRequestAreTakenBack() async throws {
    let api = InMemoryAPI()
    let subject = Subject(kind: "ServiceAccount", name: "bao-backup", namespace: "ns")
    let role = RoleReference(kind: "ClusterRole", name: ExecutorRole.restore.name)
    try api.put(
      ClusterRoleBinding.resource,
      JSONValue(
        encoding: ClusterRoleBinding(
          metadata: metadata("everywhere", in: nil, for: "gone"), roleRef: role, subjects: [subject])))
    try api.put(
      RoleBinding.resource,
      JSONValue(
        encoding: RoleBinding(
          metadata: metadata("elsewhere", in: "other", for: "gone"), roleRef: role, subjects: [subject])))
    let running = RestoreRequest(
      metadata: ObjectMeta(name: "there", namespace: "ns", uid: "u"),
      spec: RestoreRequest.Spec(from: .init(backup: "one")), status: .init(phase: .planned))
    try api.put(RestoreRequest.resource, JSONValue(encoding: running))
    try api.put(
      RoleBinding.resource,
      JSONValue(
        encoding: RoleBinding(
          metadata: metadata("kept", in: "other", for: "there"), roleRef: role, subjects: [subject])))
    try await runOperator(on: api, trusting: ["ns"]) {
      api.objects(ClusterRoleBinding.resource).isEmpty
        && api.objects(RoleBinding.resource).compactMap(\.name) == ["kept"]
    }
  }
}
