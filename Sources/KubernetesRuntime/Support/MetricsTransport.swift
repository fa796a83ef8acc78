public import KubernetesClient
import Metrics

/// Counts calls: `kubernetes_api_requests_total` by `verb`, `resource` and `code` (an HTTP status, or the kind of failure), and
/// measures them: `kubernetes_api_request_duration_seconds` by `verb`. A watch counts when its answer begins.
public struct MetricsTransport<Base: Transport>: Transport {
  private let base: Base

  public init(_ base: Base) { self.base = base }

  public func send(_ request: Request) async throws -> Response {
    let start = ContinuousClock.now
    do {
      let response = try await base.send(request)
      Self.count(request, code: String(response.status))
      Timer(label: "kubernetes_api_request_duration_seconds", dimensions: [("verb", request.verb.rawValue)])
        .record(duration: ContinuousClock.now - start)
      return response
    } catch {
      Self.count(request, code: Self.code(error))
      throw error
    }
  }

  public func stream<Value: Sendable>(
    _ request: Request, consume: @escaping @Sendable (StreamedResponse) async throws -> Value
  ) async throws -> Value {
    try await base.stream(request) { response in
      Self.count(request, code: String(response.status))
      return try await consume(response)
    }
  }

  public func webSocket<Value: Sendable>(
    _ request: Request, subprotocols: [String], limits: WebSocketLimits,
    _ body: (WebSocketConnection) async throws -> Value
  ) async throws -> Value {
    try await base.webSocket(request, subprotocols: subprotocols, limits: limits, body)
  }

  private static func code(_ error: any Error) -> String {
    (error as? KubernetesError)?.code.description ?? (error is CancellationError ? "cancelled" : "error")
  }

  private static func count(_ request: Request, code: String) {
    Counter(
      label: "kubernetes_api_requests_total",
      dimensions: [("verb", request.verb.rawValue), ("resource", resource(ofPath: request.path)), ("code", code)]
    ).increment()
  }

  /// `backups`, `backups/status`; empty where the path is no resource's.
  static func resource(ofPath path: String) -> String {
    var parts = path.split(separator: "/")
    // /api/v1/… or /apis/<group>/<version>/…
    parts.removeFirst(min(parts.count, parts.first == "api" ? 2 : 3))
    if parts.first == "namespaces", parts.count > 2 { parts.removeFirst(2) }
    guard let resource = parts.first else { return "" }
    return parts.count > 2 ? "\(resource)/\(parts[2])" : String(resource)
  }
}
