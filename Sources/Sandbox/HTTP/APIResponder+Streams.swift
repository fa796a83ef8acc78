import Foundation
import Hummingbird
import KubernetesModel
import NIOCore

extension APIResponder {
  /// A watch: one JSON document a line, until the client goes, the time is up or the server stops.
  func watch(_ call: Call) throws(APIError) -> Response {
    let options = WatchOptions(
      list: try listOptions(call), allowsBookmarks: call.query.flag("allowWatchBookmarks"),
      sendsInitialEvents: call.query.flag("sendInitialEvents"),
      timeoutSeconds: try call.query.integer("timeoutSeconds"))
    let form = try ResponseForm(accept: call.request.headers[.accept])
    let start: APIServer.WatchStart
    do throws(APIError) {
      start = try server.watch(call.resource, namespace: call.target.namespace, options: options)
    } catch {
      guard error.reason == .expired else { throw error }
      // A real server, too, says this in the stream.
      return Self.response(["type": "ERROR", "object": error.status])
    }
    // A real server picks between 30 and 60 minutes.
    let timeout = Duration.seconds(options.timeoutSeconds ?? Int.random(in: 1_800...3_600))
    let body = ResponseBody { writer in
      try await call.request.body.consumeWithCancellationOnInboundClose { _ in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            try? await Task.sleep(for: timeout)
            start.changes.stop()
          }
          var encoder = WatchEncoder(responder: self, call: call, form: form)
          // The headers go out at once, also where nothing happens for a long time.
          try await writer.write(encoder.encode(start.initial))
          for await change in start.changes.stream {
            guard
              let event = server.watchEvent(
                change, call.resource, namespace: call.target.namespace, options: options.list),
              event.type != "BOOKMARK" || options.allowsBookmarks
            else { continue }
            try await writer.write(encoder.encode([event]))
          }
          group.cancelAll()
        }
      }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok, headers: [.contentType: Self.contentType(form), .cacheControl: "no-cache, private"], body: body)
  }

  private static func contentType(_ form: ResponseForm) -> String {
    form == .table ? "application/json;as=Table;g=meta.k8s.io;v=v1" : "application/json"
  }

  /// Writes watch events in the form that the client asked for.
  private struct WatchEncoder {
    let responder: APIResponder
    let call: Call
    let form: ResponseForm
    /// Only the first table says its columns.
    var hasSentColumns = false

    mutating func encode(_ events: [WatchEvent]) -> ByteBuffer {
      var buffer = ByteBuffer()
      for event in events {
        buffer.writeBytes(JSONWriter.bytes(["type": .string(event.type), "object": object(event)]))
        buffer.writeInteger(UInt8(ascii: "\n"))
      }
      return buffer
    }

    private mutating func object(_ event: WatchEvent) -> JSONValue {
      switch form {
      case .metadata: return APIResponder.partial(event.object)
      case .table:
        let metadata: JSONValue = ["resourceVersion": .string(event.object.resourceVersion ?? "")]
        var table = responder.table(event.type == "BOOKMARK" ? [] : [event.object], call, metadata: metadata)
        if hasSentColumns { table["columnDefinitions"] = [] }
        hasSentColumns = true
        return table
      default: return event.object
      }
    }
  }

  /// `kubectl logs`
  func log(_ call: Call) async throws(APIError) -> Response {
    guard let logs = server.logProvider else { throw .notImplemented("pod logs without a pod runner") }
    let name = call.target.name ?? ""
    _ = try server.get(call.resource, namespace: call.target.namespace, name: name)
    let stream = try await logs.log(
      namespace: call.target.namespace ?? "", pod: name, container: call.query["container"],
      follow: call.query.flag("follow"), tailLines: try call.query.integer("tailLines"),
      previous: call.query.flag("previous"), sinceSeconds: try call.query.integer("sinceSeconds"),
      timestamps: call.query.flag("timestamps"))
    let body = ResponseBody { writer in
      try await call.request.body.consumeWithCancellationOnInboundClose { _ in
        for await chunk in stream { try await writer.write(chunk) }
      }
      try await writer.finish(nil)
    }
    return Response(status: .ok, headers: [.contentType: "text/plain"], body: body)
  }
}
