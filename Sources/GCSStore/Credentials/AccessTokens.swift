import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP

/// What goes into `Authorization`. Descriptions never show it.
struct AccessToken: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  var value: String
  var description: String { "<redacted>" }
  var customMirror: Mirror { Mirror(self, children: []) }
}

/// Gives the token for each request; one that ends or is refused is replaced here.
struct AccessTokens: Sendable {
  private let fetcher: TokenFetcher?
  private let current: ExpiringValue<AccessToken>?

  init(_ credentials: GoogleCredentials, http: StoreHTTPSettings, now: @escaping @Sendable () -> Date) throws {
    if case .anonymous = credentials.kind {
      fetcher = nil
      current = nil
      return
    }
    let fetcher = try TokenFetcher(credentials, http: http, now: now)
    self.fetcher = fetcher
    // The metadata server gives a new token only when the old one has less than this left.
    // https://cloud.google.com/compute/docs/metadata/querying-metadata
    current = ExpiringValue(margin: .seconds(225), now: now) { try await fetcher.fetch() }
  }

  /// - Returns: nil where none is to be sent.
  func token() async throws -> AccessToken? { try await current?.value() }

  /// Another than one that was refused. Of many that were refused at once, one is replaced.
  func token(insteadOf refused: AccessToken) async throws -> AccessToken? {
    guard let current else { return nil }
    await current.invalidate { $0 == refused }
    return try await current.value()
  }

  func shutdown() async throws { try await fetcher?.shutdown() }
}

/// Asks Google for a token, in the way that the credentials want.
struct TokenFetcher: Sendable {
  /// What objects need; nothing else can be done with the token.
  static let storageScope = "https://www.googleapis.com/auth/devstorage.read_write"
  /// What asking for another account's token needs.
  static let platformScope = "https://www.googleapis.com/auth/cloud-platform"

  let credentials: GoogleCredentials
  let now: @Sendable () -> Date
  private let internet: StoreHTTPClient
  /// For servers that only this machine reaches: never through a proxy.
  private let direct: StoreHTTPClient

  typealias Fetched = (value: AccessToken, expires: Date?)

  init(_ credentials: GoogleCredentials, http: StoreHTTPSettings, now: @escaping @Sendable () -> Date) throws {
    self.credentials = credentials
    self.now = now
    var settings = http
    settings.insecureSkipVerify = false
    settings.connections = 2
    settings.requestTimeout = .seconds(30)
    internet = try StoreHTTPClient(settings)
    settings.proxy = nil
    settings.connectTimeout = min(settings.connectTimeout, .seconds(5))
    direct = try StoreHTTPClient(settings)
  }

  func shutdown() async throws {
    try await internet.shutdown()
    try await direct.shutdown()
  }

  func fetch() async throws -> Fetched { try await fetch(credentials.kind, scope: Self.storageScope) }

  private func fetch(_ kind: GoogleCredentials.Kind, scope: String) async throws -> Fetched {
    switch kind {
    case .anonymous: return (AccessToken(value: ""), nil)
    case .metadataServer(let host): return try await metadata(host, scope: scope)
    case .serviceAccount(let key): return try await exchange(key, scope: scope)
    case .authorizedUser(let user): return try await refresh(user)
    case .externalAccount(let account): return try await federate(account, scope: scope)
    case .impersonated(let account):
      let source = try await fetch(account.source, scope: Self.platformScope)
      return try await impersonate(account.impersonation, by: source.value, scope: scope)
    }
  }

  // MARK: Ways to a token

  /// https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
  private func exchange(_ key: ServiceAccountKey, scope: String) async throws -> Fetched {
    let assertion: String
    do {
      assertion = try key.assertion(scope: scope, now: now())
    } catch {
      throw ObjectStoreError(
        .configuration, operation: "access token of \(key.email)",
        message: "the private_key of \(credentials.origin) cannot sign; use the file as Google gave it", cause: error)
    }
    let answer = try await post(
      key.tokenURL, form: ["grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion],
      operation: "access token of \(key.email)", step: .serviceAccount(email: key.email, keyID: key.keyID))
    return try token(of: answer)
  }

  /// https://developers.google.com/identity/protocols/oauth2/web-server#offline
  private func refresh(_ user: AuthorizedUser) async throws -> Fetched {
    let form = [
      "grant_type": "refresh_token", "client_id": user.clientID, "client_secret": user.clientSecret,
      "refresh_token": user.refreshToken,
    ]
    return try token(
      of: try await post(user.tokenURL, form: form, operation: "access token of a user", step: .user))
  }

  /// https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
  private func federate(_ account: ExternalAccount, scope: String) async throws -> Fetched {
    var form = [
      "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": account.audience,
      "scope": account.impersonation == nil ? scope : Self.platformScope,
      "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
      "subject_token": try await subjectToken(account.source), "subject_token_type": account.subjectTokenType,
    ]
    if let project = account.workforceUserProject, account.clientID == nil {
      form["options"] = #"{"userProject":"\#(project.filter { $0 != "\"" && $0 != "\\" })"}"#
    }
    var headers: [(name: String, value: String)] = []
    if let id = account.clientID, let secret = account.clientSecret {
      headers.append((name: "authorization", value: "Basic \(Data("\(id):\(secret)".utf8).base64EncodedString())"))
    }
    let answer = try await post(
      account.tokenURL, form: form, headers: headers, operation: "token exchange with \(account.audience)",
      step: .federation(audience: account.audience))
    let federated = try token(of: answer)
    guard let impersonation = account.impersonation else { return federated }
    return try await impersonate(impersonation, by: federated.value, scope: scope)
  }

  private func subjectToken(_ source: ExternalAccount.Source) async throws -> String {
    let content: [UInt8]
    let jsonField: String?
    switch source {
    case .file(let path, let field):
      content = try GoogleCredentials.readFile(path, what: "credential_source.file of \(credentials.origin)")
      jsonField = field
    case .url(let url, let headers, let field):
      let request = StoreHTTPRequest(
        method: "GET", url: url, headers: headers.map { (name: $0.key, value: $0.value) },
        operation: "subject token of \(credentials.origin)")
      content = Array(try await send(request, step: .subjectToken(url: url)).body.readableBytesView)
      jsonField = field
    }
    var text = String(decoding: content, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    if let jsonField {
      let object = try? JSONDecoder().decode([String: JSONField].self, from: Data(content))
      text = object?[jsonField]?.text ?? ""
    }
    guard !text.isEmpty else {
      throw ObjectStoreError(
        .configuration, operation: "subject token of \(credentials.origin)",
        message: "credential_source gives no token\(jsonField.map { " in the field \($0)" } ?? ""); check its format")
    }
    return text
  }

  /// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
  private func impersonate(_ impersonation: Impersonation, by token: AccessToken, scope: String) async throws -> Fetched
  {
    struct Body: Encodable {
      var delegates: [String]?
      var lifetime: String
      var scope: [String]
    }
    struct Answer: Decodable {
      var accessToken: String
      var expireTime: String
    }
    let body = Body(
      delegates: impersonation.delegates.isEmpty ? nil : impersonation.delegates,
      lifetime: "\(impersonation.lifetime)s",
      scope: [scope])
    let request = StoreHTTPRequest(
      method: "POST", url: impersonation.url,
      headers: [
        (name: "authorization", value: "Bearer \(token.value)"), (name: "content-type", value: "application/json"),
      ], body: .init(bytes: try JSONEncoder().encode(body)), operation: "access token of \(impersonation.account)")
    let answer = try await send(request, step: .impersonation(account: impersonation.account))
    guard let parsed = try? JSONDecoder().decode(Answer.self, from: Data(answer.body.readableBytesView)) else {
      throw unreadable(request.operation)
    }
    // Where the time cannot be read, the token is renewed soon.
    let expires = HeaderValues.isoDate(parsed.expireTime) ?? now().addingTimeInterval(600)
    return (AccessToken(value: parsed.accessToken), expires)
  }

  /// https://cloud.google.com/compute/docs/access/authenticate-workloads#applications
  private func metadata(_ host: String, scope: String) async throws -> Fetched {
    // Workload Identity heeds the scopes; a virtual machine's are fixed and it ignores them.
    let url = "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token"
    let request = StoreHTTPRequest(
      method: "GET", url: "\(url)?scopes=\(PercentEncoding.encode(scope))",
      headers: [(name: "metadata-flavor", value: "Google")], operation: "access token from the metadata server")
    let answer = try await send(request, step: .metadata(host: host))
    guard answer.headers.first(name: "metadata-flavor") == "Google" else {
      throw ObjectStoreError(
        .configuration, operation: request.operation,
        message: "\(host) answers without Metadata-Flavor: Google, so it is not Google's metadata server; set "
          + "credentialsSecretRef")
    }
    return try token(of: answer)
  }

  // MARK: Exchange

  private func post(
    _ url: String, form: [String: String], headers: [(name: String, value: String)] = [], operation: String,
    step: TokenFailure.Step
  ) async throws -> StoreHTTPAnswer {
    let body = form.sorted { $0.key < $1.key }.map { "\($0.key)=\(PercentEncoding.encode($0.value))" }
    return try await send(
      StoreHTTPRequest(
        method: "POST", url: url,
        headers: headers + [(name: "content-type", value: "application/x-www-form-urlencoded")],
        body: .init(string: body.joined(separator: "&")), operation: operation), step: step)
  }

  private func send(_ request: StoreHTTPRequest, step: TokenFailure.Step) async throws -> StoreHTTPAnswer {
    let answer: StoreHTTPAnswer
    do {
      answer = try await (request.url.hasPrefix("http://") ? direct : internet).send(request)
    } catch let error as ObjectStoreError {
      throw step.unanswered(error)
    }
    guard !answer.isSuccess else { return answer }
    throw TokenFailure(answer: answer, operation: request.operation, origin: credentials.origin, step: step, now: now())
      .storeError
  }

  private func token(of answer: StoreHTTPAnswer) throws -> Fetched {
    struct Answer: Decodable {
      var accessToken: String
      var expiresIn: Double?
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let parsed = try? decoder.decode(Answer.self, from: Data(answer.body.readableBytesView)),
      !parsed.accessToken.isEmpty
    else { throw unreadable("access token") }
    return (AccessToken(value: parsed.accessToken), parsed.expiresIn.map { now().addingTimeInterval($0) })
  }

  private func unreadable(_ operation: String) -> ObjectStoreError {
    ObjectStoreError(
      .integrity, isRetryable: true, operation: operation, message: "the token service's answer holds no access token")
  }
}
