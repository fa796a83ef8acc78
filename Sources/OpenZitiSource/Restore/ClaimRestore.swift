import Foundation
import KubernetesClient
import KubernetesModel
import NIOCore
import SnapshotSource

/// A controller's claim, mounted here, and the workload that is stopped while its database is replaced.
struct ClaimRestore: DatabaseRestore {
  let configuration: OpenZitiDestinationConfiguration
  let claim: OpenZitiDestinationConfiguration.Claim
  let workload: ControllerWorkload?
  let file: DatabaseFile
  private let pods: ControllerPods
  private let now: @Sendable () -> Date

  init(
    configuration: OpenZitiDestinationConfiguration, claim: OpenZitiDestinationConfiguration.Claim,
    workload: OpenZitiDestinationConfiguration.Workload?, client: KubernetesClient, now: @escaping @Sendable () -> Date,
    fault: @escaping @Sendable (DatabaseFile.Step) throws -> Void
  ) {
    self.configuration = configuration
    self.claim = claim
    self.workload = workload.map {
      ControllerWorkload(
        client: client, namespace: configuration.namespace, workload: $0, request: configuration.request,
        pause: configuration.pause)
    }
    file = DatabaseFile(path: "\(claim.folder)/\(claim.path)", owner: configuration.owner, fault: fault)
    pods = ControllerPods(client: client, namespace: configuration.namespace)
    self.now = now
  }

  private var patience: Patience { Patience(limit: configuration.timeout, pause: configuration.pause) }
  private var object: String { "PersistentVolumeClaim \(claim.name): \(claim.path)" }
  private var isMounted: Bool { FileStep.isFolder(claim.folder) }

  // MARK: Preflight

  func preflight(of snapshot: CapturedSnapshot) async throws -> RestorePreview {
    let state = try await workload?.state()
    try await checkUsers(state)
    var before: DatabaseFile.Existing?
    var free: Int64?
    if isMounted {
      free = try await file.checkRoom(for: snapshot.size)
      before = try await file.existing()
      if state?.replicas ?? 0 == 0, let before, !before.isUnlocked { throw openElsewhere() }
    }
    let schema = snapshot.facts["schemaVersion"].flatMap { Int64($0) }
    let controller = await controller(state, before)
    let entries =
      [
        isMounted ? nil : created(), try DatabasePlan.gate(schema, controller, object: workload?.name ?? object),
        DatabasePlan.clustered(snapshot, object: object),
      ].compactMap { $0 } + plan(state)
    return RestorePreview(
      object: object, detail: DatabasePlan.what(snapshot, before: before) + DatabasePlan.size(snapshot, free),
      entries: entries)
  }

  private func created() -> RestorePreview.Entry {
    .init(
      "create", "PersistentVolumeClaim \(claim.name)",
      "\(claim.creation ?? "") for the chart's persistence.existingClaim; its free space cannot be looked at yet")
  }

  private func plan(_ state: ControllerWorkload.State?) -> [RestorePreview.Entry] {
    guard let workload else {
      return [
        .init(
          "warning", object,
          "no workload is named: nothing is stopped and nothing is started; nothing uses the claim now")
      ]
    }
    guard let state else {
      return [
        .init(
          "warning", workload.name,
          "is not there: install the controller after the restore with persistence.existingClaim=\(claim.name), and it starts with "
            + "the restored database")
      ]
    }
    var entries: [RestorePreview.Entry] = []
    if let request = state.stoppedBy {
      entries.append(
        .init(
          "warning", workload.name,
          "was stopped by restore \(request), which did not start it again; it had \(state.replicasBefore ?? 0) replicas"
        ))
    }
    entries.append(
      state.wanted == 0
        ? .init("skip", workload.name, "is at zero replicas and stays there; scale it up after the restore")
        : .init(
          "replace", workload.name,
          "scaled from \(state.replicas) to 0 while the file is replaced, then to \(state.wanted)"))
    if state.isPaused {
      entries.append(
        .init("warning", workload.name, "its rollout is paused: it comes back as it was, without the changes that wait")
      )
    }
    if state.wanted > 0, let entry = DatabasePlan.proof(configuration.proof, object: workload.name) {
      entries.append(entry)
    }
    return entries
  }

  /// What will open the database: the image of the workload tells, else the controller that runs, else its database.
  private func controller(
    _ state: ControllerWorkload.State?, _ before: DatabaseFile.Existing?
  ) async -> VersionGate.Controller {
    let schema = before?.database?.schema
    // A sidecar's version is not the controller's.
    for image in state?.images ?? [] where image.contains("ziti") {
      if let version = ControllerVersion(image: image) {
        return .init(version: version, origin: "image \(image)", databaseSchema: schema)
      }
    }
    // One that does not answer may be what the restore is for.
    if let state, state.replicas > 0, let endpoint = configuration.proof.endpoint,
      let version = (try? await ServedProof.version(endpoint)) ?? nil
    {
      return .init(version: version, origin: endpoint.url, databaseSchema: schema)
    }
    return .init(databaseSchema: schema)
  }

  /// Pods that would keep the database open all the same.
  private func checkUsers(_ state: ControllerWorkload.State?) async throws {
    let users = try await pods.users(of: claim.name, selector: nil, except: configuration.ownPod)
    let others = users.filter { pod in
      // One that is going is waited for.
      guard let state, state.replicas > 0 || pod.metadata.deletionTimestamp != nil else { return true }
      return ((try? state.selector.matches(pod.metadata.labels)) ?? false) == false
    }
    guard let other = others.first else { return }
    let name = other.metadata.name ?? "?"
    throw SnapshotSourceError(
      .inUse, operation: "look at PersistentVolumeClaim \(claim.name)",
      message: workload == nil
        ? "pod \(name) uses the claim; name its workload in openZiti.workload, or stop it first"
        : "pod \(name) uses the claim and does not go with \(workload?.name ?? ""); stop it first")
  }

  private func openElsewhere() -> SnapshotSourceError {
    SnapshotSourceError(
      .inUse, operation: "look at \(object)",
      message: "somebody has the database open, though no pod of the controller is there; stop that first")
  }

  // MARK: Restore

  func restore<Snapshot: AsyncSequence & Sendable>(
    _ snapshot: Snapshot, size: Int64, didBegin: @Sendable () async throws -> Void
  ) async throws -> RestoredDatabase where Snapshot.Element == ByteBuffer {
    let database = try await file.stage(snapshot, size: size)
    let state: ControllerWorkload.State?
    do {
      state = try await workload?.state()
      let before = try await file.existing()
      _ = try DatabasePlan.gate(database.schema, await controller(state, before), object: object)
      try await checkUsers(state)
      try await didBegin()
    } catch {
      await file.discard()
      throw error
    }
    let replicas: Int
    let replaced: DatabaseFile.Replaced
    do {
      replicas = try await stop(state)
      replaced = try await file.replace(now: now())
    } catch {
      throw await abandon(error, state)
    }
    let restored = RestoredDatabase(database: database, keptAs: replaced.keptAs, replicas: replicas)
    try await start(restored)
    return restored
  }

  /// Stops the controller until nothing uses its database.
  /// - Returns: What it has to be scaled back to.
  private func stop(_ state: ControllerWorkload.State?) async throws -> Int {
    let replicas = state == nil ? 0 : try await workload?.stop() ?? 0
    let missing = try await patience.wait {
      let users = try await pods.users(of: claim.name, selector: state?.selector, except: configuration.ownPod)
      guard let user = users.first else { return nil }
      return "pod \(user.metadata.name ?? "?") is still there"
        + (user.metadata.deletionTimestamp == nil ? " and nothing deletes it" : "")
    }
    if let missing {
      throw SnapshotSourceError(
        .inUse, operation: "stop \(workload?.name ?? "the controller")",
        message:
          "\(missing) after \(configuration.timeout); raise openZiti.timeout, or see what holds it (a scaler that acts on "
          + "workloads at zero, a finalizer, a node that is gone)")
    }
    if let now = try await workload?.state(), now.replicas != 0 {
      throw SnapshotSourceError(
        .inUse, operation: "stop \(workload?.name ?? "")",
        message:
          "somebody scaled it to \(now.replicas) meanwhile; keep scalers and deployment tools from it during a restore")
    }
    // A process that starts another one at this moment may leave it a closed file's lock, until that one is loaded.
    for attempt in 1... {
      if try await file.isUnlocked() { break }
      guard attempt < 10 else { throw openElsewhere() }
      try await Task.sleep(for: .milliseconds(100))
    }
    return replicas
  }

  /// The database is the old one: everything goes back to what it was.
  private func abandon(_ error: any Error, _ state: ControllerWorkload.State?) async -> any Error {
    await file.discard()
    let described = error as? SnapshotSourceError
    let operation = described?.operation ?? "restore to \(object)"
    let what = described?.message ?? (error is CancellationError ? "told to stop" : "\(error)")
    guard let workload, let state, state.wanted > 0 else {
      return SnapshotSourceError(
        described?.code ?? .failed, operation: operation, message: "\(what); the database is the old one", cause: error)
    }
    let problem: (any Error)? = await withoutCancellation {
      do {
        try await workload.start(replicas: state.wanted)
        return nil
      } catch { return error }
    }
    guard let problem else {
      return SnapshotSourceError(
        described?.code ?? .failed, operation: operation,
        message: "\(what); the database is the old one, and \(workload.name) was scaled back to \(state.wanted)",
        cause: error)
    }
    return SnapshotSourceError(
      .partlyDone, operation: operation,
      message: "\(what). The database is the old one, and \(workload.name) could not be scaled back (\(problem)): "
        + byHand(state.wanted), cause: error)
  }

  private func start(_ restored: RestoredDatabase) async throws {
    guard let workload, restored.replicas > 0 else { return }
    let problem: (any Error)? = await withoutCancellation {
      do {
        try await workload.start(replicas: restored.replicas)
        return nil
      } catch { return error }
    }
    guard let problem else { return }
    throw SnapshotSourceError(
      .partlyDone, operation: "scale \(workload.name) back to \(restored.replicas)",
      message: "\(problem). The restored database is in place\(restored.kept); \(workload.name) is still at zero: "
        + byHand(restored.replicas), cause: problem)
  }

  private func byHand(_ replicas: Int) -> String {
    guard let workload else { return "" }
    let object = "\(workload.workload.kind.rawValue.lowercased())/\(workload.workload.name)"
    return
      "run `kubectl --namespace \(configuration.namespace) scale \(object) --replicas=\(replicas)` and remove its annotations "
      + "\(ControllerWorkload.replicasAnnotation) and \(ControllerWorkload.requestAnnotation)"
  }

  // MARK: Proof

  func verify(_ restored: RestoredDatabase) async throws -> SnapshotFacts {
    guard let workload, restored.replicas > 0, let state = try await workload.state() else {
      var facts = SnapshotFacts(restored.database.facts)
      let next =
        workload.map { "scale up or install \($0.name) to use it" } ?? "start the controller to use it"
      facts.values[SnapshotFacts.proof] =
        "\(claim.path) on PersistentVolumeClaim \(claim.name) is the snapshot and passes its check (\(restored.summary))"
        + "\(restored.kept); nothing has opened it yet: \(next)"
      return facts
    }
    let began = ContinuousClock.now
    var away: String?
    let missing = try await patience.wait {
      let found = try await pods.readiness(state.selector)
      guard found.ready < restored.replicas else { return nil }
      if ContinuousClock.now - began >= configuration.timeout / 5 {
        away = try await pods.waitingAway(state.selector, from: configuration.ownPod)
        if away != nil { return nil }
      }
      return found.waiting.isEmpty
        ? "\(found.ready) of \(restored.replicas) pods are ready, and no other is there"
        : found.waiting.joined(separator: ", ")
    }
    if let missing {
      throw SnapshotSourceError(
        .failed, operation: "wait for \(workload.name)",
        message: "it is not ready after \(configuration.timeout): \(missing). The restored database is in place"
          + "\(restored.kept); to go back scale to zero, and give it its name \(SnapshotName.split(claim.path).file) again"
      )
    }
    if let away {
      var facts = SnapshotFacts(restored.database.facts)
      facts.values[SnapshotFacts.proof] =
        "\(claim.path) on PersistentVolumeClaim \(claim.name) is the snapshot and passes its check (\(restored.summary))"
        + "\(restored.kept); \(workload.name) is scaled back to \(restored.replicas), and \(away): it gets the volume when this pod "
        + "has ended. Look that it becomes Ready"
      facts.warnings.append("\(workload.name) was not seen ready: \(away)")
      return facts
    }
    let seen = "\(workload.name) is back at \(restored.replicas), ready"
    return try await ProofOfService(proof: configuration.proof, patience: patience).facts(restored, seen: seen)
  }
}
