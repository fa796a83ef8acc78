import ArgumentParser
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel

/// What to restore, and how: the flags of `restore plan` and `restore start`.
struct RestoreSelection: ParsableArguments {
  enum Conflict: String, ExpressibleByArgument, CaseIterable {
    case fail, skip, replace

    var policy: RestoreRequest.ConflictPolicy {
      switch self {
      case .fail: .fail
      case .skip: .skip
      case .replace: .replace
      }
    }
  }

  @Option(help: "The Backup to restore.")
  var backup: String?

  @Option(help: ArgumentHelp("In place of --backup: the newest backup of this policy.", valueName: "policy"))
  var latest: String?

  @Option(help: ArgumentHelp("With --latest: only those made before this time.", valueName: "RFC 3339"))
  var before: String?

  @Flag(help: "With --latest: only those that were read back and found good.")
  var requireVerified = false

  @Option(help: ArgumentHelp("Which sources, by name: a,b. Default: all.", valueName: "names"))
  var sources: [String] = []

  @Option(
    help: ArgumentHelp(
      "The Secret with the age identity; its key where it is not identity.txt.", valueName: "name[:key]"))
  var identitySecret: String?

  @Option(help: "What to do with API objects that differ: fail, skip or replace.")
  var conflict: Conflict?

  @Option(help: ArgumentHelp("API objects of one namespace go to another; may be repeated.", valueName: "from=to"))
  var mapNamespace: [String] = []

  @Flag(help: "Go on where the restore would refuse: see docs/restore.md.")
  var force = false

  @Flag(help: "Take no backup of what is there now.")
  var noSafetyBackup = false

  @Option(help: "The RestoreRequest's name. Default: the backup's or the policy's, and five characters.")
  var name: String?

  func validate() throws {
    if (backup == nil) == (latest == nil) { throw ValidationError("give exactly one of --backup and --latest") }
    if latest == nil, before != nil || requireVerified {
      throw ValidationError("--before and --require-verified go with --latest")
    }
    if let before, Timestamp(before) == nil {
      throw ValidationError("--before '\(before)' is not a time such as 2026-11-21T03:00:00Z")
    }
    for pair in mapNamespace where pair.split(separator: "=", omittingEmptySubsequences: false).count != 2 {
      throw ValidationError("--map-namespace '\(pair)' is not from=to")
    }
  }

  /// The request, checked as the operator checks it.
  ///
  /// - Throws: ``PluginFailure`` that names what is wrong.
  func request(namespace: String, isDryRun: Bool, suffix: String) throws -> RestoreRequest {
    var spec = RestoreRequest.Spec(from: from)
    if let identitySecret {
      let parts = identitySecret.split(separator: ":", maxSplits: 1).map(String.init)
      spec.decryption = .init(
        identitySecretRef: SecretReference(name: parts.first ?? "", key: parts.count > 1 ? parts[1] : nil))
    }
    let names = sources.flatMap { $0.split(separator: ",") }.map(String.init)
    if !names.isEmpty { spec.sources = names.map { RestoreRequest.SourceSelection(name: $0) } }
    let pairs = mapNamespace.map { $0.split(separator: "=", omittingEmptySubsequences: false).map(String.init) }
    if !pairs.isEmpty { spec.namespaceMapping = Dictionary(pairs.map { ($0[0], $0[1]) }) { _, last in last } }
    spec.conflictPolicy = conflict?.policy
    if noSafetyBackup { spec.safetyBackup = false }
    if isDryRun { spec.dryRun = true }
    if force { spec.force = true }
    let stem = "\(backup ?? latest ?? "restore")-\(isDryRun ? "plan" : "restore")"
    let request = RestoreRequest(
      metadata: ObjectMeta(
        name: name ?? ObjectNames.limited(stem, suffix: "-\(suffix)", to: ObjectNames.labelLimit), namespace: namespace),
      spec: spec)
    let issues = request.validate()
    guard issues.isEmpty else {
      throw PluginFailure(issues.map { "\($0)" }.joined(separator: "; "), exit: .usage)
    }
    return request
  }

  private var from: RestoreRequest.From {
    guard let latest else { return RestoreRequest.From(backup: backup) }
    return RestoreRequest.From(
      latest: .init(
        policyRef: NameReference(name: latest), before: before.flatMap { Timestamp($0) },
        requireVerified: requireVerified ? true : nil))
  }
}

extension RestoreRequest {
  /// What it restores, in a few words.
  var origin: String {
    if let backup = spec.from.backup { return "Backup \(backup)" }
    if let latest = spec.from.latest {
      return "the newest backup of BackupPolicy \(latest.policyRef.name)"
        + (latest.requireVerified == true ? " that was found good" : "")
        + (latest.before.map { " before \($0)" } ?? "")
    }
    if let location = spec.from.location { return "backup \(location.id) of \(location.policy) in another target" }
    return "-"
  }

  /// What a person agrees to.
  var intent: [String] {
    let sources = spec.sources.map { $0.map(\.name).joined(separator: ", ") } ?? "all"
    var lines = ["\(origin) is restored in namespace \(metadata.namespace ?? "")", "  sources:       \(sources)"]
    lines.append("  where it differs: \((spec.conflictPolicy ?? .fail).rawValue)")
    if let mapping = spec.namespaceMapping {
      let pairs = mapping.sorted { $0.key < $1.key }.map { "\($0.key) to \($0.value)" }
      lines.append("  namespaces:    \(pairs.joined(separator: ", "))")
    }
    lines.append(
      spec.safetyBackup == false
        ? "  safety backup: NONE: what is there now cannot be brought back"
        : "  safety backup: taken first, where a policy of this namespace says how and something is overwritten")
    if spec.force == true { lines.append("  force:         yes, refusals are overruled") }
    return lines
  }
}
