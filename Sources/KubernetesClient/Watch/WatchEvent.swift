public import Foundation
public import KubernetesModel

/// One line of a watch, its object not yet read as a type.
public enum WatchEvent: Sendable, Hashable {
  case added(JSONValue)
  case modified(JSONValue)
  case deleted(JSONValue)
  /// Nothing changed up to this resource version.
  case bookmark(resourceVersion: String)
  /// The watch is at its end, for example with code 410.
  case error(APIStatus)
  /// A type that this library does not know.
  case unknown(String)

  /// - Parameter line: `{"type": ..., "object": ...}`.
  /// - Throws: `DecodingError` where it is not JSON of that shape.
  public init(line: Data) throws {
    let json = try JSONValue(parsing: line)
    guard let type = json["type"]?.stringValue, let object = json["object"], case .object = object else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "not a watch event"))
    }
    switch type {
    case "ADDED": self = .added(object)
    case "MODIFIED": self = .modified(object)
    case "DELETED": self = .deleted(object)
    case "BOOKMARK":
      guard let version = object.resourceVersion else {
        throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "a bookmark without resourceVersion"))
      }
      self = .bookmark(resourceVersion: version)
    case "ERROR": self = .error((try? object.decoded()) ?? APIStatus(code: 500, message: "unreadable error"))
    default: self = .unknown(type)
    }
  }
}

extension KubernetesClient {
  /// Hands over each event of one watch until the server ends it.
  ///
  /// The watch ends without an error when the server ends it, also in the middle of a line: what was cut comes again
  /// with the next watch. It is neither reconnected nor restarted here; `KubernetesRuntime` does that.
  /// - Parameters:
  ///   - namespace: nil means all.
  ///   - onOpen: Called once the server has taken the watch; a quiet kind has no event for hours.
  ///   - onEvent: Called in order; the next event waits for it.
  /// - Throws: ``KubernetesError``, or what `onEvent` throws.
  public func watch(
    _ resource: ResourceType, namespace: String? = nil, options: WatchOptions = WatchOptions(),
    onOpen: @escaping @Sendable () -> Void = {},
    onEvent: @escaping @Sendable (WatchEvent) async throws -> Void
  ) async throws {
    let request = try Request.watch(
      resource, namespace: resource.isNamespaced ? namespace : nil, options: options)
    try await transport.stream(request) { response in
      guard (200..<300).contains(response.status) else {
        let body = try await response.body.collect(upTo: 1 << 20)
        let whole = Response(status: response.status, headers: response.headers, body: body)
        if let error = KubernetesError(whole, operation: request.operation) { throw error }
        return
      }
      onOpen()
      var lines = LineDecoder()
      for try await piece in response.body {
        for line in try Self.split(piece, with: &lines, operation: request.operation) {
          try await onEvent(Self.event(line, operation: request.operation))
        }
      }
    }
  }

  private static func split(_ piece: Data, with lines: inout LineDecoder, operation: String) throws -> [Data] {
    do {
      return try lines.append(piece)
    } catch {
      throw KubernetesError(code: .decoding, operation: operation, message: "an event is too long", cause: error)
    }
  }

  private static func event(_ line: Data, operation: String) throws -> WatchEvent {
    do { return try WatchEvent(line: line) } catch { throw KubernetesError.decoding(error, operation: operation) }
  }
}
