import Foundation
import ObjectStore
import StoreHTTP

/// The keys of a role, for a service account's token: what EKS calls IRSA, and MinIO and Ceph offer with their own
/// token services.
///
/// The token is read anew at each renewal: the kubelet replaces it before it ends.
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
public struct WebIdentityCredentials: CredentialsProvider {
  private let renewing: RenewingCredentials

  /// - Parameters:
  ///   - roleARN: `arn:aws:iam::111122223333:role/holdfast`
  ///   - tokenFile: A projected service account token whose audience the role's trust policy expects
  ///     (`sts.amazonaws.com`).
  ///   - sessionName: Shown in CloudTrail; nil for `AWS_ROLE_SESSION_NAME` or `holdfast`.
  ///   - region: The bucket's; see `AWS_REGION` and `AWS_STS_REGIONAL_ENDPOINTS` for the service's.
  public init(
    roleARN: String, tokenFile: String, sessionName: String? = nil, region: String, context: CredentialsContext
  ) {
    let service = SecurityTokenService(region: region, context: context)
    let session = RoleSession.name(sessionName, context)
    renewing = RenewingCredentials(now: context.now) {
      try RoleSession.check(roleARN)
      let token = try context.token(tokenFile, purpose: "AWS_WEB_IDENTITY_TOKEN_FILE")
      let claims = WebIdentityClaims(token: token)
      return try await service.assume(
        "AssumeRoleWithWebIdentity",
        [
          (name: "RoleArn", value: roleARN), (name: "RoleSessionName", value: session),
          (name: "WebIdentityToken", value: token),
        ], signer: nil
      ) { code, message in Self.hint(code, message, roleARN: roleARN, claims: claims) }
    }
  }

  public func credentials() async throws -> S3Credentials { try await renewing.credentials() }

  public func renewed(after refused: S3Credentials) async throws -> S3Credentials? {
    try await renewing.renewed(after: refused)
  }

  /// What a person must change, by what the service says.
  private static func hint(_ code: String, _ message: String, roleARN: String, claims: WebIdentityClaims) -> String {
    switch code {
    case "ExpiredTokenException", "ExpiredToken":
      return "the service account's token has expired; the kubelet renews a projected token, so check that it is one, "
        + "and the node's clock"
    case "InvalidIdentityToken" where message.lowercased().contains("audience"):
      return "the token's audience is \(claims.audience); the role's identity provider must list it, or the projected "
        + "token must be made for sts.amazonaws.com"
    case "InvalidIdentityToken":
      return
        "the account does not take tokens of issuer \(claims.issuer); create an IAM OIDC identity provider for the "
        + "cluster's issuer"
    case "ValidationError", "InvalidParameterValue", "MalformedQueryString":
      return "the token service does not take the request; is roleArn \(roleARN) the ARN of a role?"
    default:
      return "the role \(roleARN) may not be assumed; its trust policy must allow sts:AssumeRoleWithWebIdentity to the "
        + "cluster's OIDC provider for subject \(claims.subject) and audience \(claims.audience)"
    }
  }
}

/// The keys of a role that other keys may assume.
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
public struct AssumeRoleCredentials: CredentialsProvider {
  private let renewing: RenewingCredentials

  /// - Parameters:
  ///   - base: Who asks for the role.
  ///   - externalID: What the trust policy may demand in `sts:ExternalId`.
  ///   - sessionName: Shown in CloudTrail; nil for `AWS_ROLE_SESSION_NAME` or `holdfast`.
  public init(
    base: any CredentialsProvider, roleARN: String, externalID: String? = nil, sessionName: String? = nil,
    region: String, context: CredentialsContext
  ) {
    let service = SecurityTokenService(region: region, context: context)
    var parameters = [
      (name: "RoleArn", value: roleARN), (name: "RoleSessionName", value: RoleSession.name(sessionName, context)),
    ]
    if let externalID { parameters.append((name: "ExternalId", value: externalID)) }
    renewing = RenewingCredentials(now: context.now) { [parameters] in
      try RoleSession.check(roleARN)
      let keys = try await base.credentials()
      return try await service.assume("AssumeRole", parameters, signer: keys) { code, _ in
        switch code {
        case "InvalidClientTokenId", "UnrecognizedClientException":
          "the token service does not know the access key that asks for the role; correct accessKeyId"
        case "ExpiredToken", "ExpiredTokenException":
          "the keys that ask for the role have expired; renew them"
        case "ValidationError", "InvalidParameterValue", "MalformedQueryString":
          "the token service does not take the request; is roleArn \(roleARN) the ARN of a role?"
        default:
          "the role \(roleARN) may not be assumed by these credentials; allow sts:AssumeRole in their policy and in the "
            + "role's trust policy" + (externalID == nil ? "" : ", with the external id that the policy names")
        }
      }
    }
  }

  public func credentials() async throws -> S3Credentials { try await renewing.credentials() }

  public func renewed(after refused: S3Credentials) async throws -> S3Credentials? {
    try await renewing.renewed(after: refused)
  }
}

enum RoleSession {
  static func check(_ roleARN: String) throws {
    guard roleARN.hasPrefix("arn:"), roleARN.contains(":role/"), !roleARN.contains(where: \.isWhitespace) else {
      throw ObjectStoreError(
        .configuration, operation: "assuming a role",
        message: "roleArn \"\(roleARN)\" is no role's ARN, such as arn:aws:iam::111122223333:role/holdfast")
    }
  }

  /// 2 to 64 of the characters that the service takes.
  static func name(_ name: String?, _ context: CredentialsContext) -> String {
    let wanted = name ?? context.variable("AWS_ROLE_SESSION_NAME") ?? "holdfast"
    let kept = wanted.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "_=,.@-+".contains($0)) }.prefix(64)
    return kept.count >= 2 ? String(kept) : "holdfast"
  }
}

/// Whom a token is for; not verified, and no secret: what the trust policy of a role must name.
struct WebIdentityClaims: Sendable {
  var issuer = "unknown"
  var subject = "unknown"
  var audience = "unknown"

  init(token: String) {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3 else { return }
    var payload = parts[1].replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    payload += String(repeating: "=", count: (4 - payload.count % 4) % 4)
    guard let data = Data(base64Encoded: payload), let claims = try? JSONDecoder().decode(Claims.self, from: data)
    else { return }
    issuer = claims.iss ?? issuer
    subject = claims.sub ?? subject
    audience = claims.aud?.joined(separator: ", ") ?? audience
  }

  private struct Claims: Decodable {
    var iss: String?
    var sub: String?
    var aud: [String]?

    private enum CodingKeys: CodingKey { case iss, sub, aud }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      iss = try container.decodeIfPresent(String.self, forKey: .iss)
      sub = try container.decodeIfPresent(String.self, forKey: .sub)
      // One, or a list of them.
      if let list = try? container.decodeIfPresent([String].self, forKey: .aud) {
        aud = list
      } else {
        aud = try container.decodeIfPresent(String.self, forKey: .aud).map { [$0] }
      }
    }
  }
}
