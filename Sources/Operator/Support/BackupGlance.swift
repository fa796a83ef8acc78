import HoldfastAPI
import KubernetesModel

/// What the cache holds of a Backup. There may be many, each of some kilobytes; whoever needs the rest asks the server.
struct BackupGlance: KubernetesObject {
  struct Spec: Codable, Sendable, Hashable {
    var policyRef: NameReference
  }

  static let resource = Backup.resource

  var metadata: ObjectMeta
  var spec: Spec

  private enum CodingKeys: CodingKey { case metadata, spec }

  var apiVersion: String { HoldfastAPI.apiVersion }
  var kind: String { Backup.resource.kind }
}
