import Crypto
import CryptoExtras
import Foundation
import GCSStore
import ObjectStore
import ObjectStoreTestKit
import TestServers
import Testing

@Suite struct CredentialsTests {
  private func parse(_ json: String) throws -> GoogleCredentials {
    try GoogleCredentials(json: Array(json.utf8), origin: "key credentials.json of Secret backups/gcs")
  }

  private static let rsa = try? _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation

  private func serviceAccount(key: String, without field: String? = nil) throws -> String {
    var fields = [
      "type": "service_account", "client_email": "a@p.iam.gserviceaccount.com", "private_key": key,
      "private_key_id": "k1", "token_uri": "https://oauth2.googleapis.com/token",
    ]
    if let field { fields[field] = nil }
    return String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
  }

  @Test func aServiceAccountKeyIsRead() throws {
    let credentials = try parse(serviceAccount(key: #require(Self.rsa)))
    #expect(credentials.account == "a@p.iam.gserviceaccount.com")
  }

  /// No secret in what is logged or shown.
  @Test func descriptionsShowNoSecret() throws {
    let pem = try #require(Self.rsa)
    let credentials = try parse(serviceAccount(key: pem))
    var shown = "\(credentials) \(String(reflecting: credentials))"
    dump(credentials, to: &shown)
    let user = try parse(
      #"{"type":"authorized_user","client_id":"id","client_secret":"s3cr3t","refresh_token":"r3fr3sh"}"#)
    dump(user, to: &shown)
    dump(GCSConfiguration(bucket: "bucket", credentials: user), to: &shown)
    #expect(!shown.contains("PRIVATE") && !shown.contains(pem.split(separator: "\n")[1]))
    #expect(!shown.contains("s3cr3t") && !shown.contains("r3fr3sh"))
  }

  /// Promise 10: each says what to do, and none quotes the file.
  @Test(arguments: [
    ("", "is empty"), ("   \n", "is empty"), ("hello", "is not JSON"), (#"{"type":"service_account""#, "is not JSON"),
    ("-----BEGIN PRIVATE KEY-----\nabc", "PEM key"), ("[1]", "is not JSON"), ("{}", "no field type"),
    (#"{"installed":{"client_id":"x"}}"#, "OAuth client"), (#"{"type":"gdch_service_account"}"#, "not supported"),
    (#"{"type":"service_account","private_key":"s3cr3t"}"#, "client_email"),
    (#"{"type":"service_account","client_email":"a@b"}"#, "private_key"),
    (#"{"type":"service_account","client_email":"a@b","private_key":"s3cr3t"}"#, "is no PEM key"),
    (#"{"type":"authorized_user","client_id":"x"}"#, "client_secret"),
    (#"{"type":"external_account","audience":"x"}"#, "credential_source"),
    (
      #"{"type":"external_account","audience":"x","subject_token_type":"y","credential_source":{"environment_id":"aws1"}}"#,
      "environment_id"
    ),
    (
      #"{"type":"external_account","audience":"x","subject_token_type":"y","credential_source":{"executable":{}}}"#,
      "executable"
    ),
    (
      #"{"type":"external_account","audience":"x","subject_token_type":"y","token_url":"http://sts.example.org","#
        + #""credential_source":{"file":"/t"}}"#, "token_url"
    ),
    (
      #"{"type":"external_account","audience":"x","subject_token_type":"y","#
        + #""credential_source":{"file":"/t","format":{"type":"json"}}}"#, "subject_token_field_name"
    ),
    (#"{"type":"impersonated_service_account"}"#, "source_credentials"),
  ])
  func aFileThatCannotBeUsedSaysWhy(json: String, expected: String) {
    #expect {
      try parse(json)
    } throws: { error in
      code(error) == .configuration && "\(error)".contains(expected) && "\(error)".contains("Secret backups/gcs")
        && !"\(error)".contains("s3cr3t") && (error as? ObjectStoreError)?.isRetryable == false
    }
  }

  @Test func aFileInBase64SaysSo() {
    let text = Data(#"{"type":"service_account"}"#.utf8).base64EncodedString()
    #expect { try parse(text) } throws: { "\($0)".contains("base64") && "\($0)".contains("--from-file") }
  }

  @Test func keysOfAnotherKindAreRefused() throws {
    let curve = P256.Signing.PrivateKey().pemRepresentation
    let small = try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1024)).pemRepresentation
    for key in [curve, small] {
      #expect {
        try parse(serviceAccount(key: key))
      } throws: { "\($0)".contains("RSA private key of 2048 bits") && !"\($0)".contains(key) }
    }
  }

  // MARK: Which one

  @Test func theFirstThatIsThereIsTaken() throws {
    let folder = try ServerProcess.makeFolder("credentials")
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("adc.json").path
    let user = #"{"type":"authorized_user","client_id":"i","client_secret":"s","refresh_token":"r"}"#
    try Data(user.utf8).write(to: URL(fileURLWithPath: path))
    let key = Array(try serviceAccount(key: #require(Self.rsa)).utf8)
    func resolve(_ json: [UInt8]?, _ environment: [String: String], endpoint: String? = nil) throws -> String {
      "\(try GoogleCredentials.resolve(json: json, origin: "the Secret", endpoint: endpoint, environment: environment))"
    }
    let named = ["GOOGLE_APPLICATION_CREDENTIALS": path, "STORAGE_EMULATOR_HOST": "localhost:1"]
    #expect(try resolve(key, named).contains("service account key"))
    #expect(try resolve(nil, named).contains("authorized user"))
    #expect(try resolve(nil, ["STORAGE_EMULATOR_HOST": "localhost:1"]).contains("anonymous"))
    // No token goes out in the clear because none was configured.
    #expect(try resolve(nil, [:], endpoint: "http://10.0.0.1:4443").contains("anonymous"))
    #expect(try resolve(nil, ["HOME": folder.path]).contains("metadata server metadata.google.internal"))
    let login = folder.appendingPathComponent(".config/gcloud")
    try FileManager.default.createDirectory(at: login, withIntermediateDirectories: true)
    try Data(user.utf8).write(to: login.appendingPathComponent("application_default_credentials.json"))
    #expect(try resolve(nil, ["HOME": folder.path]).contains("authorized user"))
    #expect(try resolve(nil, ["CLOUDSDK_CONFIG": login.path]).contains("authorized user"))
    #expect(try resolve(nil, ["GCE_METADATA_HOST": "127.0.0.1:1"]).contains("metadata server 127.0.0.1:1"))
  }

  /// A file that is named and not there is an error: what comes next is somebody else.
  @Test func aFileThatIsNotThereEndsTheSearch() {
    #expect {
      try GoogleCredentials.resolve(
        json: nil, origin: "", endpoint: nil, environment: ["GOOGLE_APPLICATION_CREDENTIALS": "/no/such/file.json"])
    } throws: { code($0) == .configuration && "\($0)".contains("/no/such/file.json") }
  }
}
