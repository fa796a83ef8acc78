import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import Logging
import NIOCore
import SnapshotSource
import Subprocess
import Synchronization
import Tar
import TestServers

@testable import ResourceSet

/// An API server in memory with discovery, whose answers a test can replace.
final class StubCluster: Transport {
  static let configMaps = ResourceType(group: "", version: "v1", kind: "ConfigMap", plural: "configmaps")
  static let secrets = HelmReleases.secrets
  static let pods = ResourceType(group: "", version: "v1", kind: "Pod", plural: "pods")
  static let namespaces = ResourceType(
    group: "", version: "v1", kind: "Namespace", plural: "namespaces", isNamespaced: false)
  static let deployments = ResourceType(group: "apps", version: "v1", kind: "Deployment", plural: "deployments")
  static let events = ResourceType(group: "", version: "v1", kind: "Event", plural: "events")
  static let widgets = ResourceType(group: "example.com", version: "v1", kind: "Widget", plural: "widgets")
  static let clusterRoles = ResourceType(
    group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", plural: "clusterroles", isNamespaced: false)
  static let standard = [configMaps, secrets, pods, namespaces, deployments, events, widgets, clusterRoles]

  let api = InMemoryAPI()
  let resources: [ResourceType]
  let isAggregated: Bool
  private let override = Mutex<@Sendable (Request) throws -> Response?>({ _ in nil })
  private let sent = Mutex<[Request]>([])

  init(_ resources: [ResourceType] = standard, isAggregated: Bool = true) throws {
    self.resources = resources
    self.isAggregated = isAggregated
    for name in ["shop", "other"] { try put(Self.namespaces, name, in: nil) }
  }

  var client: KubernetesClient { KubernetesClient(transport: self) }
  var requests: [Request] { sent.withLock { $0 } }
  func lists(of resource: ResourceType) -> [Request] {
    requests.filter { $0.verb == .list && $0.path.hasSuffix("/\(resource.plural)") }
  }

  /// Answers in place of the server where it gives something.
  func onRequest(_ body: @escaping @Sendable (Request) throws -> Response?) { override.withLock { $0 = body } }

  func put(
    _ resource: ResourceType, _ name: String, in namespace: String? = "shop", _ more: JSONValue = [:],
    labels: [String: String] = [:], owner: String? = nil
  ) throws {
    var object: JSONValue = [
      "apiVersion": .string(resource.apiVersion), "kind": .string(resource.kind), "metadata": ["name": .string(name)],
    ]
    if let namespace { object["metadata"]?["namespace"] = .string(namespace) }
    if !labels.isEmpty { object["metadata"]?["labels"] = .object(labels.mapValues { .string($0) }) }
    if let owner {
      object["metadata"]?["ownerReferences"] = [["kind": .string(owner), "controller": true, "uid": "u"]]
    }
    for (key, value) in more.objectValue ?? [:] { object[key] = value }
    try api.put(resource, object)
  }

  func send(_ request: Request) async throws -> Response {
    sent.withLock { $0.append(request) }
    if let answer = try override.withLock({ $0 })(request) { return answer }
    if let document = discovery(request) { return Self.answer(document) }
    return try await api.send(request)
  }

  func stream<Value: Sendable>(
    _ request: Request, consume: @escaping @Sendable (StreamedResponse) async throws -> Value
  ) async throws -> Value {
    try await api.stream(request, consume: consume)
  }

  func webSocket<Value: Sendable>(
    _ request: Request, subprotocols: [String], limits: WebSocketLimits,
    _ body: (WebSocketConnection) async throws -> Value
  ) async throws -> Value {
    throw KubernetesError(code: .configuration, operation: request.operation, message: "no WebSockets here")
  }

  static func answer(_ value: JSONValue, status: Int = 200) -> Response {
    Response(status: status, body: (try? value.serialized()) ?? Data())
  }

  static func failure(_ code: Int, _ reason: String, continueToken: String? = nil) -> Response {
    var status: JSONValue = [
      "kind": "Status", "status": "Failure", "code": .integer(Int64(code)), "reason": .string(reason),
      "message": .string("the stub says \(reason)"),
    ]
    if let continueToken { status["metadata"] = ["continue": .string(continueToken)] }
    return answer(status, status: code)
  }

  // MARK: Discovery

  private func discovery(_ request: Request) -> JSONValue? {
    switch request.path {
    case "/version": ["major": "1", "minor": "36", "gitVersion": "v1.36.2"]
    case "/api", "/apis":
      isAggregated && request.accept.contains("apidiscovery")
        ? aggregated(isCore: request.path == "/api") : legacy(isCore: request.path == "/api")
    default: groupVersion(request.path)
    }
  }

  private var groups: [String: [String: [ResourceType]]] {
    Dictionary(grouping: resources, by: \.group).mapValues { Dictionary(grouping: $0, by: \.version) }
  }

  private func aggregated(isCore: Bool) -> JSONValue {
    let items = groups.filter { $0.key.isEmpty == isCore }.map { group, versions -> JSONValue in
      let versions = versions.sorted { $0.key > $1.key }.map { version, resources -> JSONValue in
        let list = resources.map { resource -> JSONValue in
          [
            "resource": .string(resource.plural), "scope": resource.isNamespaced ? "Namespaced" : "Cluster",
            "responseKind": ["kind": .string(resource.kind)], "verbs": ["get", "list", "watch"],
            "subresources": [["subresource": "status"]],
          ]
        }
        return ["version": .string(version), "freshness": "Current", "resources": .array(list)]
      }
      return ["metadata": ["name": .string(group)], "versions": .array(versions)]
    }
    return ["kind": "APIGroupDiscoveryList", "items": .array(items)]
  }

  private func legacy(isCore: Bool) -> JSONValue {
    if isCore { return ["kind": "APIVersions", "versions": ["v1"]] }
    let list = groups.filter { !$0.key.isEmpty }.map { group, versions -> JSONValue in
      let names = versions.keys.sorted()
      return [
        "name": .string(group), "versions": .array(names.map { ["version": .string($0)] }),
        "preferredVersion": ["version": .string(names.last ?? "")],
      ]
    }
    return ["kind": "APIGroupList", "groups": .array(list)]
  }

  private func groupVersion(_ path: String) -> JSONValue? {
    let parts = path.split(separator: "/").map(String.init)
    guard parts.first == "api" ? parts.count == 2 : parts.count == 3 else { return nil }
    let group = parts[0] == "api" ? "" : parts[1]
    guard let found = groups[group]?[parts[parts.count - 1]] else { return nil }
    let list = found.flatMap { resource -> [JSONValue] in
      let one: JSONValue = [
        "name": .string(resource.plural), "kind": .string(resource.kind), "namespaced": .bool(resource.isNamespaced),
        "verbs": ["get", "list"],
      ]
      var status = one
      status["name"] = .string(resource.plural + "/status")
      return [one, status]
    }
    return ["kind": "APIResourceList", "resources": .array(list)]
  }
}

/// What a capture wrote.
struct Captured {
  var bytes: ByteBuffer
  var header: ResourceSetHeader
  var index: ResourceSetIndex
  /// By path; of one that comes twice the last.
  var objects: [String: JSONValue]

  /// `plural/name`, or `plural/namespace/name` outside of `shop`, of what counts.
  var names: [String] {
    var dropped = Dictionary((index.superseded ?? []).map { ($0, 1) }, uniquingKeysWith: +)
    return paths.filter { path in
      guard let left = dropped[path], left > 0 else { return true }
      dropped[path] = left - 1
      return false
    }.map { path in
      let parts = path.split(separator: "/")
      let name = parts[5].dropLast(".yaml".count)
      return parts[4] == "shop" || parts[4] == "_cluster" ? "\(parts[3])/\(name)" : "\(parts[3])/\(parts[4])/\(name)"
    }.sorted()
  }

  var paths: [String]

  init(_ bytes: ByteBuffer) throws {
    self.bytes = bytes
    var reader = ResourceSetReader(parsesObjects: true)
    (objects, paths) = ([:], [])
    for event in try reader.consume(bytes) {
      guard case .object(let path, let object?) = event else { continue }
      objects[path] = object
      paths.append(path)
    }
    (header, index) = try reader.finish()
  }
}

func source(_ cluster: StubCluster, _ modify: (inout ResourcesConfiguration) -> Void = { _ in }) -> ResourcesSource {
  var configuration = ResourcesConfiguration(scope: .namespaces(["shop"]))
  modify(&configuration)
  return source(cluster.client, configuration)
}

func source(_ client: KubernetesClient, _ configuration: ResourcesConfiguration) -> ResourcesSource {
  ResourcesSource(
    name: "project", configuration: configuration, client: client,
    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
}

/// Everything that a capture gives, checked as a reader would.
func capture(_ source: ResourcesSource) async throws -> (set: Captured, facts: SnapshotFacts) {
  var bytes = ByteBuffer()
  let facts = try await source.capture { bytes.writeImmutableBuffer($0) }
  return (try Captured(bytes), facts)
}

/// Why a capture fails; nil where it does not.
func refusal(_ source: ResourcesSource) async -> SnapshotSourceError? {
  do {
    _ = try await capture(source)
    return nil
  } catch {
    return error as? SnapshotSourceError
  }
}

/// A folder that is removed at the end.
func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
  let path = FileManager.default.temporaryDirectory.path + "/resource-set-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await body(path)
}

/// Runs a program to its end.
/// - Throws: Where it fails, with what it said.
@discardableResult
func run(_ program: String, _ arguments: [String], input: String = "", package: String) async throws -> String {
  _ = try Tool.find(program, package: package)
  let result = try await Subprocess.run(
    .name(program), arguments: Arguments(arguments), input: .text(input), output: .string(limit: 16 << 20),
    error: .string(limit: 1 << 20))
  guard result.terminationStatus == .exited(0) else {
    throw TestServerError("\(program) \(arguments.joined(separator: " ")): \(result.standardError)")
  }
  return result.standardOutput
}
