import Foundation
import KubernetesModel

/// One manager's part of `metadata.managedFields`.
struct ManagedFieldsEntry: Sendable {
  enum Operation: String, Sendable { case apply = "Apply", update = "Update" }

  /// What tells entries apart: an applier has one for all versions, an updater one for each.
  struct Identity: Hashable, Sendable {
    var manager: String
    var operation: Operation
    var subresource: String?
    /// Nil for appliers.
    var apiVersion: String?
  }

  var manager: String
  var operation: Operation
  var apiVersion: String
  var subresource: String?
  /// RFC 3339. Nil where the manager never changed anything: it applied what was there already.
  var time: String?
  var fields: FieldSet

  var identity: Identity {
    Identity(
      manager: manager, operation: operation, subresource: subresource,
      apiVersion: operation == .apply ? nil : apiVersion)
  }

  /// Nil where an entry is not well formed.
  fileprivate init?(json: JSONValue) {
    guard let operation = json["operation"]?.stringValue.flatMap(Operation.init),
      let apiVersion = json["apiVersion"]?.stringValue, let fields = FieldSet(fieldsV1: json["fieldsV1"] ?? [:])
    else { return nil }
    self.init(
      manager: json["manager"]?.stringValue ?? "", operation: operation, apiVersion: apiVersion,
      subresource: json["subresource"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 },
      time: json["time"]?.stringValue, fields: fields)
  }

  init(
    manager: String, operation: Operation, apiVersion: String, subresource: String?, time: String? = nil,
    fields: FieldSet
  ) {
    self.manager = manager
    self.operation = operation
    self.apiVersion = apiVersion
    self.subresource = subresource
    self.time = time
    self.fields = fields
  }

  fileprivate var json: JSONValue {
    var value: JSONValue = [
      "manager": .string(manager), "operation": .string(operation.rawValue), "apiVersion": .string(apiVersion),
      "fieldsType": "FieldsV1", "fieldsV1": fields.fieldsV1,
    ]
    value["subresource"] = subresource.map { .string($0) }
    value["time"] = time.map { .string($0) }
    return value
  }

  /// As messages of conflicts name a manager.
  var nameInConflicts: String {
    var text = JSONWriter.text(.string(manager))
    if let subresource { text += " with subresource \"\(subresource)\"" }
    return operation == .update ? "\(text) using \(apiVersion)" : text
  }
}

/// `metadata.managedFields`: who owns which fields.
struct ManagedFields: Sendable {
  private(set) var entries: [ManagedFieldsEntry] = []

  /// No owners.
  init() {}

  /// Nil where the list is not well formed.
  /// - Parameter object: The whole object.
  init?(of object: JSONValue?) {
    for value in object?[path: "metadata", "managedFields"]?.arrayValue ?? [] {
      guard let entry = ManagedFieldsEntry(json: value) else { return nil }
      entries.append(entry)
    }
  }

  /// The one empty entry with which clients clear the list.
  static func isReset(_ object: JSONValue) -> Bool {
    object[path: "metadata", "managedFields"] == [[:]]
  }

  subscript(identity: ManagedFieldsEntry.Identity) -> ManagedFieldsEntry? {
    entries.first { $0.identity == identity }
  }

  mutating func set(_ entry: ManagedFieldsEntry) {
    if let index = entries.firstIndex(where: { $0.identity == entry.identity }) {
      entries[index] = entry
    } else {
      entries.append(entry)
    }
  }

  /// Takes fields from every entry but one.
  mutating func remove(_ fields: FieldSet, except identity: ManagedFieldsEntry.Identity?) {
    for index in entries.indices where entries[index].identity != identity {
      entries[index].fields = entries[index].fields.subtracting(fields)
    }
  }

  /// Drops the fields that nobody owns, since the API server sets them, and then entries without fields.
  mutating func tidy() {
    for index in entries.indices { entries[index].fields = Self.tidied(entries[index].fields) }
    entries.removeAll(where: \.fields.isEmpty)
  }

  static func tidied(_ fields: FieldSet) -> FieldSet { fields.subtracting(neverOwned) }

  private static let neverOwned: FieldSet = {
    var set = FieldSet.empty
    for name in ["apiVersion", "kind", "metadata"] { set.insert([.field(name)]) }
    for name in [
      "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
      "resourceVersion",
    ] {
      set.insert([.field("metadata"), .field(name)])
    }
    return set
  }()

  /// Appliers first, then by time, name, version and subresource. Nil where nobody owns anything.
  var json: JSONValue? {
    if entries.isEmpty { return nil }
    func key(_ entry: ManagedFieldsEntry) -> (String, Date, String, String, String) {
      (
        entry.operation.rawValue, entry.time.flatMap { Timestamp($0)?.date } ?? .distantPast, entry.manager,
        entry.apiVersion, entry.subresource ?? ""
      )
    }
    return .array(entries.sorted { key($0) < key($1) }.map(\.json))
  }

  /// Whether two lists differ in nothing but times.
  static func areEqualApartFromTimes(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
    func timeless(_ list: JSONValue?) -> Set<JSONValue> {
      Set(
        (list?.arrayValue ?? []).map { entry in
          var entry = entry
          entry["time"] = nil
          return entry
        })
    }
    return timeless(left) == timeless(right)
  }
}
