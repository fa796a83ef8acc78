import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP

/// The keys of the role of the machine that this runs on, from its metadata service, version 2.
///
/// All pods of a node share that role, so each other way is better where there is one.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
public struct InstanceCredentials: CredentialsProvider {
  private let renewing: RenewingCredentials

  static func isDisabled(_ context: CredentialsContext) -> Bool {
    context.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true"
  }

  /// Reads `AWS_EC2_METADATA_SERVICE_ENDPOINT` and `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`.
  public init(context: CredentialsContext) {
    let service = MetadataService(context)
    renewing = RenewingCredentials(now: context.now) {
      if Self.isDisabled(context) {
        throw ObjectStoreError(
          .credentialsNotFound, operation: "instance metadata", message: "AWS_EC2_METADATA_DISABLED is true")
      }
      return try await service.credentials()
    }
  }

  public func credentials() async throws -> S3Credentials { try await renewing.credentials() }

  public func renewed(after refused: S3Credentials) async throws -> S3Credentials? {
    try await renewing.renewed(after: refused)
  }
}

private struct MetadataService: Sendable {
  let context: CredentialsContext
  let endpoint: String
  private static let path = "/latest/meta-data/iam/security-credentials/"

  init(_ context: CredentialsContext) {
    self.context = context
    let isIPv6 = context.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() == "ipv6"
    var endpoint =
      context.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
      ?? (isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254")
    while endpoint.hasSuffix("/") { endpoint.removeLast() }
    self.endpoint = endpoint
  }

  func credentials() async throws -> RenewingCredentials.Fetched {
    let token = try await sessionToken()
    let header = (name: "x-aws-ec2-metadata-token", value: token)
    let roles = try await send("GET", Self.path, [header])
    guard roles.isSuccess else { throw refusal(roles, Self.path) }
    let role = String(buffer: roles.body).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    guard !role.isEmpty, role.allSatisfy({ $0.isASCII && !$0.isWhitespace && $0 != "/" }) else {
      throw ObjectStoreError(
        .credentialsNotFound, operation: "GET \(endpoint)\(Self.path)", message: "the instance has no role")
    }
    let path = Self.path + URIEncoding.encode(role)
    let answer = try await send("GET", path, [header])
    guard answer.isSuccess else { throw refusal(answer, path) }
    return try CredentialsDocument.read(answer.body.readableBytesView, operation: "GET \(endpoint)\(path)")
  }

  /// Version 2's own, without which nothing is told; version 1 is not tried.
  private func sessionToken() async throws -> String {
    let path = "/latest/api/token"
    let answer: StoreHTTPAnswer
    do {
      answer = try await send("PUT", path, [(name: "x-aws-ec2-metadata-token-ttl-seconds", value: "21600")])
    } catch var error as ObjectStoreError {
      error.message +=
        "; this is no EC2 instance, or the answer does not come as far as a pod: set the instance's "
        + "HttpPutResponseHopLimit to 2"
      throw error
    }
    guard answer.isSuccess else { throw refusal(answer, path) }
    let token = String(buffer: answer.body).trimmingCharacters(in: .whitespacesAndNewlines)
    guard !token.isEmpty, !token.contains(where: \.isNewline) else {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: "PUT \(endpoint)\(path)", message: "the answer holds no token")
    }
    return token
  }

  private func send(
    _ method: String, _ path: String, _ headers: [(name: String, value: String)]
  ) async throws -> StoreHTTPAnswer {
    try await context.send(
      StoreHTTPRequest(
        method: method, url: endpoint + path, headers: headers, operation: "\(method) \(endpoint)\(path)"),
      context.nodeSettings)
  }

  private func refusal(_ answer: StoreHTTPAnswer, _ path: String) -> ObjectStoreError {
    let retry = answer.status == 429 || answer.status >= 500
    let message =
      switch answer.status {
      case 401: "the metadata service does not take its own token"
      case 403: "the instance's metadata service is switched off"
      case 404: "the instance has no role; attach an instance profile"
      default: "the metadata service did not answer as it should"
      }
    return ObjectStoreError(
      retry ? .serverError : .credentialsNotFound, isRetryable: retry || answer.status == 401,
      operation: "metadata \(endpoint)\(path)", message: "\(message) [\(answer.status)]")
  }
}
