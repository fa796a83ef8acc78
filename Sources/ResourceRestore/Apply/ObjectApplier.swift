internal import KubernetesClient
internal import KubernetesModel

/// Writes one object so that doing it again does nothing more.
struct ObjectApplier: Sendable {
  static let attempts = 6

  let client: KubernetesClient
  let planner: ObjectPlanner
  /// Waits between attempts.
  let sleep: @Sendable (Duration) async throws -> Void

  enum Outcome: Sendable, Hashable { case written, unchanged }

  private var options: WriteOptions { WriteOptions(fieldManager: "holdfast-restore") }

  /// - Parameters:
  ///   - wanted: Remapped and cleaned, with the owners that live here.
  /// - Throws: ``ResourceRestoreError``.
  func apply(_ wanted: JSONValue, _ entry: PlannedObject) async throws -> (Outcome, JSONValue?) {
    var entry = entry
    var wanted = wanted
    for attempt in 1... {
      do {
        switch entry.action {
        case .create: return (.written, try await client.create(entry.resource, wanted, options: options))
        case .replace: return try await replace(wanted, entry)
        case .skip, .conflict: return (.unchanged, nil)
        }
      } catch let error as KubernetesError {
        let verb = entry.action == .create ? "create" : "update"
        switch error.code {
        case .alreadyExists:
          guard let next = try await afterCollision(wanted, entry) else { return (.unchanged, nil) }
          entry = next
        // Node ports are the cluster's: where another Service has one, the server gives out a new one.
        case .invalid where ObjectHygiene.hasNodePorts(wanted, entry.resource) && error.message.contains("allocated"):
          wanted = ObjectHygiene.withoutNodePorts(wanted)
        // Gone meanwhile: it is made anew.
        case .notFound where entry.action == .replace: entry.action = .create
        case .timeout, .connection, .serverError, .tooManyRequests, .conflict, .notFound:
          // A namespace or definition that was just made may not have reached the server that answers.
          guard attempt < Self.attempts else { throw ResourceRestoreError(error, verb, entry.resource, entry.key) }
          try await sleep(error.retryAfter ?? .milliseconds(200 << min(attempt, 5)))
        default: throw ResourceRestoreError(error, verb, entry.resource, entry.key)
        }
        guard attempt < Self.attempts * 2 else { throw ResourceRestoreError(error, verb, entry.resource, entry.key) }
      }
    }
    return (.unchanged, nil)
  }

  /// An object of this name appeared since the plan was made: an earlier attempt of ours whose answer was lost, or
  /// somebody else's, with which the policy deals as with any other.
  private func afterCollision(_ wanted: JSONValue, _ entry: PlannedObject) async throws -> PlannedObject? {
    guard let live = try await find(entry) else { return entry }
    let decided = planner.decide(wanted, entry.resource, live: live)
    switch decided.action {
    case .skip: return nil
    case .replace, .create: return decided
    case .conflict:
      throw ResourceRestoreError(
        .conflict, "\(entry.name) was made by somebody else after the plan: \(decided.detail ?? "it differs")")
    }
  }

  private func replace(_ wanted: JSONValue, _ entry: PlannedObject) async throws -> (Outcome, JSONValue?) {
    guard let live = try await find(entry) else {
      throw KubernetesError(code: .notFound, operation: "update \(entry.name)", message: "it is gone")
    }
    if let planned = entry.liveUID, live.uid != planned {
      throw ResourceRestoreError(
        .conflict, "\(entry.name) is another object than the one in the plan: it was made anew meanwhile; plan again")
    }
    if ObjectPlanner.changes(from: live, to: wanted, entry.resource).isEmpty { return (.unchanged, live) }
    let replacement = ObjectPlanner.replacement(of: live, by: wanted, entry.resource)
    return (.written, try await client.update(entry.resource, replacement, options: options))
  }

  /// nil where there is nothing of that name.
  func find(_ entry: PlannedObject) async throws -> JSONValue? {
    try await absentIfNotFound {
      try await client.get(entry.resource, name: entry.key.name, namespace: entry.key.namespace)
    }
  }
}
