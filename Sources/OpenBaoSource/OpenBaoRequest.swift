import Foundation
import NIOHTTP1

/// A call of the API, before it is known which server gets it.
struct OpenBaoRequest: Sendable {
  var method: HTTPMethod
  /// Below `/v1/`, with the query.
  var path: String
  var json: Data?
  /// Set where the call is a login.
  var login: LoginMethod?

  /// An auth method, for errors.
  struct LoginMethod: Sendable {
    var name: String
    /// What a person should look at.
    var check: String
    var mountField: String
  }

  static let snapshotPath = "sys/storage/raft/snapshot"
  static let forcedRestorePath = "sys/storage/raft/snapshot-force"

  /// What is being done, for errors: the query tells people nothing.
  var operation: String { "\(method.rawValue) /v1/\(path.prefix { $0 != "?" })" }

  static let snapshot = OpenBaoRequest(method: .GET, path: snapshotPath)
  static let lookupSelf = OpenBaoRequest(method: .GET, path: "auth/token/lookup-self")
  static let revokeSelf = OpenBaoRequest(method: .POST, path: "auth/token/revoke-self")
  static let sealStatus = OpenBaoRequest(method: .GET, path: "sys/seal-status")
  static let leader = OpenBaoRequest(method: .GET, path: "sys/leader")

  /// Answers 200 in each state; the body tells which it is.
  static let health = OpenBaoRequest(
    method: .GET,
    path: "sys/health?standbycode=200&sealedcode=200&uninitcode=200&drsecondarycode=200&performancestandbycode=200")

  static func restore(force: Bool) -> OpenBaoRequest {
    OpenBaoRequest(method: .POST, path: force ? forcedRestorePath : snapshotPath)
  }

  static func capabilities(of paths: [String]) throws -> OpenBaoRequest {
    OpenBaoRequest(
      method: .POST, path: "sys/capabilities-self", json: try JSONEncoder().encode(["paths": paths]))
  }
}

/// The answers that are read; members that a version does not send are nil.
enum OpenBaoAnswer {
  struct Health: Decodable {
    var initialized: Bool?
    var sealed: Bool?
    var standby: Bool?
    var version: String?
    var clusterName: String?
    var clusterID: String?
    /// `secondary` on a disaster recovery replica of Vault Enterprise.
    var disasterRecoveryMode: String?

    enum CodingKeys: String, CodingKey {
      case initialized, sealed, standby, version
      case disasterRecoveryMode = "replication_dr_mode"
      case clusterName = "cluster_name"
      case clusterID = "cluster_id"
    }

    var facts: [String: String] {
      var facts: [String: String] = [:]
      facts["version"] = version
      facts["clusterName"] = clusterName
      facts["clusterID"] = clusterID
      return facts
    }
  }

  struct SealStatus: Decodable {
    /// `shamir`, or the kind of an automatic unseal.
    var type: String?
    var storageType: String?

    enum CodingKeys: String, CodingKey {
      case type
      case storageType = "storage_type"
    }
  }

  struct Leader: Decodable {
    var isSelf: Bool?
    var leaderAddress: String?

    enum CodingKeys: String, CodingKey {
      case isSelf = "is_self"
      case leaderAddress = "leader_address"
    }
  }

  struct Login: Decodable {
    struct Auth: Decodable {
      /// Empty while a second factor is asked for.
      var clientToken: String
      var secondFactor: SecondFactor?

      enum CodingKeys: String, CodingKey {
        case clientToken = "client_token"
        case secondFactor = "mfa_requirement"
      }
    }
    struct SecondFactor: Decodable {}
    var auth: Auth?
  }

  /// `sys/capabilities-self`: lists by path, at the top and below `data`.
  struct Capabilities: Decodable {
    var data: [String: [String]]
    enum CodingKeys: String, CodingKey { case data }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      // `data.capabilities` repeats the list of a single path.
      data = try container.decode([String: [String]].self, forKey: .data)
    }
  }

  struct Errors: Decodable {
    var errors: [String]?
  }
}
