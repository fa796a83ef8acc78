internal import KubernetesClient
internal import KubernetesModel

/// Waits between the phases of a restore.
struct Settling: Sendable {
  /// Looks, not seconds, so that a test can count them.
  public struct Limits: Sendable {
    var interval: Duration = .milliseconds(500)
    var definitions = 120
    var webhook = 240
    /// Until an issuer is Ready.
    var issuers = 120
    /// Until anything at all happens to an issuer: where no cert-manager runs, nothing ever does.
    var issuersSilent = 20
    /// The same after a controller was scaled back, which has to start first and to take its lease.
    var issuersAfterAPause = 360
  }

  let client: KubernetesClient
  let limits: Limits
  let sleep: @Sendable (Duration) async throws -> Void

  /// Until the server serves what the definitions define.
  func definitions(_ entries: [PlannedObject]) async throws {
    for entry in entries {
      let isEstablished = try await poll(limits.definitions) {
        let object = try await client.get(entry.resource, name: entry.key.name)
        return Self.hasCondition("Established", object)
      }
      guard isEstablished else {
        throw ResourceRestoreError(
          .failed, "\(entry.name) was created and is not Established; see its conditions (NamesAccepted)")
      }
    }
  }

  /// Until the server takes an issuer: that is the question that matters, and a pod that is ready does not answer it.
  func webhook(_ wanted: JSONValue, _ entry: PlannedObject) async throws {
    var last: KubernetesError?
    let answers = try await poll(limits.webhook) {
      do {
        _ = try await client.create(
          entry.resource, wanted, options: WriteOptions(fieldManager: "holdfast-restore", isDryRun: true))
        return true
      } catch let error as KubernetesError {
        last = error
        // It exists, or is refused for what it is: whoever was to be asked has answered.
        if error.code == .alreadyExists { return true }
        guard [.serverError, .timeout, .connection, .tooManyRequests].contains(error.code) else {
          throw ResourceRestoreError(error, "create", entry.resource, entry.key)
        }
        return false
      }
    }
    guard answers else {
      throw ResourceRestoreError(
        .unreachable, "cert-manager's webhook does not answer; is cert-manager running? \(last?.message ?? "")",
        cause: last)
    }
  }

  /// Until they are Ready, or it is plain that they will not be.
  /// - Returns: A warning for each that is not.
  func issuers(_ entries: [PlannedObject], afterAPause: Bool = false) async throws -> [String] {
    let limit = afterAPause ? limits.issuersAfterAPause : limits.issuers
    let silentLimit = afterAPause ? limits.issuersAfterAPause : limits.issuersSilent
    var waiting = entries
    var isAlive = false
    var looks = 0
    while !waiting.isEmpty, looks < (isAlive ? limit : silentLimit) {
      if looks > 0 { try await sleep(limits.interval) }
      looks += 1
      var still: [PlannedObject] = []
      for entry in waiting {
        let object = try await absentIfNotFound {
          try await client.get(entry.resource, name: entry.key.name, namespace: entry.key.namespace)
        }
        if object?[path: "status", "conditions"] != nil { isAlive = true }
        if !Self.hasCondition("Ready", object ?? [:]) { still.append(entry) }
      }
      waiting = still
    }
    guard !waiting.isEmpty else { return [] }
    let why = isAlive ? "is not Ready yet" : "is not looked at by anybody; is cert-manager running?"
    return waiting.map { "\($0.name) \(why)" }
  }

  private func poll(_ limit: Int, _ look: () async throws -> Bool) async throws -> Bool {
    for attempt in 0..<limit {
      if attempt > 0 { try await sleep(limits.interval) }
      do {
        if try await look() { return true }
      } catch let error as KubernetesError where error.isTransient || error.code == .notFound {
        continue
      }
    }
    return false
  }

  private static func hasCondition(_ type: String, _ object: JSONValue) -> Bool {
    (object[path: "status", "conditions"]?.arrayValue ?? []).contains {
      $0["type"]?.stringValue == type && $0["status"]?.stringValue == "True"
    }
  }
}
