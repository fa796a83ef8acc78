internal import BackupFormat
internal import Foundation
internal import HoldfastAPI
internal import JobPlan
internal import KubernetesClient
internal import KubernetesModel

/// The Backup objects of one policy, as an executor sees and writes them.
struct BackupObjects: Sendable {
  /// What of an object matters here; of thousands, little is held.
  struct Known: Sendable, Hashable {
    var name: String
    /// All of its status is there.
    var isComplete: Bool
    var location: String?
    var verifiedAt: Date?
  }

  /// How a Backup came to stand for a manifest.
  enum Outcome: Sendable, Hashable {
    case made
    /// It was there without its status: whoever made it died in between.
    case completed
    /// Somebody else made it meanwhile.
    case known
    /// The name belongs to another Backup, which is left alone.
    case nameTaken
  }

  /// Seconds that a run's clock may be behind the API server's.
  private static let skew: TimeInterval = 300

  let client: KubernetesClient
  let namespace: String
  let policy: String

  /// The policy's Backups by the id that each stands for.
  struct Survey: Sendable {
    var byID: [String: Known] = [:]
    /// Runs that are not recorded yet began no earlier than this: an id since then may be one of theirs.
    var unrecordedSince: Date?
  }

  /// - Throws: `KubernetesError`.
  func survey() async throws -> Survey {
    for _ in 0..<3 {
      do {
        return try await surveyOnce()
      } catch let error as KubernetesError where error.code == .gone {
        // The list changed too much while it was read: from the beginning.
        continue
      }
    }
    return try await surveyOnce()
  }

  private func surveyOnce() async throws -> Survey {
    var survey = Survey()
    let selector = "\(HoldfastAPI.policyLabel)=\(ObjectLabels.value(policy))"
    var options = ListOptions(labelSelector: selector, limit: 500)
    repeat {
      let page = try await client.listPage(Backup.resource, namespace: namespace, options: options)
      for object in page.items where object[path: "spec", "policyRef", "name"]?.stringValue == policy {
        Self.add(object, to: &survey)
      }
      options.continueToken = page.metadata.continue
    } while !(options.continueToken ?? "").isEmpty
    return survey
  }

  private static func add(_ object: JSONValue, to survey: inout Survey) {
    let status = object["status"]
    let marked = object.annotations[HoldfastAPI.catalogIDAnnotation]
    let phase = status?["phase"]?.stringValue
    if let id = status?["id"]?.stringValue ?? marked, let name = object.name {
      let known = Known(
        name: name, isComplete: status?["id"] != nil, location: status?["location"]?.stringValue,
        verifiedAt: status?[path: "verification", "time"]?.stringValue.flatMap { Timestamp($0)?.date })
      // Of two for one id, the run's own counts.
      if survey.byID[id] == nil || marked == nil { survey.byID[id] = known }
    }
    let isOpen = phase.flatMap(Backup.Phase.init(rawValue:)).map { $0 == .pending || $0 == .running } ?? true
    guard marked == nil, isOpen, let created = object.objectMeta.creationTimestamp?.date else { return }
    let since = created.addingTimeInterval(-skew)
    survey.unrecordedSince = min(survey.unrecordedSince ?? since, since)
  }

  /// Makes the Backup of a manifest, or ends what somebody began. Idempotent.
  /// - Throws: `KubernetesError`.
  func make(_ manifest: Manifest, status: Backup.Status) async throws -> Outcome {
    let backup = Backup(manifest: manifest, policy: policy, namespace: namespace)
    do {
      _ = try await client.create(backup, options: Self.options)
    } catch let error as KubernetesError where error.code == .alreadyExists {
      let live = try await client.get(Backup.resource, name: backup.key.name, namespace: namespace)
      let id = manifest.id.rawValue
      guard live.annotations[HoldfastAPI.catalogIDAnnotation] == id else {
        return live[path: "status", "id"]?.stringValue == id ? .known : .nameTaken
      }
      guard live[path: "status", "id"] == nil else { return .known }
      try await write(status, to: backup.key.name)
      return .completed
    }
    try await write(status, to: backup.key.name)
    return .made
  }

  private func write(_ status: Backup.Status, to name: String) async throws {
    _ = try await client.patch(
      Backup.resource, name: name, namespace: namespace, .merge(["status": try JSONValue(encoding: status)]),
      subresource: .status, options: Self.options)
  }

  /// Puts into a Backup what reading it back has shown, and takes out what an earlier look said.
  /// - Returns: False where the Backup is gone.
  func record(_ verification: Backup.Verification, isGood: Bool, in name: String) async throws -> Bool {
    var change = try JSONValue(encoding: verification)
    for member in ["depth", "message", "evidence", "warnings", "failure"] where change[member] == nil {
      change[member] = .null
    }
    let patch: JSONValue = ["status": ["verified": .bool(isGood), "verification": change]]
    do {
      _ = try await client.patch(
        Backup.resource, name: name, namespace: namespace, .merge(patch), subresource: .status, options: Self.options)
      return true
    } catch let error as KubernetesError where error.code == .notFound {
      return false
    }
  }

  private static let options = WriteOptions(fieldManager: "holdfast-executor")
}

extension ErrorMapping {
  /// Of what an executor does with Backup objects.
  static func backupObjects(_ error: any Error, step: RunStep) -> RunFailure {
    guard let error = error as? KubernetesError else { return failure(error, step: step) }
    let remedy =
      error.code == .forbidden
      ? "; the account needs get, list and create on backups.holdfast.dev and patch on backups.holdfast.dev/status"
      : ""
    return RunFailure(step: step, reason: .applyFailed, message: "\(error)\(remedy)", cause: error)
  }
}
