import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import KubernetesTestKit
import Synchronization
import Testing

/// A watcher on a real socket, whose server does one thing wrong after the other.
struct WatcherOverHTTPTests {
  private static func event(_ type: String, _ name: String, _ version: Int) -> String {
    #"{"type":"\#(type)","object":{"metadata":{"name":"\#(name)","namespace":"n","resourceVersion":"\#(version)"}}}"#
      + "\n"
  }

  private static func list(_ names: [String], _ version: Int) -> ScriptedServer.Step {
    let items = names.map { #"{"metadata":{"name":"\#($0)","namespace":"n","resourceVersion":"1"}}"# }
    return .json(#"{"metadata":{"resourceVersion":"\#(version)"},"items":[\#(items.joined(separator: ","))]}"#)
  }

  /// What the server answers to the first, second, … request; the last one for ever.
  private static let script: [(expects: String, steps: [ScriptedServer.Step])] = [
    ("limit=500", [.json("overloaded", status: "500 Internal Server Error")]),
    ("limit=500", [.close]),
    ("limit=500", [list(["a"], 10)]),
    // Cut in the middle of a line, without the end of the chunks.
    ("resourceVersion=10", [.chunks(event("ADDED", "b", 11), #"{"type":"ADDED","object":{"meta"#), .close]),
    // The same event comes again, whole; then the server is silent.
    ("resourceVersion=11", [.chunks(event("ADDED", "c", 12)), .hang]),
    ("resourceVersion=12", [.json("not yet", status: "503 Service Unavailable")]),
    // In two pieces, and an orderly end.
    (
      "resourceVersion=12",
      [
        .chunks(
          String(event("DELETED", "a", 13).prefix(20)), String(event("DELETED", "a", 13).dropFirst(20)), last: true)
      ]
    ),
    ("resourceVersion=13", [.json(#"{"code":410,"reason":"Expired","message":"too old"}"#, status: "410 Gone")]),
    ("limit=500", [list(["c", "d"], 20)]),
    ("resourceVersion=20", [.chunks(event("MODIFIED", "c", 21)), .hang]),
  ]

  @Test(.timeLimit(.minutes(1))) func everyFaultIsSurvivedAndNoChangeIsLost() async throws {
    let script = Self.script
    try await ScriptedServer.run(script: { _, number in script[min(number, script.count - 1)].steps }) { server in
      let limits = HTTPTransport.Limits(idle: .milliseconds(300))
      try await withTransport(ClientConfiguration(server: server.url), limits: limits) { transport in
        let informer = Informer(
          // The request's own limit of silence would be five minutes.
          KubernetesClient(transport: ShortWatches(base: transport)), ConfigMap.self,
          options: WatcherOptions(backoff: Backoff(base: .milliseconds(1), cap: .milliseconds(5), jitter: 0.5)),
          logger: quiet)
        let changes = Recorded<String>()
        informer.onChange { change in
          switch change {
          case .added(let object): changes.append("+\(object.key.name)")
          case .updated(_, let object): changes.append("=\(object.key.name)")
          case .deleted(let object): changes.append("-\(object.key.name)")
          case .broken(let metadata, _): changes.append("!\(metadata.name ?? "")")
          }
        }
        try await beside([informer.run]) {
          try await eventually { changes.values.last == "=c" && server.requests.count >= script.count }
        }
        #expect(changes.values.prefix(4) == ["+a", "+b", "+c", "-a"])
        #expect(Set(changes.values.dropFirst(4)) == ["-b", "=c", "+d"])
        for (number, step) in script.enumerated() {
          #expect(server.requests[number].contains(step.expects), "request \(number): \(server.requests[number])")
        }
      }
    }
  }
}

/// Leaves the limit of silence to the transport.
private struct ShortWatches: Transport {
  let base: HTTPTransport

  func send(_ request: Request) async throws -> Response { try await base.send(request) }

  func stream<Value: Sendable>(
    _ request: Request, consume: @escaping @Sendable (StreamedResponse) async throws -> Value
  ) async throws -> Value {
    var request = request
    request.timeout = nil
    return try await base.stream(request, consume: consume)
  }
}
