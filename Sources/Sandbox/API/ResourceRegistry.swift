import KubernetesModel
import Synchronization

/// Every resource that is served, built-in and custom.
final class ResourceRegistry: Sendable {
  private struct State {
    var builtIn: [ServedResource]
    /// By the definition's name.
    var custom: [String: [ServedResource]] = [:]
    /// Made for the resources as they are; nil after a change.
    var documents: OpenAPIDocuments?
  }

  private let state: Mutex<State>

  init(builtIn: [ServedResource]) { state = Mutex(State(builtIn: builtIn)) }

  /// Built-in ones first, then custom ones by name.
  func all() -> [ServedResource] {
    state.withLock { state in
      state.builtIn + state.custom.sorted { $0.key < $1.key }.flatMap(\.value)
    }
  }

  func find(group: String, version: String, plural: String) -> ServedResource? {
    all().first { $0.type.group == group && $0.type.version == version && $0.type.plural == plural }
  }

  func find(_ type: ResourceType) -> ServedResource? {
    find(group: type.group, version: type.version, plural: type.plural)
  }

  /// - Parameter resources: Empty to stop serving them.
  func replace(definition: String, with resources: [ServedResource]) {
    state.withLock { state in
      state.custom[definition] = resources.isEmpty ? nil : resources
      state.documents = nil
    }
  }

  /// The OpenAPI documents of what is served now.
  func documents() -> OpenAPIDocuments {
    if let documents = state.withLock({ $0.documents }) { return documents }
    let documents = OpenAPIDocuments(
      resources: all().map { OpenAPIDocuments.Resource($0.type, schema: $0.schema, subresources: $0.subresources) })
    state.withLock { $0.documents = documents }
    return documents
  }

  /// The served versions of each group, the preferred one first; the core group has the name "".
  func groups() -> [(name: String, versions: [String])] {
    var order: [String] = []
    var versions: [String: [String]] = [:]
    for resource in all() where !(versions[resource.type.group]?.contains(resource.type.version) ?? false) {
      if versions[resource.type.group] == nil { order.append(resource.type.group) }
      versions[resource.type.group, default: []].append(resource.type.version)
    }
    return order.map { ($0, (versions[$0] ?? []).sorted { APIVersionOrder.precedes($0, $1) }) }
  }
}

/// The priority of versions: v2, v1, v2beta1, v1alpha1, then others by name
/// (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority).
enum APIVersionOrder {
  static func precedes(_ left: String, _ right: String) -> Bool {
    let (first, second) = (rank(left), rank(right))
    if first != second { return first.lexicographicallyPrecedes(second) }
    return left < right
  }

  /// Smaller numbers come first.
  private static func rank(_ version: String) -> [Int] {
    guard let match = version.wholeMatch(of: /v(\d+)(?:(alpha|beta)(\d+))?/), let major = Int(match.1) else {
      return [1]
    }
    let stage = match.2.map { $0 == "beta" ? 1 : 2 } ?? 0
    return [0, stage, -major, -(match.3.flatMap { Int($0) } ?? 0)]
  }
}
