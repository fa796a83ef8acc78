import Foundation
import ObjectStore

/// Who we are at Google: what was configured, not yet a token. Descriptions never show a secret.
///
/// A pod has one of these:
/// - a service account's key, or another file of Google's, from a Secret: ``init(json:origin:)``;
/// - `GOOGLE_APPLICATION_CREDENTIALS`, the path of such a file: workload identity federation mounts one;
/// - Workload Identity of GKE, or the node's service account: ``metadataServer(host:)``;
/// - nothing, with an emulator: ``anonymous``.
///
/// ``resolve(json:origin:endpoint:environment:)`` chooses in that order.
public struct GoogleCredentials: Sendable, CustomStringConvertible, CustomReflectable {
  indirect enum Kind: Sendable {
    case anonymous
    case metadataServer(host: String)
    case serviceAccount(ServiceAccountKey)
    case authorizedUser(AuthorizedUser)
    case externalAccount(ExternalAccount)
    case impersonated(ImpersonatedAccount)
  }

  let kind: Kind
  /// Where it comes from, for messages: `key credentials.json of Secret backups/gcs`.
  public let origin: String

  init(_ kind: Kind, origin: String) {
    self.kind = kind
    self.origin = origin
  }

  /// Reads a credentials file: a service account's key, workload or workforce identity federation (`external_account`
  /// with a file or a URL as its source), an impersonated service account, or a user's refresh token.
  /// https://cloud.google.com/docs/authentication/application-default-credentials
  /// - Parameters:
  ///   - json: The file's bytes.
  ///   - origin: Names it in messages.
  /// - Throws: `ObjectStoreError.Code.configuration` that says which field of it is wrong; never what the field holds.
  public init(json: [UInt8], origin: String) throws {
    self.init(try CredentialsFile(json: json, origin: origin).kind(), origin: origin)
  }

  /// Sends no token: for emulators, and for buckets that anybody may write.
  public static let anonymous = GoogleCredentials(.anonymous, origin: "no credentials")

  /// Tokens of the service account that the pod (GKE) or machine runs as.
  /// - Parameter host: A name, with a port where it is not 80.
  public static func metadataServer(host: String = "metadata.google.internal") -> GoogleCredentials {
    GoogleCredentials(.metadataServer(host: host), origin: "metadata server \(host)")
  }

  /// The first that there is: `json`; the file that `GOOGLE_APPLICATION_CREDENTIALS` names; nothing, where the endpoint
  /// is plain http or `STORAGE_EMULATOR_HOST` is set; what `gcloud auth application-default login` left; the metadata
  /// server (`GCE_METADATA_HOST`). https://cloud.google.com/docs/authentication/application-default-credentials
  /// - Parameters:
  ///   - json: What a Secret holds, nil where none is named.
  ///   - origin: Names `json` in messages.
  ///   - endpoint: Of the store, nil for Google's own.
  /// - Throws: `ObjectStoreError.Code.configuration` where a file is named and cannot be used: the next one would be
  ///   somebody else.
  public static func resolve(
    json: [UInt8]?, origin: String, endpoint: String?, environment: [String: String]
  ) throws -> GoogleCredentials {
    if let json { return try GoogleCredentials(json: json, origin: origin) }
    if let path = environment["GOOGLE_APPLICATION_CREDENTIALS"], !path.isEmpty {
      return try GoogleCredentials(
        json: readFile(path, what: "GOOGLE_APPLICATION_CREDENTIALS"), origin: "GOOGLE_APPLICATION_CREDENTIALS (\(path))"
      )
    }
    // A token is worth as much as a key for an hour: it never travels in the clear because of a default.
    if endpoint?.lowercased().hasPrefix("http://") == true || GCSConfiguration.emulatorEndpoint(environment) != nil {
      return .anonymous
    }
    if let path = loginFile(environment) {
      return try GoogleCredentials(json: readFile(path, what: "gcloud's configuration"), origin: path)
    }
    guard let host = environment["GCE_METADATA_HOST"], !host.isEmpty else { return .metadataServer() }
    return .metadataServer(host: host)
  }

  private static func loginFile(_ environment: [String: String]) -> String? {
    let folder = environment["CLOUDSDK_CONFIG"] ?? environment["HOME"].map { "\($0)/.config/gcloud" }
    guard let path = folder.map({ "\($0)/application_default_credentials.json" }) else { return nil }
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  static func readFile(_ path: String, what: String) throws -> [UInt8] {
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw ObjectStoreError(
        .configuration, operation: "Google credentials",
        message: "\(what) names \(path), which cannot be read (\((error as NSError).localizedDescription)); mount the "
          + "file there, or correct the path", cause: error)
    }
  }

  /// The service account or user, where the file says it.
  public var account: String? {
    switch kind {
    case .serviceAccount(let key): key.email
    case .externalAccount(let account): account.impersonation?.account
    case .impersonated(let account): account.impersonation.account
    case .anonymous, .metadataServer, .authorizedUser: nil
    }
  }

  private var name: String {
    switch kind {
    case .anonymous: "anonymous"
    case .metadataServer: "metadata server"
    case .serviceAccount: "service account key"
    case .authorizedUser: "authorized user"
    case .externalAccount: "external account"
    case .impersonated: "impersonated service account"
    }
  }

  public var description: String { "GoogleCredentials(\(name)\(account.map { " of \($0)" } ?? ""), \(origin))" }
  public var customMirror: Mirror { Mirror(self, children: ["kind": name, "origin": origin]) }
}
