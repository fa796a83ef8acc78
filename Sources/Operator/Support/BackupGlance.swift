import HoldfastAPI
import KubernetesModel

/// What the cache holds of a Backup. There may be many, each of some kilobytes; whoever needs the rest asks the server.
struct BackupGlance: KubernetesObject {
  struct Spec: Codable, Sendable, Hashable {
    var policyRef: NameReference
  }

  static let resource = Backup.resource

  private var kept: KeptMetadata
  let spec: Spec
  /// ``BackupReconciler`` has nothing to do for it, so that nobody need read it to find that out.
  let isSettled: Bool

  private enum CodingKeys: CodingKey { case metadata, spec }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    kept = KeptMetadata(try values.decode(ObjectMeta.self, forKey: .metadata))
    spec = try values.decode(Spec.self, forKey: .spec)
    // One that cannot be read as a whole is the reconciler's to tell of.
    isSettled = (try? Backup(from: decoder))?.isSettled ?? false
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(kept.value, forKey: .metadata)
    try values.encode(spec, forKey: .spec)
  }

  var metadata: ObjectMeta {
    get { kept.value }
    set { kept = KeptMetadata(newValue) }
  }

  var apiVersion: String { HoldfastAPI.apiVersion }
  var kind: String { Backup.resource.kind }
}
