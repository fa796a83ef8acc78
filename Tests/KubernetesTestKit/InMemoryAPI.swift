import Foundation
public import KubernetesClient
public import KubernetesModel
import Synchronization

/// An API server in memory, as a transport: objects with resource versions, conflicts, watches, pages, and faults on
/// demand. It knows no schemas, no defaults and no controllers.
public final class InMemoryAPI: Transport {
  /// What goes wrong with a request.
  public enum Fault: Sendable {
    case status(Int, reason: String? = nil, headers: [String: String] = [:])
    case connectionLost
    /// The server does it, but the answer is lost.
    case answerLost
    /// No answer until the task is cancelled.
    case hang
  }

  struct Event {
    let type: String
    let object: JSONValue
    let version: Int
    let path: String
  }

  struct Watch {
    let path: String
    let selector: String?
    let continuation: AsyncStream<Data>.Continuation
  }

  struct State {
    var version = 100
    /// By the path of the object.
    var objects: [String: JSONValue] = [:]
    var log: [Event] = []
    /// Versions below this have expired.
    var oldest = 0
    var watches: [Int: Watch] = [:]
    var nextWatch = 0
    var requests: [Request] = []
    var fault: @Sendable (Request) -> Fault? = { _ in nil }
  }

  let state = Mutex(State())

  public init() {}

  /// A client over this server.
  public var client: KubernetesClient { KubernetesClient(transport: self) }

  /// All requests so far.
  public var requests: [Request] { state.withLock { $0.requests } }

  /// Watches that are open.
  public var watchCount: Int { state.withLock { $0.watches.count } }

  /// Decides about each request from here on.
  public func onRequest(_ fault: @escaping @Sendable (Request) -> Fault?) { state.withLock { $0.fault = fault } }

  /// Lets everything succeed again.
  public func clearFaults() { onRequest { _ in nil } }

  /// The object as the server holds it.
  public func object(_ resource: ResourceType, _ key: ObjectKey) -> JSONValue? {
    guard let path = try? Request.get(resource, name: key.name, namespace: key.namespace).path else { return nil }
    return state.withLock { $0.objects[path] }
  }

  /// All objects of a kind, in the order of their paths.
  public func objects(_ resource: ResourceType) -> [JSONValue] {
    state.withLock { state in
      state.objects.filter { Self.collection(of: $0.key).hasSuffix("/\(resource.plural)") }
        .sorted { $0.key < $1.key }.map(\.value)
    }
  }

  /// Stores an object without a request, whatever it looks like.
  public func put(_ resource: ResourceType, _ object: JSONValue) throws {
    let path = try Request.get(resource, name: object.name ?? "", namespace: object.namespace).path
    state.withLock { Self.store(object, at: path, in: &$0) }
  }

  /// Answers a GET of a path that is no object's: discovery.
  public func serve(_ answer: JSONValue, at path: String) { state.withLock { $0.objects[path] = answer } }

  /// Removes an object without a request.
  public func remove(_ resource: ResourceType, _ key: ObjectKey) throws {
    let path = try Request.get(resource, name: key.name, namespace: key.namespace).path
    state.withLock { state in
      guard let object = state.objects.removeValue(forKey: path) else { return }
      Self.publish("DELETED", object, at: path, in: &state)
    }
  }

  /// Ends all watches, as a server does that restarts.
  public func cutWatches() {
    let watches = state.withLock { state in
      defer { state.watches = [:] }
      return Array(state.watches.values)
    }
    for watch in watches { watch.continuation.finish() }
  }

  /// Forgets the history, so that older versions get 410.
  public func compact() {
    state.withLock {
      $0.oldest = $0.version + 1; $0.log = []
    }
  }

  /// Sends raw bytes to all watches.
  public func sendToWatches(_ text: String) {
    state.withLock { state in
      for watch in state.watches.values { watch.continuation.yield(Data(text.utf8)) }
    }
  }

  public func send(_ request: Request) async throws -> Response {
    try Task.checkCancellation()
    let fault = state.withLock { state in
      state.requests.append(request)
      return state.fault(request)
    }
    switch fault {
    case nil: return answer(request)
    case .status(let code, let reason, let headers):
      return Self.failure(code, reason: reason ?? "Injected", headers: headers)
    case .connectionLost: throw Self.lost(request)
    case .answerLost:
      _ = answer(request)
      throw Self.lost(request)
    case .hang:
      try await Task.sleep(for: .seconds(3_600))
      throw Self.lost(request)
    }
  }

  public func stream<Value: Sendable>(
    _ request: Request, consume: @escaping @Sendable (StreamedResponse) async throws -> Value
  ) async throws -> Value {
    guard request.verb == .watch else {
      let response = try await send(request)
      return try await consume(Self.streamed(response))
    }
    let fault = state.withLock { state in
      state.requests.append(request)
      return state.fault(request)
    }
    switch fault {
    case .status(let code, let reason, let headers):
      return try await consume(Self.streamed(Self.failure(code, reason: reason ?? "Injected", headers: headers)))
    case .connectionLost, .answerLost: throw Self.lost(request)
    case .hang:
      try await Task.sleep(for: .seconds(3_600))
      throw Self.lost(request)
    case nil: break
    }
    guard let (id, stream) = openWatch(request) else {
      return try await consume(Self.streamed(Self.failure(410, reason: "Expired")))
    }
    defer { state.withLock { $0.watches[id] = nil } }
    let value = try await consume(StreamedResponse(status: 200, body: ResponseBody(stream)))
    try Task.checkCancellation()
    return value
  }

  private static func lost(_ request: Request) -> KubernetesError {
    KubernetesError(code: .connection, operation: request.operation, message: "the connection is lost (injected)")
  }

  private static func streamed(_ response: Response) -> StreamedResponse {
    let body = AsyncStream<Data> { continuation in
      continuation.yield(response.body)
      continuation.finish()
    }
    return StreamedResponse(status: response.status, headers: response.headers, body: ResponseBody(body))
  }
}
