import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP

/// Keys from an agent beside the container: EKS Pod Identity, and ECS.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
public struct ContainerCredentials: CredentialsProvider {
  private let renewing: RenewingCredentials

  /// Whether the environment names an agent.
  static func isConfigured(_ context: CredentialsContext) -> Bool {
    context.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != nil
      || context.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") != nil
  }

  /// Reads `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `_FULL_URI`, and `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` or
  /// `_TOKEN`; the file anew at each renewal.
  public init(context: CredentialsContext) {
    renewing = RenewingCredentials(now: context.now) {
      let url = try Self.url(context)
      let operation = "credentials from \(url)"
      var headers = [(name: "accept", value: "application/json")]
      if let token = try Self.token(context) { headers.append((name: "authorization", value: token)) }
      let request = StoreHTTPRequest(method: "GET", url: url, headers: headers, operation: operation)
      let settings = url.hasPrefix("https:") ? context.settings(for: url) : context.nodeSettings
      let answer: StoreHTTPAnswer
      do {
        answer = try await context.send(request, settings)
      } catch var error as ObjectStoreError {
        error.message += "; does the EKS Pod Identity agent run on this node, and may the pod reach it?"
        throw error
      }
      guard answer.isSuccess else { throw Self.refusal(answer, operation: operation, context) }
      return try CredentialsDocument.read(answer.body.readableBytesView, operation: operation)
    }
  }

  public func credentials() async throws -> S3Credentials { try await renewing.credentials() }

  public func renewed(after refused: S3Credentials) async throws -> S3Credentials? {
    try await renewing.renewed(after: refused)
  }

  private static func token(_ context: CredentialsContext) throws -> String? {
    let name = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
    if let file = context.variable("\(name)_FILE") { return try context.token(file, purpose: "\(name)_FILE") }
    guard let token = context.variable(name) else { return nil }
    guard !token.contains(where: \.isNewline) else {
      throw ObjectStoreError(
        .configuration, operation: "container credentials", message: "\(name) must not have a line break")
    }
    return token
  }

  private static func url(_ context: CredentialsContext) throws -> String {
    if let path = context.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
      guard path.hasPrefix("/") else {
        throw invalid("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with a slash")
      }
      return "http://169.254.170.2\(path)"
    }
    let url = context.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") ?? ""
    guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
      parts.scheme == "https" || parts.scheme == "http"
    else { throw invalid("AWS_CONTAINER_CREDENTIALS_FULL_URI is no URL") }
    guard parts.scheme == "https" || isOnNode(host) else {
      throw invalid(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI names the host \(host), to which a token must not go without https; "
          + "use https, or an address of this node (loopback, 169.254.170.2, 169.254.170.23, fd00:ec2::23)")
    }
    return url
  }

  /// The hosts that may be asked without TLS: loopback, and the agents of ECS and EKS.
  static func isOnNode(_ host: String) -> Bool {
    let host = host.trimmingCharacters(in: ["[", "]"]).lowercased()
    if ["localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"].contains(host) { return true }
    let octets = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return octets.count == 4 && octets[0] == 127 && !octets.contains(nil)
  }

  private static func invalid(_ message: String) -> ObjectStoreError {
    ObjectStoreError(.configuration, operation: "container credentials", message: message)
  }

  private static func refusal(
    _ answer: StoreHTTPAnswer, operation: String, _ context: CredentialsContext
  ) -> ObjectStoreError {
    let retry = answer.status == 429 || answer.status >= 500
    let code: ObjectStoreError.Code =
      retry ? (answer.status == 429 || answer.status == 503 ? .throttled : .serverError) : .accessDenied
    return ObjectStoreError(
      code, isRetryable: retry,
      retryAfter: retry
        ? answer.headers.first(name: "retry-after").flatMap { HeaderValues.retryAfter($0, now: context.now()) } : nil,
      operation: operation,
      message: (retry
        ? "the agent could not give credentials now"
        : "the agent refuses credentials; is there a Pod Identity association for the pod's service account, and does "
          + "its role trust pods.eks.amazonaws.com?") + " [\(answer.status)]")
  }
}
