import Foundation
import ObjectStore
import StoreHTTP
import Synchronization

/// Credentials as the AWS SDKs find them, in their order: keys in the environment, a service account's token for a role
/// (IRSA), an agent beside the container (EKS Pod Identity, ECS), the role of the machine.
///
/// The first that the environment names is used, and where it fails, its error is the answer: another identity than the
/// one that was meant is never taken in its place. Only the machine's role is used without being named.
///
/// With a `roleARN` these credentials assume that role; a service account's token is exchanged for it directly where
/// `AWS_ROLE_ARN` is absent or the same.
/// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
public struct DefaultCredentials: CredentialsProvider {
  private enum Source {
    case provider(any CredentialsProvider)
    /// Tried although nothing names it.
    case instance(InstanceCredentials)
    case none
  }

  /// Which identity is used, for a log line; no secret.
  public let summary: String
  private let provider: any CredentialsProvider

  /// - Parameters:
  ///   - region: The bucket's, for a token service where the environment names no region.
  ///   - roleARN: The policy's `target.roleArn`.
  ///   - externalID: What that role's trust policy may demand.
  public init(
    region: String, roleARN: String? = nil, externalID: String? = nil, context: CredentialsContext
  ) {
    let found = Self.find(region: region, roleARN: roleARN, context)
    if let roleARN, !found.isRole {
      provider = AssumeRoleCredentials(
        base: found.provider, roleARN: roleARN, externalID: externalID, region: region, context: context)
      summary = "\(found.summary), which assumes \(roleARN)"
    } else {
      provider = found.provider
      summary = found.summary
    }
  }

  public func credentials() async throws -> S3Credentials { try await provider.credentials() }

  public func renewed(after refused: S3Credentials) async throws -> S3Credentials? {
    try await provider.renewed(after: refused)
  }

  private struct Found {
    var provider: any CredentialsProvider
    var summary: String
    /// It is already the role that the policy names.
    var isRole = false
  }

  private static func find(region: String, roleARN: String?, _ context: CredentialsContext) -> Found {
    var missing: [String] = []
    if let found = environmentKeys(context, &missing) { return found }
    if let found = webIdentity(region: region, roleARN: roleARN, context, &missing) { return found }
    if ContainerCredentials.isConfigured(context) {
      return Found(provider: ContainerCredentials(context: context), summary: "container credentials")
    }
    missing.append("Pod Identity or ECS (AWS_CONTAINER_CREDENTIALS_FULL_URI is not set)")
    let instance = InstanceCredentials.isDisabled(context) ? nil : InstanceCredentials(context: context)
    if instance == nil { missing.append("instance metadata (AWS_EC2_METADATA_DISABLED is true)") }
    return Found(
      provider: LastResort(instance: instance, missing: missing),
      summary: instance == nil ? "none" : "instance metadata")
  }

  private static func environmentKeys(_ context: CredentialsContext, _ missing: inout [String]) -> Found? {
    let (id, secret) = (context.variable("AWS_ACCESS_KEY_ID"), context.variable("AWS_SECRET_ACCESS_KEY"))
    guard let id, let secret else {
      let name = id == nil ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"
      missing.append("keys in the environment (\(name) is not set)")
      return nil
    }
    let keys = StaticCredentials(
      accessKeyID: id, secretAccessKey: secret, sessionToken: context.variable("AWS_SESSION_TOKEN"))
    return Found(provider: keys, summary: "keys in the environment")
  }

  private static func webIdentity(
    region: String, roleARN: String?, _ context: CredentialsContext, _ missing: inout [String]
  ) -> Found? {
    let variable = context.variable("AWS_ROLE_ARN")
    guard let file = context.variable("AWS_WEB_IDENTITY_TOKEN_FILE"), let role = variable ?? roleARN else {
      let name = variable == nil && roleARN == nil ? "AWS_ROLE_ARN" : "AWS_WEB_IDENTITY_TOKEN_FILE"
      missing.append("a service account's token (\(name) is not set)")
      return nil
    }
    return Found(
      provider: WebIdentityCredentials(roleARN: role, tokenFile: file, region: region, context: context),
      summary: "a service account's token for \(role)", isRole: role == roleARN)
  }
}

/// The machine's role; where that fails too, one error says all that was looked at.
private struct LastResort: CredentialsProvider {
  let instance: InstanceCredentials?
  let missing: [String]
  private let hasWorked = Flag()

  init(instance: InstanceCredentials?, missing: [String]) {
    self.instance = instance
    self.missing = missing
  }

  private final class Flag: Sendable {
    let value = Mutex(false)
  }

  func credentials() async throws -> S3Credentials {
    guard let instance else { throw notFound(nil) }
    do {
      let keys = try await instance.credentials()
      hasWorked.value.withLock { $0 = true }
      return keys
    } catch let error as ObjectStoreError {
      // Once there was a role, a failure is one of the service, and may pass.
      throw hasWorked.value.withLock { $0 } ? error : notFound(error)
    }
  }

  func renewed(after refused: S3Credentials) async throws -> S3Credentials? {
    try await instance?.renewed(after: refused)
  }

  private func notFound(_ error: ObjectStoreError?) -> ObjectStoreError {
    let tried = missing + (error.map { ["instance metadata (\($0.message))"] } ?? [])
    return ObjectStoreError(
      .credentialsNotFound, operation: "finding credentials",
      message:
        "there are none. Tried: \(tried.joined(separator: "; ")). Give target.credentialsSecretRef, or a service "
        + "account with an identity: executor.serviceAccountName with target.roleArn or a Pod Identity association",
      cause: error)
  }
}
