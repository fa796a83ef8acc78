import KubernetesModel

/// A resource in one served version: what discovery says of it, and what its objects must be like.
struct ServedResource: Sendable {
  /// What a CustomResourceDefinition adds for one of its versions.
  struct Custom: Sendable {
    var definitionName: String
    /// `additionalPrinterColumns`.
    var columns: [JSONValue]
    var scale: ScalePaths?
    /// Paths that field selectors may use, such as `.spec.color`.
    var selectableFields: [String]
    /// Non-nil where the version is deprecated.
    var deprecationWarning: String?
  }

  /// Where the `scale` subresource finds its numbers: member names from the root.
  struct ScalePaths: Sendable {
    var replicas: [String]
    var statusReplicas: [String]
    var selector: [String]?
  }

  var type: ResourceType
  var listKind: String
  var singular: String
  var shortNames: [String] = []
  var categories: [String] = []
  var verbs: [String] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
  /// Such as `status`, `scale`, `log`.
  var subresources: Set<String> = []
  /// Of the whole object, `metadata` included.
  var schema: Schema
  var rules: any ResourceRules
  /// Nil for built-in kinds.
  var custom: Custom?
  /// The version that is stored.
  var storageVersion: String

  init(
    _ type: ResourceType, singular: String? = nil, shortNames: [String] = [], categories: [String] = [],
    subresources: Set<String> = [], schema: Schema, rules: any ResourceRules
  ) {
    self.type = type
    self.listKind = type.kind + "List"
    self.singular = singular ?? type.kind.lowercased()
    self.shortNames = shortNames
    self.categories = categories
    self.subresources = subresources
    self.schema = schema
    self.rules = rules
    self.storageVersion = type.apiVersion
  }

  /// Events of both groups are the same objects.
  var collection: CollectionKey {
    type == .eventsV1
      ? CollectionKey(group: "", plural: "events") : CollectionKey(group: type.group, plural: type.plural)
  }

  var hasStatus: Bool { subresources.contains("status") }

  var isReview: Bool { verbs == ["create"] }

  /// An object as it is stored, in this version.
  func fromStorage(_ object: JSONValue) -> JSONValue {
    if type == .eventsV1 { return EventConversion.toEventsV1(object) }
    guard object["apiVersion"]?.stringValue != type.apiVersion else { return object }
    var object = object
    object["apiVersion"] = .string(type.apiVersion)
    return object
  }

  /// An object of this version, as it is stored.
  func toStorage(_ object: JSONValue) -> JSONValue {
    if type == .eventsV1 { return EventConversion.toCore(object) }
    guard object["apiVersion"]?.stringValue != storageVersion else { return object }
    var object = object
    object["apiVersion"] = .string(storageVersion)
    return object
  }
}

/// The two shapes of an Event
/// (https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/).
enum EventConversion {
  private static let names = [
    ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"), ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
  ]

  static func toEventsV1(_ event: JSONValue) -> JSONValue {
    guard event["apiVersion"]?.stringValue != "events.k8s.io/v1" else { return event }
    return renamed(event, names, apiVersion: "events.k8s.io/v1")
  }

  static func toCore(_ event: JSONValue) -> JSONValue {
    guard event["apiVersion"]?.stringValue != "v1" else { return event }
    return renamed(event, names.map { ($0.1, $0.0) }, apiVersion: "v1")
  }

  private static func renamed(
    _ event: JSONValue, _ names: [(from: String, to: String)], apiVersion: String
  ) -> JSONValue {
    var members = event.objectValue ?? [:]
    for (from, to) in names {
      guard let value = members.removeValue(forKey: from) else { continue }
      members[to] = value
    }
    if apiVersion != "v1" {
      for name in ["reportingController", "reportingInstance"] where members[name] == "" { members[name] = nil }
    }
    members["apiVersion"] = .string(apiVersion)
    return .object(members)
  }
}
