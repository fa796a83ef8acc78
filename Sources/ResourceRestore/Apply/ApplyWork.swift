internal import KubernetesClient
internal import KubernetesModel
internal import ResourceSet

/// Writes what a plan says, in the order of phases.
struct ApplyWork: Sendable {
  let client: KubernetesClient
  let planner: ObjectPlanner
  let plan: ResourceRestorePlan
  let served: ServedResources
  let applier: ObjectApplier
  let settling: Settling
  let width: Int
  let pause: ControllerPauseHooks?

  private struct State {
    var outcome = ResourceRestore.Outcome()
    var phase = RestorePhase.definitions
    /// Entries of the phase that were written.
    var written: [PlannedObject] = []
    var hasAskedWebhook = false
    /// Issuers that nobody can make Ready before the controller is back.
    var postponed: [PlannedObject] = []
  }

  func run(
    _ read: ReadResourceSet, progress: @escaping @Sendable (ResourceRestore.Progress) async -> Void
  ) async throws -> ResourceRestore.Outcome {
    guard let pause, plan.total > 0 else { return try await writeAll(read, progress).outcome }
    var state: State
    do {
      try await pause.pause()
      state = try await writeAll(read, progress)
    } catch {
      do {
        try await pause.resume()
      } catch let second {
        throw ResourceRestoreError(.controllerPaused, "\(error); besides, \(second)", cause: error)
      }
      throw error
    }
    try await pause.resume()
    state.outcome.warnings += try await settling.issuers(state.postponed, afterAPause: true)
    return state.outcome
  }

  private func writeAll(
    _ read: ReadResourceSet, _ progress: @escaping @Sendable (ResourceRestore.Progress) async -> Void
  ) async throws -> State {
    var state = State()
    state.outcome.skipped = plan.count(.skip)
    let total = plan.total
    for entry in plan.namespaces {
      let wanted: JSONValue = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(entry.key.name)]]
      let (outcome, _) = try await applier.apply(wanted, entry)
      state.outcome.count(outcome)
    }
    for ordinals in Self.passes(plan.objects) {
      try await SetReading.pass(read, wants: { ordinals.contains($0) }) { members in
        for run in Self.runs(members, plan.objects) {
          try await write(run.members, run.phase, &state)
          await progress(.init(done: state.outcome.written + state.outcome.unchanged, total: total))
        }
      }
    }
    try await settle(&state)
    return state
  }

  /// Which members are written in which reading of the set: one is enough where they come in the order of phases.
  static func passes(_ objects: [PlannedObject?]) -> [Set<Int>] {
    var left: [RestorePhase: Int] = [:]
    var waiting: [(Int, RestorePhase)] = []
    for (ordinal, entry) in objects.enumerated() {
      guard let entry, entry.action == .create || entry.action == .replace else { continue }
      waiting.append((ordinal, entry.phase))
      left[entry.phase, default: 0] += 1
    }
    var passes: [Set<Int>] = []
    while !waiting.isEmpty {
      var pass: Set<Int> = []
      var later: [(Int, RestorePhase)] = []
      for (ordinal, phase) in waiting {
        if left.contains(where: { $0.key < phase && $0.value > 0 }) {
          later.append((ordinal, phase))
        } else {
          pass.insert(ordinal)
          left[phase, default: 1] -= 1
        }
      }
      passes.append(pass)
      waiting = later
    }
    return passes
  }

  /// Neighbours of one phase.
  private static func runs(
    _ members: [SetReading.Member], _ objects: [PlannedObject?]
  ) -> [(phase: RestorePhase, members: [SetReading.Member])] {
    var runs: [(phase: RestorePhase, members: [SetReading.Member])] = []
    for member in members {
      guard member.ordinal < objects.count, let phase = objects[member.ordinal]?.phase else { continue }
      if runs.last?.phase == phase {
        runs[runs.count - 1].members.append(member)
      } else {
        runs.append((phase, [member]))
      }
    }
    return runs
  }

  private func write(_ members: [SetReading.Member], _ phase: RestorePhase, _ state: inout State) async throws {
    if phase != state.phase {
      try await settle(&state)
      state.phase = phase
    }
    if phase == .issuers, !state.hasAskedWebhook, let first = members.first {
      let (wanted, entry) = try await prepared(first)
      try await settling.webhook(wanted, entry)
      state.hasAskedWebhook = true
    }
    let results = try await inParallel(members, width: width) { member in
      let (wanted, entry) = try await prepared(member)
      let (outcome, object) = try await applier.apply(wanted, entry)
      if outcome == .written, let object { try await restoreStatus(of: object, from: member.object, entry) }
      return (outcome, entry)
    }
    for (outcome, entry) in results {
      state.outcome.count(outcome)
      if phase == .definitions || phase == .issuers { state.written.append(entry) }
    }
  }

  /// As it is to be written, with the owners that live by now.
  private func prepared(_ member: SetReading.Member) async throws -> (JSONValue, PlannedObject) {
    guard let entry = plan.objects[member.ordinal] else {
      throw ResourceRestoreError(.failed, "\(member.path) is not in the plan")
    }
    let resource = try SetSurvey.resource(of: member.object, path: member.path)
    let isForeign = planner.target(of: member.object, resource) != entry.key
    guard !isForeign, case .wanted(var wanted, _) = planner.prepare(member.object, resource, { _ in .gone }) else {
      throw ResourceRestoreError(.failed, "\(member.path) is another object than in the plan")
    }
    var owners: [ObjectPlanner.OwnerKey: ObjectPlanner.Owner] = [:]
    for owner in planner.owners(of: member.object, at: entry.key) {
      owners[owner] = try await uid(of: owner, client, served).map { .lives(uid: $0) }
    }
    let references = planner.remapped(ObjectPlanner.references(member.object), at: entry.key) { owners[$0] ?? .gone }
    if !references.isEmpty { wanted["metadata"]?["ownerReferences"] = .array(references) }
    return (wanted, entry)
  }

  /// The registration of an ACME account, where that is asked for.
  private func restoreStatus(of object: JSONValue, from backup: JSONValue, _ entry: PlannedObject) async throws {
    guard planner.settings.restoresACMEStatus, entry.phase == .issuers, let acme = backup[path: "status", "acme"] else {
      return
    }
    do {
      _ = try await client.patch(
        entry.resource, name: entry.key.name, namespace: entry.key.namespace, .merge(["status": ["acme": acme]]),
        subresource: .status)
    } catch let error as KubernetesError {
      throw ResourceRestoreError(error, "patch status of", entry.resource, entry.key)
    }
  }

  private func settle(_ state: inout State) async throws {
    let written = state.written
    state.written = []
    switch state.phase {
    case .definitions where !written.isEmpty:
      try await settling.definitions(written)
      await served.forget()
    case .issuers where pause != nil: state.postponed += written
    case .issuers: state.outcome.warnings += try await settling.issuers(written)
    default: return
    }
  }
}

extension ResourceRestore.Outcome {
  fileprivate mutating func count(_ outcome: ObjectApplier.Outcome) {
    switch outcome {
    case .written: written += 1
    case .unchanged: unchanged += 1
    }
  }
}
