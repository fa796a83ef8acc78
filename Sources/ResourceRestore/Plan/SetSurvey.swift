internal import CertManagerSource
internal import KubernetesModel
internal import ResourceSet

/// What one look through a set tells: which members count, what is coming, and the PKI without its Secrets. Of other
/// objects names alone are kept.
struct SetSurvey: Sendable {
  /// The path of each member, in order.
  private(set) var paths: [String] = []
  private(set) var resources: [ResourceType] = []
  private(set) var header: ResourceSetHeader?
  private(set) var index: ResourceSetIndex?
  /// What is in the backup, as owners name it.
  private(set) var coming: Set<ObjectPlanner.OwnerKey> = []
  /// `plural.group` and version of what the definitions in the set define.
  private(set) var defined: Set<String> = []
  /// Certificates and issuers, without status.
  private(set) var certificates: [JSONValue] = []
  private(set) var issuers: [JSONValue] = []
  private(set) var clusterIssuerSecrets: Set<String> = []
  private var interned: [ResourceType: ResourceType] = [:]
  private let planner: ObjectPlanner

  init(planner: ObjectPlanner) { self.planner = planner }

  mutating func add(_ object: JSONValue, path: String) throws {
    let resource = try Self.resource(of: object, path: path)
    let known = interned[resource] ?? resource
    interned[resource] = known
    paths.append(path)
    resources.append(known)
    coming.insert(
      ObjectPlanner.OwnerKey(
        apiVersion: known.apiVersion, kind: known.kind,
        key: ObjectKey(namespace: planner.target(of: object, known).namespace, name: object.name ?? "")))
    switch RestorePhase(known) {
    case .definitions:
      let plural = object[path: "spec", "names", "plural"]?.stringValue ?? ""
      let group = object[path: "spec", "group"]?.stringValue ?? ""
      for version in object[path: "spec", "versions"]?.arrayValue ?? [] {
        defined.insert("\(plural).\(group)/\(version["name"]?.stringValue ?? "")")
      }
    case .certificates: certificates.append(Self.trimmed(object))
    case .issuers:
      issuers.append(Self.trimmed(object))
      if known.kind == "ClusterIssuer" { clusterIssuerSecrets.formUnion(IssuerSecrets.names(in: object)) }
    default: return
    }
  }

  mutating func end(_ header: ResourceSetHeader, _ index: ResourceSetIndex) {
    self.header = header
    self.index = index
  }

  /// Members that a later one replaced: so many of the first of a name.
  var superseded: Set<Int> {
    var dropped = Dictionary((index?.superseded ?? []).map { ($0, 1) }, uniquingKeysWith: +)
    guard !dropped.isEmpty else { return [] }
    var result: Set<Int> = []
    for (ordinal, path) in paths.enumerated() {
      guard let left = dropped[path], left > 0 else { continue }
      dropped[path] = left - 1
      result.insert(ordinal)
    }
    return result
  }

  private static func trimmed(_ object: JSONValue) -> JSONValue {
    var object = object
    object["status"] = nil
    object["metadata"]?["managedFields"] = nil
    return object
  }

  /// From the member's name, which says the plural and whether it is in a namespace, and the object, which says its kind.
  /// - Throws: ``ResourceSetError`` where the two do not belong together.
  static func resource(of object: JSONValue, path: String) throws -> ResourceType {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 6, parts[0] == ResourceSetFormat.folder, let kind = object.kind, !kind.isEmpty,
      let name = object.name, !name.isEmpty, let apiVersion = object.apiVersion
    else { throw ResourceSetError(.invalidMember, "it is no API object, or has no name", member: path) }
    let split = apiVersion.split(separator: "/", maxSplits: 1).map(String.init)
    let resource = ResourceType(
      group: split.count == 2 ? split[0] : "", version: split.last ?? "", kind: kind, plural: parts[3],
      isNamespaced: parts[4] != ResourceSetFormat.noNamespace)
    // What it says of itself is what is written: a member under another's name is not followed.
    guard ResourceSetFormat.path(of: resource, namespace: object.namespace, name: name) == path else {
      throw ResourceSetError(
        .invalidMember, "it holds \(kind) \(object.key), which has another name in a set", member: path)
    }
    return resource
  }
}
