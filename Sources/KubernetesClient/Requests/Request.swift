public import Foundation

/// A call to the API server as a plain value.
public struct Request: Sendable, Hashable {
  public enum Method: String, Sendable {
    case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
  }

  /// What the call does in the terms of RBAC; also a dimension of metrics.
  public enum Verb: String, Sendable {
    case get, list, watch, create, update, patch, apply, delete
    case deleteCollection = "deletecollection"
  }

  public var method: Method
  public var verb: Verb
  /// Percent-encoded, starts with a slash.
  public var path: String
  /// Not encoded.
  public var query: [URLQueryItem]
  public var accept: String
  public var contentType: String?
  public var body: Data?
  /// The limit of the whole call, or of silence in a stream; nil means the transport's own.
  public var timeout: Duration?
  /// For error messages, for example `create jobs.batch backup/nightly-1`.
  public var operation: String

  public init(
    method: Method, verb: Verb, path: String, query: [URLQueryItem] = [], accept: String = "application/json",
    contentType: String? = nil, body: Data? = nil, timeout: Duration? = nil, operation: String
  ) {
    self.method = method
    self.verb = verb
    self.path = path
    self.query = query
    self.accept = accept
    self.contentType = contentType
    self.body = body
    self.timeout = timeout
    self.operation = operation
  }

  /// Whether doing it twice leaves the server as doing it once. A repeated update may end in `conflict` and a repeated
  /// delete in `notFound`, both of which callers handle anyway; a repeated create or JSON patch may not.
  public var isIdempotent: Bool {
    switch verb {
    case .get, .list, .watch, .update, .apply, .delete, .deleteCollection: true
    case .create, .patch: false
    }
  }

  /// The path and the query, encoded.
  public var uri: String {
    guard !query.isEmpty else { return path }
    let terms = query.map { item in
      Self.encode(item.name) + "=" + Self.encode(item.value ?? "")
    }
    return path + "?" + terms.joined(separator: "&")
  }

  /// Encodes everything but the unreserved characters of RFC 3986, section 2.3; `+` in particular, which servers read
  /// as a space.
  static func encode(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: Self.unreserved) ?? text
  }

  private static let unreserved = CharacterSet(
    charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
}
