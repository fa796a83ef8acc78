import Foundation
import HoldfastAPI
import JobPlan
import Logging
import NIOCore
import ObjectStore
import S3Store
import StoreHTTP
import Testing

@testable import AzureStore
@testable import Executor
@testable import GCSStore

/// From a target, its mounts and the environment to a provider's configuration.
@Suite struct StoreFactoryTests {
  /// Mounts of a pod.
  private final class Place: Sendable {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("mounts-\(UUID().uuidString)")

    deinit { try? FileManager.default.removeItem(at: root) }

    func write(_ path: String, _ text: String) throws {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }

    func factory(_ target: Target, _ environment: [String: String] = [:]) -> StoreFactory {
      StoreFactory(
        plan: Plan(
          policy: Plan.Policy(namespace: "ns", name: "pol"), spec: BackupPolicySpec(sources: [], target: target)),
        mounts: Mounts(root: root.path), environment: environment,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// What opening says.
    func failure(_ target: Target, _ environment: [String: String] = [:]) async throws -> RunFailure? {
      do {
        try await factory(target, environment).open().close()
        return nil
      } catch let failure as RunFailure {
        return failure
      }
    }
  }

  private let secret = SecretReference(name: "keys")
  private let role = "arn:aws:iam::123456789012:role/backup"

  // MARK: S3

  @Test func s3TakesItsKeysFromTheSecret() async throws {
    let place = Place()
    for (key, value) in [
      "accessKeyId": "id\n", "secretAccessKey": "hunter2\n", "sessionToken": "token", "region": "eu-central-1",
      "caCert": "PEM",
    ] { try place.write("secrets/keys/\(key)", value) }
    var target = Target(bucket: "b", region: "us-west-2", credentialsSecretRef: secret)
    target.tags = ["team": "a"]
    target.requesterPays = true
    target.checksum = .sha256
    target.storageClass = "STANDARD_IA"
    target.insecureSkipVerify = true
    target.serverSideEncryption = .init(type: "aws:kms", kmsKeyID: "k", bucketKey: true)
    target.objectLock = .init(mode: "compliance", retainFor: "1d", legalHold: true)
    let configuration = try place.factory(target, ["HTTPS_PROXY": "http://proxy:3128"]).s3Configuration(
      isLocking: true)
    let keys = try await configuration.credentials.credentials()
    #expect(keys == S3Credentials(accessKeyID: "id", secretAccessKey: "hunter2", sessionToken: "token"))
    #expect(configuration.region == "eu-central-1" && configuration.tags == ["team": "a"])
    #expect(configuration.requesterPays && configuration.checksum == .sha256)
    #expect(configuration.storageClass == "STANDARD_IA")
    #expect(configuration.serverSideEncryption == .kms(keyID: "k", bucketKey: true))
    #expect(configuration.objectLock == .init(mode: .compliance, retention: .seconds(86_400)))
    #expect(configuration.legalHold)
    #expect(configuration.http.insecureSkipVerify && configuration.http.caCertificates == Array("PEM".utf8))
    #expect(configuration.http.proxy?.host == "proxy")
    let plain = try place.factory(target).s3Configuration(isLocking: false)
    #expect(plain.objectLock == nil && !plain.legalHold && plain.http.proxy == nil)
  }

  @Test func aKeyThatIsMissingIsNamedWithItsSecret() async throws {
    let place = Place()
    let target = Target(bucket: "b", credentialsSecretRef: secret)
    let absent = try await place.failure(target)
    #expect(absent?.reason == .secretNotFound && absent?.message.contains("Secret keys") == true)
    #expect(absent?.message.contains("does not exist") == true)
    try place.write("secrets/keys/accessKeyId", "id")
    let half = try await place.failure(target)
    #expect(half?.reason == .secretNotFound && half?.message.contains("secretAccessKey is missing") == true)
  }

  @Test func aRoleIsTakenOnWithThePodsOwnToken() async throws {
    let place = Place()
    let target = Target(bucket: "b", roleArn: role)
    let variable = "AWS_WEB_IDENTITY_TOKEN_FILE"
    #expect(try place.factory(target).s3Environment()[variable] == nil)
    try place.write("tokens/.target/token", "jwt")
    #expect(
      try place.factory(target).s3Environment()[variable] == place.root.path + "/tokens/.target/token")
    // What EKS or a person put into the pod goes before it.
    for name in ["AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
      #expect(try place.factory(target, [name: "x"]).s3Environment()[variable] == nil)
    }
    #expect(try place.factory(target, [variable: "/eks"]).s3Environment()[variable] == "/eks")
    // Without a role the token is nobody's.
    #expect(try place.factory(Target(bucket: "b")).s3Environment()[variable] == nil)
  }

  // MARK: Google Cloud Storage

  @Test func gcsTakesAFileOfGooglesFromTheSecret() async throws {
    let place = Place()
    var target = Target(provider: .gcs, bucket: "bucket", credentialsSecretRef: secret)
    let absent = try await place.failure(target)
    #expect(absent?.reason == .secretNotFound && absent?.message.contains("credentials.json") == true)
    try place.write("secrets/keys/credentials.json", "hunter2")
    let broken = try await place.failure(target)
    #expect(broken?.reason == .invalidSpec && broken?.message.contains("credentials.json of Secret keys") == true)
    #expect(broken?.message.contains("hunter2") == false)
    try place.write("secrets/keys/sa.json", Self.federation)
    target.credentialsSecretRef?.key = "sa.json"
    target.gcs = .init(userProject: "payer", kmsKeyName: "kms")
    target.storageClass = "NEARLINE"
    target.objectLock = .init(mode: "governance", retainFor: "1d")
    let configuration = try place.factory(target).gcsConfiguration(isLocking: true)
    #expect(configuration.credentials.origin == "key sa.json of Secret keys")
    #expect(configuration.userProject == "payer" && configuration.kmsKeyName == "kms")
    #expect(configuration.storageClass == "NEARLINE" && !configuration.temporaryHold)
    #expect(configuration.retention == .init(mode: .unlocked, duration: .seconds(86_400)))
    #expect(try place.factory(target).gcsConfiguration(isLocking: false).retention == nil)
  }

  private static let federation = """
    {"type": "external_account", "audience": "//iam.googleapis.com/x", "token_url": "https://sts.googleapis.com/v1/token",
     "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "credential_source": {"file": "/t"}}
    """

  @Test func gcsFederatesThePodsOwnToken() async throws {
    let place = Place()
    let provider = "projects/1/locations/global/workloadIdentityPools/p/providers/q"
    let target = Target(
      provider: .gcs, bucket: "bucket",
      gcs: .init(workloadIdentityProvider: provider, serviceAccount: "backup@p.iam.gserviceaccount.com"))
    #expect(try await place.failure(target)?.message.contains("target.gcs.workloadIdentityProvider") == true)
    try place.write("tokens/.target/token", "jwt")
    let credentials = try place.factory(target).gcsConfiguration(isLocking: false).credentials
    #expect(credentials.account == "backup@p.iam.gserviceaccount.com")
    guard case .externalAccount(let account) = credentials.kind else {
      Issue.record("\(credentials)")
      return
    }
    #expect(account.audience == "//iam.googleapis.com/\(provider)")
    #expect(account.tokenURL == "https://sts.googleapis.com/v1/token")
  }

  @Test func gcsWithoutASecretHasTheIdentityOfThePod() throws {
    let target = Target(provider: .gcs, bucket: "bucket")
    let place = Place()
    #expect(
      try place.factory(target).gcsConfiguration(isLocking: false).credentials.origin.hasPrefix("metadata server"))
    let emulator = try place.factory(target, ["STORAGE_EMULATOR_HOST": "127.0.0.1:4443"]).gcsConfiguration(
      isLocking: false)
    #expect(emulator.endpoint == "http://127.0.0.1:4443" && emulator.credentials.origin == "no credentials")
    let proxied = try place.factory(target, ["HTTPS_PROXY": "http://proxy:1", "NO_PROXY": ".googleapis.com"])
      .gcsConfiguration(isLocking: false)
    #expect(proxied.http.proxy == nil)
  }

  // MARK: Azure

  private let account = Target.Azure(storageAccount: "account", container: "backups")
  private let guid = "00000000-1111-2222-3333-444444444444"

  @Test func azureTakesOneKeyOfTheSecret() async throws {
    let place = Place()
    var target = Target(provider: .azure, credentialsSecretRef: secret, azure: account)
    let absent = try await place.failure(target)
    #expect(absent?.reason == .secretNotFound)
    #expect(absent?.message.contains("connectionString, accountKey or sasToken") == true)
    try place.write("secrets/keys/accountKey", Data("hunter2".utf8).base64EncodedString() + "\n")
    target.azure?.cloud = .china
    target.azure?.accessTier = .cool
    target.azure?.encryptionScope = "scope"
    target.tags = ["a": "b"]
    target.objectLock = .init(mode: "compliance", retainFor: "1d", legalHold: true)
    let configuration = try place.factory(target).azureConfiguration(isLocking: true)
    #expect(configuration.storageAccount == "account" && configuration.container == "backups")
    #expect(configuration.cloud == .china && configuration.accessTier == .cool)
    #expect(configuration.encryptionScope == "scope" && configuration.tags == ["a": "b"])
    #expect(configuration.immutability == .init(mode: .locked, retention: .seconds(86_400)))
    #expect(configuration.legalHold && configuration.credentials.description == "the account key")
    #expect(try place.factory(target).azureConfiguration(isLocking: false).immutability == nil)
    try place.write("secrets/keys/sasToken", "sv=1&sig=hunter2")
    let two = try await place.failure(target)
    #expect(two?.reason == .invalidSpec && two?.message.contains("accountKey and sasToken; keep one") == true)
  }

  @Test func azureTakesTheAccountFromAConnectionString() async throws {
    let place = Place()
    let target = Target(provider: .azure, bucket: "backups", credentialsSecretRef: secret)
    try place.write(
      "secrets/keys/connectionString",
      "DefaultEndpointsProtocol=https;AccountName=other;AccountKey=aHVudGVyMg==;EndpointSuffix=core.windows.net")
    #expect(try place.factory(target).azureConfiguration(isLocking: false).storageAccount == "other")
  }

  @Test func azureExchangesThePodsOwnToken() async throws {
    let place = Place()
    var target = Target(provider: .azure, azure: account)
    target.azure?.clientID = guid
    target.azure?.tenantID = "tenant"
    try place.write("tokens/.target/token", "jwt")
    // A key that lies about in the environment is not what the policy says.
    let configuration = try place.factory(target, ["AZURE_STORAGE_KEY": "aHVudGVyMg=="]).azureConfiguration(
      isLocking: false)
    guard case .workloadIdentity(let identity) = configuration.credentials else {
      Issue.record("\(configuration.credentials)")
      return
    }
    #expect(identity.clientID == guid && identity.tenantID == "tenant")
    #expect(identity.tokenFile == place.root.path + "/tokens/.target/token")
  }

  @Test func azureWithoutASecretHasTheIdentityOfThePod() throws {
    let place = Place()
    let target = Target(provider: .azure, azure: account)
    let machine = try place.factory(target).azureConfiguration(isLocking: false).credentials
    #expect(machine.description == "the system-assigned managed identity")
    let webhook = try place.factory(
      target,
      ["AZURE_FEDERATED_TOKEN_FILE": "/t", "AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t", "AZURE_AUTHORITY_HOST": "h"]
    ).azureConfiguration(isLocking: false).credentials
    #expect(webhook.description == "the workload identity of client c")
  }

  // MARK: All

  @Test func everyProviderOpens() async throws {
    let place = Place()
    try place.write("volumes/disk/x", "")
    let targets = [
      Target(bucket: "bucket"), Target(provider: .gcs, bucket: "bucket"),
      Target(provider: .azure, azure: account),
      Target(provider: .filesystem, filesystem: .init(persistentVolumeClaim: .init(claimName: "disk"))),
    ]
    for var target in targets {
      #expect(try await place.failure(target) == nil)
      target.objectLock = .init(legalHold: true)
      #expect(try await place.failure(target) == nil)
    }
  }

  @Test func aBundleThatIsNoPEMIsNamed() async throws {
    let place = Place()
    try place.write("configmaps/cas/ca.crt", "no PEM")
    for provider in [Target.Provider.s3, .gcs, .azure] {
      let target = Target(
        provider: provider, bucket: "bucket",
        caBundle: CABundle(configMapRef: KeyReference(name: "cas", key: "ca.crt")),
        azure: provider == .azure ? account : nil)
      let failure = try await place.failure(target)
      #expect(failure?.reason == .invalidSpec && failure?.message.contains("caBundle is not PEM") == true)
    }
  }

  @Test func leasesAndProbesAreNotLocked() async throws {
    let (locking, plain) = (MemoryStore(), MemoryStore())
    let store = LockSparingStore(locking: locking, plain: plain)
    for key in ["p/ns/pol/id/.running", "p/ns/pol/.preflight-x", "p/ns/pol/id/manifest.json", "p/.x/db.snap"] {
      try await store.put(key, body: .init(string: "x"))
    }
    #expect(try await plain.listAll(prefix: "").map(\.key) == ["p/ns/pol/.preflight-x", "p/ns/pol/id/.running"])
    #expect(try await locking.listAll(prefix: "").map(\.key) == ["p/.x/db.snap", "p/ns/pol/id/manifest.json"])
  }
}
