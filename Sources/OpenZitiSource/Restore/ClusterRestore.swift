import Foundation
import KubernetesClient
import KubernetesModel
import NIOCore
import SnapshotSource

/// A cluster of controllers that runs: its leader reads the snapshot and gives it to all members, each of which then ends
/// itself and is started again.
///
/// Source: github.com/openziti/ziti, controller/controller.go (`RaftRestoreFromBoltDb`), controller/network/network.go
/// (`RestoreSnapshot`: exit after five seconds), ziti/cmd/agentcli/agent_cluster_restore_from_db.go (prints
/// `success, initialized from [path]` or `error: …`, and exits with 0 either way).
struct ClusterRestore: DatabaseRestore {
  let configuration: OpenZitiDestinationConfiguration
  let pods: OpenZitiConfiguration.Pods
  let databasePath: String
  let command: [String]
  let client: KubernetesClient

  private var copyPath: String { databasePath + ".holdfast-restore" }
  private var patience: Patience { Patience(limit: configuration.timeout, pause: configuration.pause) }

  private struct Found: Sendable {
    var leader: PodController
    var pods: [Pod]
    var members: [ClusterMembers.Member]

    /// The oldest of all: each of them has to read the database.
    var version: ControllerVersion? {
      let versions = members.map { $0.version.flatMap { ControllerVersion($0) } }
      return versions.contains { $0 == nil } ? nil : versions.compactMap { $0 }.min()
    }
  }

  // MARK: Looking

  private func find() async throws -> Found {
    let operation = "search for the cluster's leader"
    let choice: PodChoice
    do {
      choice = try await client.readyPods(in: pods.namespace, selector: pods.selector, container: pods.container)
    } catch let error as KubernetesError {
      throw ControllerWorkload.mapped(error, operation)
    }
    let controllers = choice.ready.map { pod in
      PodController(
        client: client, namespace: pods.namespace, pod: pod.metadata.name ?? "", container: pods.container,
        idle: .seconds(60))
    }
    let outcome = try await controllers[0].run(
      command + ["agent", "cluster", "list", "--timeout", "15s"], timeout: .seconds(30))
    let members = ClusterMembers.parse(outcome.output)
    guard let leader = members.first(where: \.isLeader) else {
      throw SnapshotSourceError(
        .configuration, operation: operation,
        message:
          "\(controllers[0].place) names no leader (\(outcome.complaint)); the controllers must run as a cluster. For a "
          + "standalone one name openZiti.persistentVolumeClaim")
    }
    guard let index = choice.ready.indices.first(where: { ControllerLocator.isIt(choice.ready[$0], leader) }) else {
      throw SnapshotSourceError(
        .configuration, operation: operation,
        message: "the leader is \(leader.id) at \(leader.address), which is none of the pods "
          + "\(controllers.map(\.pod).joined(separator: ", ")); set openZiti.podSelector to labels that all controllers have"
      )
    }
    return Found(leader: controllers[index], pods: choice.ready, members: members)
  }

  func preflight(of snapshot: CapturedSnapshot) async throws -> RestorePreview {
    let found = try await find()
    let object = "cluster of \(found.members.count) controllers, leader \(found.leader.pod)"
    let gate = try DatabasePlan.gate(
      snapshot.facts["schemaVersion"].flatMap { Int64($0) }, controller(found), object: object)
    let entries = [
      gate, DatabasePlan.proof(configuration.proof, object: object),
      RestorePreview.Entry(
        "warning", object,
        "every member ends and is started again; the old database is not kept by itself, but by a safety backup"),
    ]
    let facts = snapshot.facts
    return RestorePreview(
      object: object,
      detail: "the database of all members is replaced by the snapshot (schema \(facts["schemaVersion"] ?? "?"), "
        + "\(facts["identities"] ?? "?") identities, \(snapshot.size) bytes); what was changed since is lost",
      entries: entries.compactMap { $0 })
  }

  private func controller(_ found: Found) -> VersionGate.Controller {
    VersionGate.Controller(version: found.version, origin: "ziti agent cluster list")
  }

  // MARK: Restore

  func restore<Snapshot: AsyncSequence & Sendable>(
    _ snapshot: Snapshot, size: Int64, didBegin: @Sendable () async throws -> Void
  ) async throws -> RestoredDatabase where Snapshot.Element == ByteBuffer {
    let found = try await find()
    let database: OpenZitiDatabase
    do {
      database = try await copy(snapshot, size: size, to: found.leader)
      _ = try DatabasePlan.gate(database.schema, controller(found), object: found.leader.pod)
      try await didBegin()
      try await restore(on: found.leader)
    } catch {
      // Where nobody knows whether it reads the file, it stays.
      if (error as? SnapshotSourceError)?.code != .outcomeUnknown { await remove(from: found.leader.pod) }
      throw error
    }
    var restarts: [String: Int32] = [:]
    for pod in found.pods { restarts[pod.metadata.uid ?? ""] = restartCount(pod) }
    return RestoredDatabase(
      database: database, replicas: found.pods.count, restarts: restarts, copy: (found.leader.pod, copyPath))
  }

  /// Through the container's standard input, and back again: what the disk gives is what was sent.
  private func copy<Snapshot: AsyncSequence & Sendable>(
    _ snapshot: Snapshot, size: Int64, to leader: PodController
  ) async throws -> OpenZitiDatabase where Snapshot.Element == ByteBuffer {
    let sent = SentPieces(snapshot, size: size)
    try await leader.write(sent, to: copyPath, size: size)
    let (verdict, sum, count) = sent.finish()
    let operation = "copy to \(copyPath) in \(leader.place)"
    guard count == size else {
      throw SnapshotSourceError(.truncated, operation: operation, message: "\(count) of \(size) bytes came; try again")
    }
    guard let database = verdict.database else {
      throw SnapshotSourceError(
        .corrupt, operation: operation, message: "the snapshot fails its check: \(verdict.message ?? "unknown")")
    }
    let back = SentSum()
    try await leader.read(copyPath) { back.add($0) }
    guard back.finish() == sum else {
      throw SnapshotSourceError(
        .corrupt, operation: operation,
        message: "what the container's disk gives back is not what was sent; look at the volume")
    }
    return database
  }

  private func restore(on leader: PodController) async throws {
    let operation = "ziti agent cluster restore-from-db in \(leader.place)"
    let seconds = max(60, configuration.timeout.components.seconds)
    let outcome: CommandOutcome
    do {
      outcome = try await leader.run(
        command + ["agent", "cluster", "restore-from-db", copyPath, "--timeout", "\(seconds)s"],
        timeout: .seconds(seconds + 10))
    } catch let error as SnapshotSourceError where error.code == .unauthorized || error.code == .configuration {
      throw error
    } catch {
      throw SnapshotSourceError(
        .outcomeUnknown, operation: operation,
        message:
          "the command's end was not seen (\(error)): the cluster may or may not have the snapshot; look whether its "
          + "controllers were restarted", cause: error)
    }
    try RestoreAnswer.judge(outcome, operation: operation)
  }

  private func remove(from pod: String) async {
    let controller = PodController(
      client: client, namespace: pods.namespace, pod: pod, container: pods.container, idle: .seconds(60))
    let path = copyPath
    await withoutCancellation { try? await controller.remove(path) }
  }

  private func restartCount(_ pod: Pod) -> Int32 {
    pod.status?.containerStatuses?.first { $0.name == pods.container }?.restartCount ?? 0
  }

  // MARK: Proof

  /// What is not as it should be after the restore; nil when every member was restarted and is ready.
  /// - Parameter found: Of one look: what was ready before its restart was counted is not ready because of it.
  func missing(after restored: RestoredDatabase, among found: [Pod]) throws -> String? {
    let waiting = found.filter { pod in
      restored.restarts[pod.metadata.uid ?? ""].map { restartCount(pod) <= $0 } ?? false
    }
    guard waiting.isEmpty else {
      return "\(waiting.map { $0.metadata.name ?? "?" }.joined(separator: ", ")) did not restart"
    }
    let readiness = try ControllerPods.readiness(pods.selector, among: found)
    return readiness.ready < restored.replicas ? "not ready: \(readiness.waiting.joined(separator: ", "))" : nil
  }

  func verify(_ restored: RestoredDatabase) async throws -> SnapshotFacts {
    let all = ControllerPods(client: client, namespace: pods.namespace)
    let missing = try await patience.wait { try self.missing(after: restored, among: try await all.all()) }
    if let copy = restored.copy { await remove(from: copy.pod) }
    let service = ProofOfService(proof: configuration.proof, patience: patience)
    guard let missing else {
      return try await service.facts(
        restored, seen: "all \(restored.replicas) controllers were restarted and are ready")
    }
    let message =
      "the leader took the snapshot, and after \(configuration.timeout): \(missing). A member that does not end by itself has the old "
      + "data until it is restarted"
    // What restarts itself within its container shows no restart there; the API then decides.
    guard configuration.proof.isRequired else {
      throw SnapshotSourceError(.failed, operation: "wait for the controllers", message: message)
    }
    return try await service.facts(restored, seen: message)
  }
}

/// What `restore-from-db` says. Its exit status is 0 either way.
enum RestoreAnswer {
  /// What the controller says before it has begun.
  private static let refusals = [
    "not running in clustered mode", "source db not supplied", "source db not found", "invalid db path",
    "is not a valid initialized controller database", "unable to bootstrap cluster", "can't initialize non-raft",
    "cluster id is blank",
  ]
  /// What the program says that found no controller to talk to.
  private static let unsent = [
    "no processes found", "too many processes found", "connection refused", "no such file", "unknown command",
    "unknown flag",
  ]

  /// - Throws: ``SnapshotSourceError``: `failed` where nothing was restored, `outcomeUnknown` where that cannot be told.
  static func judge(_ outcome: CommandOutcome, operation: String) throws {
    let said = "\(outcome.output) \(outcome.errors)"
    let lines = outcome.output.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
    if outcome.exitCode == 0, lines.contains(where: { $0.hasPrefix("success") }) { return }
    if [126, 127].contains(outcome.exitCode) {
      throw SnapshotSourceError(
        .configuration, operation: operation,
        message:
          "there is no such program (\(outcome.complaint)); set openZiti.container, or agent.command in the policy")
    }
    let known = outcome.exitCode == 0 ? refusals : unsent + refusals
    guard !known.contains(where: said.contains) else {
      throw SnapshotSourceError(.failed, operation: operation, message: "the controller refused: \(outcome.complaint)")
    }
    throw SnapshotSourceError(
      .outcomeUnknown, operation: operation,
      message:
        "it ended with status \(outcome.exitCode) and said: \(outcome.complaint). The cluster may or may not have the "
        + "snapshot; look whether its controllers were restarted, and at their logs")
  }
}
