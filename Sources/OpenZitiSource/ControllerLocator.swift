import Foundation
import KubernetesClient
import KubernetesModel
import SnapshotSource

/// Where a snapshot is taken and where its file lies.
struct LocatedController: Sendable {
  var taker: any SnapshotTaker
  var shelf: any SnapshotShelf
  var facts: [String: String] = [:]
  var warnings: [String] = []
}

/// Finds the controller of a configuration.
struct ControllerLocator: Sendable {
  let configuration: OpenZitiConfiguration
  let client: KubernetesClient?

  func locate() async throws -> LocatedController {
    let pod = try await pod()
    let shelf: any SnapshotShelf
    switch configuration.retrieval {
    case .folder(let root, let mountPath):
      let folder = FolderShelf(root: root, mountPath: mountPath)
      // Where the agent is called the claim needs no writing here.
      shelf = pod.map { ReadOnlyShelf(files: folder, remover: $0.controller) } ?? folder
    case .exec: shelf = try require(pod?.controller, for: "retrieval: exec")
    }
    let taker: any SnapshotTaker
    switch configuration.snapshot {
    case .agent(let command):
      taker = AgentSnapshotTaker(runner: try require(pod?.controller, for: "snapshot: agent"), command: command)
    case .managementAPI(let endpoint): taker = ManagementSnapshotTaker(endpoint: endpoint)
    case .host(let command): taker = HostSnapshotTaker(runner: ProcessRunner(), command: command)
    }
    return LocatedController(
      taker: taker, shelf: shelf, facts: pod.map { ["pod": $0.controller.pod] } ?? [:],
      warnings: pod?.warnings ?? [])
  }

  private func require(_ controller: PodController?, for way: String) throws -> PodController {
    guard let controller else {
      throw SnapshotSourceError(
        .configuration, operation: "search for the controller", message: "\(way) needs release or podSelector")
    }
    return controller
  }

  private func pod() async throws -> (controller: PodController, warnings: [String])? {
    guard let pods = configuration.pods, let client else { return nil }
    do {
      let choice = try await client.readyPods(
        in: pods.namespace, selector: pods.selector, container: pods.container)
      let candidates = choice.ready.map { pod in
        PodController(
          client: client, namespace: pods.namespace, pod: pod.metadata.name ?? "", container: pods.container,
          idle: configuration.idle)
      }
      guard candidates.count > 1 else { return (candidates[0], []) }
      guard case .agent(let command) = configuration.snapshot else {
        throw SnapshotSourceError(
          .configuration, operation: "search for the controller's pod",
          message:
            "\(candidates.count) pods are ready, and on which one the management API's snapshot is cannot be told; use "
            + "snapshot: agent, or a podSelector and a URL of one pod")
      }
      return try await leader(choice.ready, candidates, command)
    } catch let error as KubernetesError {
      throw SnapshotSourceError(
        Self.code(of: error), operation: "search for the controller's pod", message: error.message, cause: error)
    }
  }

  private static func code(of error: KubernetesError) -> SnapshotSourceError.Code {
    switch error.code {
    case .forbidden, .unauthorized: .unauthorized
    case .invalidArgument, .badRequest: .configuration
    // A controller that is not there now may be so in a minute.
    default: .unreachable
    }
  }

  /// Of a clustered controller the leader, which nobody is ahead of.
  private func leader(
    _ pods: [Pod], _ candidates: [PodController], _ command: [String]
  ) async throws -> (controller: PodController, warnings: [String]) {
    let outcome = try await candidates[0].run(
      command + ["agent", "cluster", "list", "--timeout", "15s"], timeout: .seconds(30))
    guard let leader = ClusterMembers.parse(outcome.output).first(where: \.isLeader) else {
      return (
        candidates[0],
        [
          "which of \(pods.count) ready pods leads could not be told: the snapshot of \(candidates[0].pod) may lack the "
            + "newest changes"
        ]
      )
    }
    // Of two releases `ziti` and `ziti-2` the longer name is meant.
    func length(_ pod: Pod) -> Int { pod.metadata.labels?["app.kubernetes.io/instance"]?.count ?? 0 }
    let found = zip(pods, candidates).filter { Self.isIt($0.0, leader) }.max { length($0.0) < length($1.0) }
    if let found { return (found.1, []) }
    return (
      candidates[0],
      [
        "the cluster's leader \(leader.id) is not among the pods: the snapshot of \(candidates[0].pod) may lack the newest "
          + "changes"
      ]
    )
  }

  /// A member's address is a Service of its release, or the pod's own name.
  static func isIt(_ pod: Pod, _ leader: ClusterMembers.Member) -> Bool {
    let host = leader.address.split(separator: ":").dropFirst().first.map(String.init) ?? leader.address
    let first = host.split(separator: ".").first.map(String.init) ?? host
    let names = [pod.metadata.name, pod.metadata.labels?["app.kubernetes.io/instance"]].compactMap { $0 }
    return names.contains { $0 == leader.id || $0 == first || first.hasPrefix("\($0)-") }
  }
}
