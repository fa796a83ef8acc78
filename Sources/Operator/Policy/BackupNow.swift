import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import Logging

/// Answers the annotation `holdfast.dev/backup-now` of a policy: one Backup for each token.
///
/// Flow: compare the token with the one that was last answered, find or make its Backup, echo both in the status.
///
/// Guarantees: the Backup's name follows from the policy's uid and the token. So an operator that died after it had made it,
/// or that never heard the answer, finds it again, and of two operators one makes it. Once the token is echoed the Backup
/// may be pruned or deleted: the token stays answered.
///
/// A token that came with the policy, in the manifest that made it, asks for nothing: it was answered in another life. A
/// policy that is applied anew, perhaps on an empty cluster after a loss, must not put a backup of nothing in front of the
/// good ones.
struct BackupNow: Sendable {
  struct Outcome: Sendable {
    /// nil where nothing was asked for.
    var echo: BackupPolicyStatus.BackupNow?
    /// Why the Backup could not be made; tried again.
    var failure: String?
    var isIgnored = false
  }

  enum Decision: Sendable, Hashable {
    case nothing
    /// With the token as it is echoed.
    case ignore(String)
    case make(String)
  }

  /// Bytes of a token that are echoed as they are.
  static let longestEcho = 253
  static let retry = Duration.seconds(60)
  static let ignored =
    "the policy was created with this token in its manifest, which takes no backup; set another one to take one"

  let context: OperatorContext

  // MARK: Pure

  /// - Parameter json: The policy as the server has it, with `managedFields`.
  static func decide(_ policy: BackupPolicy, _ json: JSONValue) -> Decision {
    guard let token = policy.metadata.annotations?[HoldfastAPI.backupNowAnnotation], !token.isEmpty else {
      return .nothing
    }
    let echo = echo(of: token)
    if policy.status?.backupNow?.token == echo { return .nothing }
    let isFirstSight = policy.status?.observedGeneration == nil
    return isFirstSight && cameWithThePolicy(json) ? .ignore(echo) : .make(echo)
  }

  /// The token that came with a policy which cannot be read, as it is echoed: whoever mends the policy asks for no backup.
  static func ignoredToken(ofUnreadable json: JSONValue) -> String? {
    guard let token = json.annotations[HoldfastAPI.backupNowAnnotation], !token.isEmpty,
      json[path: "status", "observedGeneration"] == nil, cameWithThePolicy(json)
    else { return nil }
    return echo(of: token)
  }

  /// A token as the status shows it: itself, or the beginning of a long one and a hash of the whole.
  static func echo(of token: String) -> String {
    guard token.utf8.count > longestEcho else { return token }
    var head = token.prefix(longestEcho - 20)
    while head.utf8.count > longestEcho - 20 { head.removeLast() }
    return "\(head)… \(SpecHash.sha256(Data(token.utf8)).prefix(12))"
  }

  /// Whether the write that made the policy brought the token: not one that somebody set in the moment after, before the
  /// operator had seen the policy. A server that keeps no `managedFields` cannot tell.
  static func cameWithThePolicy(_ json: JSONValue) -> Bool {
    guard let created = json.objectMeta.creationTimestamp,
      let managers = json[path: "metadata", "managedFields"]?.arrayValue
    else { return true }
    let setters = managers.filter { manager in
      manager[path: "fieldsV1", "f:metadata", "f:annotations", "f:\(HoldfastAPI.backupNowAnnotation)"] != nil
    }
    guard !setters.isEmpty else { return true }
    return setters.contains { setter in
      let time = setter["time"]?.stringValue.flatMap { RFC3339.parse($0) }
      return setter[path: "fieldsV1", "f:spec"] != nil && (time ?? .distantPast) <= created.date
    }
  }

  // MARK: Deed

  func answer(_ policy: BackupPolicy, _ json: JSONValue) async throws -> Outcome {
    switch Self.decide(policy, json) {
    case .nothing: return Outcome()
    case .ignore(let token):
      return Outcome(
        echo: .init(token: token, time: Timestamp(context.now()), message: Self.ignored), isIgnored: true)
    case .make(let token):
      do {
        let backup = try await findOrMake(policy, token)
        return Outcome(
          echo: .init(
            token: token, backup: backup.key.name,
            time: backup.metadata.creationTimestamp ?? Timestamp(context.now())))
      } catch let error as KubernetesError
        where [.forbidden, .invalid, .badRequest, .serverError].contains(error.code)
      {
        // A quota, or a webhook. The policy's other affairs are not held up by it.
        return Outcome(failure: "the Backup that \(HoldfastAPI.backupNowAnnotation) asks for cannot be made: \(error)")
      }
    }
  }

  private func findOrMake(_ policy: BackupPolicy, _ token: String) async throws -> Backup {
    let namespace = policy.metadata.namespace ?? ""
    let name = ObjectNames.backupNow(policy: policy.key.name, uid: policy.metadata.uid ?? "", token: token)
    if let backup = try await context.client.find(Backup.self, name, in: namespace) { return backup }
    let wanted = Backup(
      metadata: ObjectMeta(
        name: name, namespace: namespace, labels: ObjectLabels.of(policy: policy.key.name),
        annotations: [HoldfastAPI.backupNowAnnotation: token]),
      spec: Backup.Spec(policyRef: NameReference(name: policy.key.name)))
    do {
      let made = try await context.client.create(wanted)
      context.logger.info(
        "A backup was asked for by annotation.", metadata: ["policy": "\(policy.key)", "backup": "\(name)"])
      return made
    } catch let error as KubernetesError where error.code == .alreadyExists {
      // Made by another operator, or by this one whose first try was not answered.
      return try await context.client.get(Backup.self, name: name, namespace: namespace)
    }
  }
}

extension BackupPolicyReconciler {
  func tellBackupNow(_ policy: BackupPolicy, _ outcome: BackupNow.Outcome) {
    if outcome.isIgnored, let token = outcome.echo?.token {
      context.events.normal(
        .backupNowIgnored, "\(HoldfastAPI.backupNowAnnotation)=\(token.prefix(100)): \(BackupNow.ignored).",
        about: policy)
    }
    if let failure = outcome.failure { context.events.warning(.backupNowFailed, failure, about: policy) }
  }
}
