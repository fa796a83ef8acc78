import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP

/// AWS's Security Token Service, or one that speaks its query protocol, as MinIO and Ceph have.
/// https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
struct SecurityTokenService: Sendable {
  var url: String
  /// For signatures.
  var region: String
  var context: CredentialsContext

  /// Where `AWS_ENDPOINT_URL_STS` says, else AWS's of the region. `AWS_REGION` and `AWS_DEFAULT_REGION` win over the
  /// bucket's region: EKS sets them to the cluster's, whose service is near.
  init(region: String, context: CredentialsContext) {
    self.context = context
    let region = context.variable("AWS_REGION") ?? context.variable("AWS_DEFAULT_REGION") ?? region
    self.region = region
    if let url = context.variable("AWS_ENDPOINT_URL_STS") {
      self.url = url
    } else if context.variable("AWS_STS_REGIONAL_ENDPOINTS")?.lowercased() == "legacy",
      Self.legacyRegions.contains(region)
    {
      url = "https://sts.amazonaws.com"
      self.region = "us-east-1"
    } else {
      url = "https://sts.\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")"
    }
  }

  /// Those whose SDKs once asked the global service.
  /// https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html
  private static let legacyRegions: Set<String> = [
    "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "aws-global", "ca-central-1", "eu-central-1",
    "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1",
    "us-west-2",
  ]

  /// - Parameters:
  ///   - signer: nil for an action that needs no signature.
  ///   - hint: What to do where the service refuses, by its error code and message.
  func assume(
    _ action: String, _ parameters: [(name: String, value: String)], signer: S3Credentials?,
    hint: (_ code: String, _ message: String) -> String
  ) async throws -> RenewingCredentials.Fetched {
    let operation = "\(action) at \(url)"
    let form = URIEncoding.query(
      [(name: "Action", value: action), (name: "Version", value: "2011-06-15")] + parameters)
    let request = try self.request(ByteBuffer(string: form), signer: signer, operation: operation)
    let answer: StoreHTTPAnswer
    do {
      answer = try await context.send(request, context.settings(for: url))
    } catch var error as ObjectStoreError {
      error.message += "; the pod must reach the token service (network policy, proxy, or AWS_ENDPOINT_URL_STS)"
      throw error
    }
    let body = try? XMLElement(parsing: answer.body.readableBytesView)
    guard answer.isSuccess else { throw refusal(answer, body, operation: operation, hint: hint) }
    return try Self.read(body, action: action, operation: operation)
  }

  private func request(_ body: ByteBuffer, signer: S3Credentials?, operation: String) throws -> StoreHTTPRequest {
    guard let parts = URLComponents(string: url), let host = parts.percentEncodedHost, !host.isEmpty,
      parts.scheme == "https" || parts.scheme == "http", parts.query == nil
    else {
      throw ObjectStoreError(
        .configuration, operation: operation, message: "AWS_ENDPOINT_URL_STS is no URL such as https://sts.example.org")
    }
    let path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
    var headers = [
      (name: "content-type", value: "application/x-www-form-urlencoded; charset=utf-8"),
      (name: "accept", value: "application/xml"),
    ]
    if let signer {
      headers.append((name: "host", value: parts.port.map { "\(host):\($0)" } ?? host))
      headers = SigV4(credentials: signer, region: region, service: "sts").sign(
        method: "POST", path: path, query: [], headers: headers, payloadHash: S3Payload(body).sha256Hex,
        date: context.now())
    }
    return StoreHTTPRequest(
      method: "POST", url: url.hasSuffix(path) ? url : url + path, headers: headers, body: body, operation: operation)
  }

  private static func read(
    _ body: XMLElement?, action: String, operation: String
  ) throws -> RenewingCredentials.Fetched {
    guard let credentials = body?.all("\(action)Result").first?.all("Credentials").first,
      let id = credentials["AccessKeyId"], let secret = credentials["SecretAccessKey"],
      let token = credentials["SessionToken"], let expires = credentials["Expiration"].flatMap(HeaderValues.isoDate)
    else {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: operation,
        message: "the answer is not that of a token service; check AWS_ENDPOINT_URL_STS")
    }
    return RenewingCredentials.Fetched(
      credentials: S3Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token), expires: expires)
  }

  private func refusal(
    _ answer: StoreHTTPAnswer, _ body: XMLElement?, operation: String, hint: (String, String) -> String
  ) -> ObjectStoreError {
    let error = body?.all("Error").first ?? body
    let (code, message) = (error?["Code"] ?? "", error?["Message"] ?? "")
    let said = [code, message].filter { !$0.isEmpty }.joined(separator: ": ")
    func make(_ kind: ObjectStoreError.Code, retry: Bool = false, _ text: String) -> ObjectStoreError {
      ObjectStoreError(
        kind, isRetryable: retry,
        retryAfter: retry
          ? answer.headers.first(name: "retry-after").flatMap { HeaderValues.retryAfter($0, now: context.now()) } : nil,
        operation: operation, message: "\(text) [\(answer.status)\(said.isEmpty ? "" : " \(said)")]")
    }
    switch (code, answer.status) {
    case ("Throttling", _), ("ThrottlingException", _), ("RequestLimitExceeded", _), (_, 429), (_, 503):
      return make(.throttled, retry: true, "the token service asks for fewer requests")
    case ("IDPCommunicationError", _):
      return make(
        .serverError, retry: true, "the token service could not reach the cluster's OIDC issuer to check the token")
    case (_, 500...599): return make(.serverError, retry: true, "the token service failed inside")
    case ("RequestExpired", _), ("RequestTimeTooSkewed", _):
      return make(
        .clockSkew, "this clock says \(context.now().formatted(.iso8601)); set the node's clock (NTP)")
    case ("SignatureDoesNotMatch", _):
      return make(.signatureMismatch, "the secret key that asks for the role is wrong; correct secretAccessKey")
    case ("RegionDisabledException", _):
      return make(
        .configuration, "the token service is off in region \(region); switch it on in the account's settings")
    case ("ValidationError", _), ("InvalidParameterValue", _), ("MalformedQueryString", _):
      return make(.configuration, hint(code, message))
    default:
      return make(.accessDenied, hint(code, message))
    }
  }
}
