public import Foundation
public import KubernetesModel

/// Calls to an API server, typed and untyped.
///
/// A value over a ``Transport``; copies share the connection. Where a call takes a namespace and gets nil, objects of
/// namespaced kinds are looked for in ``defaultNamespace``; lists and watches then cover all namespaces.
///
/// Every call throws ``KubernetesError``, or `CancellationError` when its task is cancelled.
public struct KubernetesClient: Sendable {
  public let transport: any Transport
  public let defaultNamespace: String

  public init(transport: some Transport, defaultNamespace: String = "default") {
    self.transport = transport
    self.defaultNamespace = defaultNamespace
  }

  /// Connects, runs `body`, and closes the connections when it ends, however it ends.
  public static func withClient<Value: Sendable>(
    configuration: ClientConfiguration, retry: RetryPolicy = RetryPolicy(),
    isolation: isolated (any Actor)? = #isolation, _ body: (KubernetesClient) async throws -> Value
  ) async throws -> Value {
    let http = try HTTPTransport(configuration: configuration)
    let client = KubernetesClient(
      transport: RetryingTransport(http, policy: retry), defaultNamespace: configuration.defaultNamespace)
    do {
      let value = try await body(client)
      try await http.shutdown()
      return value
    } catch {
      try? await http.shutdown()  // The first error is the one that tells something.
      throw error
    }
  }

  /// Sends a request and gives the body of its answer.
  /// - Throws: ``KubernetesError`` where the status is not 2xx.
  public func data(for request: Request) async throws -> Data {
    let response = try await transport.send(request)
    if let error = KubernetesError(response, operation: request.operation) { throw error }
    return response.body
  }

  /// Sends a request and gives its answer as JSON.
  public func json(for request: Request) async throws -> JSONValue {
    let body = try await data(for: request)
    do {
      return try JSONValue(parsing: body)
    } catch {
      throw KubernetesError(
        code: .decoding, operation: request.operation, message: "the answer is not JSON", cause: error)
    }
  }

  /// The body of a path outside of the resources.
  /// - Parameter path: For example `/version`, `/apis` or `/readyz`.
  public func get(path: String, query: [URLQueryItem] = []) async throws -> Data {
    try await data(for: .raw(path: path, query: query))
  }

  /// `/version`.
  public func serverVersion() async throws -> ServerVersion {
    try decode(await json(for: .raw(path: "/version")), operation: "get /version")
  }

  /// A container's output, as text.
  public func podLogs(name: String, namespace: String? = nil, options: LogOptions = LogOptions()) async throws -> String
  {
    let body = try await data(for: .podLogs(name: name, namespace: namespace ?? defaultNamespace, options: options))
    return String(decoding: body, as: UTF8.self)
  }

  func namespace(_ namespace: String?, for resource: ResourceType) -> String? {
    resource.isNamespaced ? namespace ?? defaultNamespace : nil
  }

  func decode<Value: Decodable>(_ json: JSONValue, operation: String) throws -> Value {
    do { return try json.decoded() } catch { throw KubernetesError.decoding(error, operation: operation) }
  }
}

/// What `/version` says.
public struct ServerVersion: Codable, Sendable, Hashable {
  public var major: String
  public var minor: String
  /// For example `v1.33.2`.
  public var gitVersion: String
}
