import Foundation
import KubernetesModel

/// Server-side apply and the tracking of who owns which field
/// (https://kubernetes.io/docs/reference/using-api/server-side-apply/).
///
/// Pure: the algorithm is that of `sigs.k8s.io/structured-merge-diff` and of apimachinery's `managedfields`, for objects
/// of a single version.
struct ServerSideApply {
  private let schema: Schema
  private let apiVersion: String
  private let manager: String
  private let subresource: String?
  private let time: String

  private init(schema: Schema, apiVersion: String, manager: String, subresource: String?, now: Date) {
    self.schema =
      schema.properties["metadata"] == nil
      ? schema.with(property: "metadata", BuiltInSchemas.shared["ObjectMeta"]) : schema
    self.apiVersion = apiVersion
    self.manager = manager
    self.subresource = subresource
    time = Timestamp(now).description
  }

  /// Applies a configuration.
  ///
  /// The result is live merged with the configuration, without the fields that the manager applied before, now leaves
  /// out and nobody else owns. Where nothing changes, it equals `live`.
  ///
  /// - Parameters:
  ///   - patch: The whole applied configuration, with `apiVersion`, `kind` and `metadata.name`.
  ///   - live: Nil creates. With its `metadata.managedFields`.
  ///   - schema: Of the whole resource.
  ///   - subresource: `status`, or nil.
  ///   - hasStatusSubresource: Whether a write of the object itself leaves `status` alone.
  /// - Throws: 422 without a manager, 400 for `managedFields` in the patch, 500 where the patch does not fit the schema,
  ///   409 for conflicts.
  static func apply(
    _ patch: JSONValue, on live: JSONValue?, manager: String, force: Bool, schema: Schema, apiVersion: String,
    subresource: String?, hasStatusSubresource: Bool = true, now: Date
  ) throws(APIError) -> JSONValue {
    guard !manager.isEmpty else { throw Self.missingManager }
    if let fields = patch[path: "metadata", "managedFields"], !fields.isNull {
      throw .badRequest("metadata.managedFields must be nil")
    }
    let operation = ServerSideApply(
      schema: schema, apiVersion: apiVersion, manager: manager, subresource: subresource, now: now)
    try operation.validate(patch)
    let configuration = operation.withoutIgnoredFields(patch, hasStatusSubresource: hasStatusSubresource)
    return try operation.applyAsKubectl(configuration, on: live, force: force)
  }

  private static let missingManager = APIError(
    code: 422, reason: .invalid,
    message: "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
    causes: [
      APIError.Cause(
        reason: "FieldValueRequired", message: "Required value: is required for apply patch", field: "fieldManager")
    ], group: "meta.k8s.io", kind: "PatchOptions")

  private func validate(_ patch: JSONValue) throws(APIError) {
    let rooted = schema.with(property: "apiVersion", .string).with(property: "kind", .string)
    let errors = AppliedConfigurationValidator.errors(in: patch, schema: rooted)
    guard !errors.isEmpty else { return }
    let text = errors.count == 1 ? errors[0] : "errors:\n  " + errors.joined(separator: "\n  ")
    let groupVersion = apiVersion.contains("/") ? apiVersion : "/\(apiVersion)"
    let object = "\(patch.namespace ?? "")/\(patch.name ?? ""); \(groupVersion), Kind=\(patch.kind ?? "")"
    // The API server gives no reason here.
    throw APIError(
      code: 500, reason: APIError.Reason(rawValue: ""),
      message: "failed to create typed patch object (\(object)): \(text)")
  }

  /// A write of the object leaves `status` alone; one of the status leaves alone what is not status.
  private func withoutIgnoredFields(_ patch: JSONValue, hasStatusSubresource: Bool) -> JSONValue {
    var patch = patch
    if subresource == "status" {
      patch["spec"] = nil
      if schema.reference == nil {
        var metadata: JSONValue = [:]
        for name in ["name", "namespace"] { metadata[name] = patch[path: "metadata", name] }
        patch["metadata"] = metadata
      }
    } else if hasStatusSubresource {
      patch["status"] = nil
    }
    return patch
  }

  // MARK: - kubectl's client-side apply

  /// `kubectl apply --server-side` may overwrite what `kubectl apply` wrote, and keeps its annotation up to date
  /// (https://kubernetes.io/docs/reference/using-api/server-side-apply/#upgrading-from-client-side-apply-to-server-side-apply).
  private func applyAsKubectl(_ patch: JSONValue, on live: JSONValue?, force: Bool) throws(APIError) -> JSONValue {
    guard manager == "kubectl", let live, let lastApplied = LastApplied.fields(of: live, schema: schema) else {
      return try apply(patch, on: live, conflictsAllowedIn: force ? .all : .fields(.empty))
    }
    let result = try apply(patch, on: live, conflictsAllowedIn: force ? .all : .fields(lastApplied))
    return LastApplied.refreshed(result, with: patch)
  }

  private enum AllowedConflicts {
    case all
    /// All or nothing: a conflict elsewhere is reported, without those that are allowed.
    case fields(FieldSet)
  }

  // MARK: - Apply

  private func apply(
    _ patch: JSONValue, on live: JSONValue?, conflictsAllowedIn allowed: AllowedConflicts
  ) throws(APIError) -> JSONValue {
    let before = Self.withoutManagedFields(live ?? [:])
    var managed = live.flatMap { ManagedFields(of: $0) } ?? ManagedFields()
    if live != nil, managed.entries.isEmpty { managed.set(entryBeforeFirstApply(before)) }

    var own = ManagedFieldsEntry(
      manager: manager, operation: .apply, apiVersion: apiVersion, subresource: subresource,
      fields: FieldSet(of: patch, schema: schema))
    let previous = managed[own.identity]
    own.time = previous?.time
    managed.set(own)

    let merged = ApplyMerge.merge(before, patch, schema) ?? patch
    let after = pruned(merged, previous: previous?.fields, managed: managed)
    let changes = FieldChanges(from: before, to: after, schema: schema)
    let taken = changes.added.union(changes.modified)
    try checkConflicts(managed, with: taken, own: own.identity, allowed: allowed)

    managed.remove(taken.union(changes.removed), except: own.identity)
    if before != after {
      own.time = time
      managed.set(own)
    }
    managed.tidy()
    return Self.object(after, managed: managed, previous: live)
  }

  /// Owns whatever an object has that nobody tracked so far.
  private func entryBeforeFirstApply(_ live: JSONValue) -> ManagedFieldsEntry {
    let changes = FieldChanges(from: [:], to: live, schema: schema)
    return ManagedFieldsEntry(
      manager: "before-first-apply", operation: .update, apiVersion: apiVersion, subresource: subresource, time: time,
      fields: changes.added.union(changes.modified))
  }

  /// Takes out what the manager applied before and nobody, itself included, owns now.
  private func pruned(_ merged: JSONValue, previous: FieldSet?, managed: ManagedFields) -> JSONValue {
    guard let previous, !previous.isEmpty else { return merged }
    let last = previous.includingNamedFields(schema)
    let all = FieldSet(of: merged, schema: schema).includingNamedFields(schema)
    let owned = managed.entries.reduce(FieldSet.empty) { $0.union($1.fields) }.includingNamedFields(schema)

    // First everything of the last configuration goes, with what hangs below it.
    let bare = merged.removing(last, schema: schema) ?? [:]
    // Then what someone owns comes back,
    let kept = FieldSet(of: bare, schema: schema).includingNamedFields(schema)
    let withOwned = merged.removing(all.subtracting(kept.union(owned)), schema: schema) ?? [:]
    // and what was not in the last configuration.
    let left = FieldSet(of: withOwned, schema: schema).includingNamedFields(schema)
    return merged.removing(all.subtracting(left).intersection(last), schema: schema) ?? [:]
  }

  // MARK: - Conflicts

  private func checkConflicts(
    _ managed: ManagedFields, with taken: FieldSet, own: ManagedFieldsEntry.Identity, allowed: AllowedConflicts
  ) throws(APIError) {
    guard case .fields(let allowed) = allowed else { return }
    var conflicts: [(manager: String, paths: [String])] = []
    for entry in managed.entries where entry.identity != own {
      let paths = entry.fields.intersection(taken).subtracting(allowed).paths
      if paths.isEmpty { continue }
      conflicts.append((entry.nameInConflicts, paths.map { $0.map(\.description).joined() }))
    }
    if !conflicts.isEmpty { throw Self.conflict(conflicts.sorted { $0.manager < $1.manager }) }
  }

  private static func conflict(_ conflicts: [(manager: String, paths: [String])]) -> APIError {
    let causes = conflicts.flatMap { manager, paths in
      paths.map {
        APIError.Cause(reason: "FieldManagerConflict", message: "conflict with \(manager)", field: $0)
      }
    }
    var message = "Apply failed with \(causes.count) conflict"
    if causes.count == 1 {
      message += ": \(causes[0].message): \(causes[0].field)"
    } else {
      let lines = conflicts.flatMap { ["conflicts with \($0.manager):"] + $0.paths.map { "- \($0)" } }
      message += "s: " + lines.joined(separator: "\n")
    }
    return APIError(code: 409, reason: .conflict, message: message, causes: causes)
  }

  // MARK: - Other writes

  /// Tracks a create, an update or a patch: what changed belongs to its manager, alone.
  ///
  /// Idempotent: an update that changes nothing keeps `before`'s `managedFields`, times included.
  ///
  /// - Parameters:
  ///   - before: Nil for a create.
  ///   - after: As it will be stored, defaults included; its `managedFields` are what the client sent.
  ///   - subresource: `status`, `scale` and so on; nil for the object itself.
  /// - Returns: `after` with its `metadata.managedFields`.
  static func trackUpdate(
    before: JSONValue?, after: JSONValue, manager: String, schema: Schema, apiVersion: String, subresource: String?,
    now: Date
  ) -> JSONValue {
    let operation = ServerSideApply(
      schema: schema, apiVersion: apiVersion, manager: manager, subresource: subresource, now: now)
    return operation.trackUpdate(before: before, after: after)
  }

  private func trackUpdate(before: JSONValue?, after: JSONValue) -> JSONValue {
    var managed = managedFieldsOfRequest(before: before, after: after)
    let new = Self.withoutManagedFields(after)
    // An object that nobody tracks stays so until it is applied.
    if before != nil, managed.entries.isEmpty { return new }
    let changes = FieldChanges(from: Self.withoutManagedFields(before ?? [:]), to: new, schema: schema)
    let taken = changes.added.union(changes.modified)
    managed.remove(taken.union(changes.removed), except: nil)
    var own = ManagedFieldsEntry(
      manager: manager, operation: .update, apiVersion: apiVersion, subresource: subresource, time: time,
      fields: ManagedFields.tidied(taken))
    if !own.fields.isEmpty {
      own.fields = own.fields.union(managed[own.identity]?.fields ?? .empty)
      managed.set(own)
    }
    managed.tidy()
    return Self.object(new, managed: managed, previous: before)
  }

  /// The owners that the client sent, so that it can change them; the stored ones where it sent none, or no sound ones,
  /// or through a subresource.
  private func managedFieldsOfRequest(before: JSONValue?, after: JSONValue) -> ManagedFields {
    if subresource == nil {
      if ManagedFields.isReset(after) { return ManagedFields() }
      if let sent = ManagedFields(of: after), !sent.entries.isEmpty { return sent }
    }
    return ManagedFields(of: before) ?? ManagedFields()
  }

  // MARK: - Parts

  private static func withoutManagedFields(_ object: JSONValue) -> JSONValue {
    guard object[path: "metadata", "managedFields"] != nil else { return object }
    var object = object
    object["metadata"]?["managedFields"] = nil
    return object
  }

  /// - Parameter previous: Its owners stay, times included, where nothing but times would change.
  private static func object(_ content: JSONValue, managed: ManagedFields, previous: JSONValue?) -> JSONValue {
    var fields = managed.json
    if let previous, withoutManagedFields(previous) == content {
      let old = previous[path: "metadata", "managedFields"]
      if ManagedFields.areEqualApartFromTimes(old, fields) { fields = old }
    }
    guard let fields else { return content }
    var content = content
    var metadata = content["metadata"] ?? [:]
    metadata["managedFields"] = fields
    content["metadata"] = metadata
    return content
  }
}
