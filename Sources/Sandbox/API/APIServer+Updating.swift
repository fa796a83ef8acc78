import Foundation
import KubernetesModel

extension APIServer {
  /// PUT: replaces an object, its `status`, `scale` or `finalize` part.
  func update(
    _ resource: ServedResource, namespace: String?, name: String, object: JSONValue, subresource: String?,
    options: WriteOptions = WriteOptions(), duplicates: [String] = []
  ) throws(APIError) -> WriteResult {
    if subresource == "scale" {
      return try updateScale(resource, namespace: namespace, name: name, options: options) { _ in object }
    }
    let (decoded, warnings) = try decode(object, resource, options: options, duplicates: duplicates)
    var result = try modify(
      resource, namespace: namespace, name: name, subresource: subresource, options: options, warnings: { warnings }
    ) { current throws(APIError) in
      if let own = decoded.name, own != name {
        throw .badRequest("the name of the object (\(own)) does not match the name on the URL (\(name))")
      }
      if let own = decoded.namespace, !own.isEmpty, own != namespace, resource.type.isNamespaced {
        throw .badRequest(
          "the namespace of the object (\(own)) does not match the namespace on the URL (\(namespace ?? ""))")
      }
      if (decoded.resourceVersion ?? "").isEmpty, !resource.rules.allowsUnconditionalUpdate {
        var error = APIError.invalid(
          resource.type, name: name,
          causes: [.invalid(FieldPath("metadata.resourceVersion"), 0, "must be specified for an update")])
        // This one names the resource, not the kind.
        error.message = error.message.replacing(resource.type.qualifiedKind, with: resource.type.qualifiedPlural)
        error.kind = resource.type.plural
        throw error
      }
      return decoded
    }
    result.warnings += warnings
    return result
  }

  /// PATCH of the first three kinds.
  /// - Parameter apply: Makes the new object from the current one; called again on a concurrent write.
  func patch(
    _ resource: ServedResource, namespace: String?, name: String, subresource: String?, options: WriteOptions,
    duplicates: [String] = [], apply: (JSONValue) throws(APIError) -> JSONValue
  ) throws(APIError) -> WriteResult {
    if subresource == "scale" {
      return try updateScale(resource, namespace: namespace, name: name, options: options, change: apply)
    }
    var warnings: [String] = []
    var result = try modify(
      resource, namespace: namespace, name: name, subresource: subresource, options: options, warnings: { warnings }
    ) { current throws(APIError) in
      let patched = try apply(current)
      let decoded = try decode(patched, resource, options: options, duplicates: duplicates)
      warnings = decoded.warnings
      if let own = decoded.object.name, own != name {
        throw .badRequest("the name of the object (\(own)) does not match the name on the URL (\(name))")
      }
      return decoded.object
    }
    result.warnings += warnings
    return result
  }

  /// The same, where a refusal carries warnings along.
  private func modify(
    _ resource: ServedResource, namespace: String?, name: String, subresource: String?, options: WriteOptions,
    warnings: () -> [String], change: (JSONValue) throws(APIError) -> JSONValue
  ) throws(APIError) -> WriteResult {
    do throws(APIError) {
      return try modify(
        resource, namespace: namespace, name: name, subresource: subresource, options: options, change: change)
    } catch {
      throw error.with(warnings: warnings())
    }
  }

  /// Reads, changes and writes an object until no other write comes in between.
  func modify(
    _ resource: ServedResource, namespace: String?, name: String, subresource: String?, options: WriteOptions,
    tracksManagedFields: Bool = true, change: (JSONValue) throws(APIError) -> JSONValue
  ) throws(APIError) -> WriteResult {
    let key = storedKey(resource, namespace, name)
    for _ in 0..<100 {
      guard let (stored, revision) = store.get(resource.collection, key) else {
        throw .notFound(resource.type, name: name)
      }
      let old = resource.fromStorage(stored)
      var new = try change(old)
      if let version = new.resourceVersion, !version.isEmpty, version != "0", version != old.resourceVersion {
        throw .modified(resource.type, name: name)
      }
      try prepareUpdate(&new, old: old, resource, subresource: subresource)
      if tracksManagedFields {
        new = trackManagedFields(before: old, after: new, resource, options: options, subresource: subresource)
      }
      if new.withoutManagedFieldTimes == old.withoutManagedFieldTimes {
        return WriteResult(object: old, warnings: resource.custom?.deprecationWarning.map { [$0] } ?? [])
      }
      if options.isDryRun { return WriteResult(object: new) }
      do throws(Store.WriteError) {
        let written: JSONValue
        if isFinished(new, resource) {
          written = try store.delete(resource.collection, key, expected: revision, last: resource.toStorage(new))
          afterDelete(resource, written)
        } else {
          written = try store.update(resource.collection, key, resource.toStorage(new), expected: revision)
          afterWrite(resource, written)
        }
        return WriteResult(
          object: resource.fromStorage(written), warnings: resource.custom?.deprecationWarning.map { [$0] } ?? [])
      } catch {
        continue
      }
    }
    throw .modified(resource.type, name: name)
  }

  /// Keeps what the update may not touch, fills in defaults, validates and counts the generation.
  private func prepareUpdate(
    _ new: inout JSONValue, old: JSONValue, _ resource: ServedResource, subresource: String?
  ) throws(APIError) {
    try keepMetadata(&new, old: old, resource)
    switch subresource {
    case "status"?: keepAllButStatus(&new, old: old)
    case "finalize"?:
      var kept = old
      kept["spec"] = new["spec"]
      new = kept
    default: if resource.hasStatus { new["status"] = old["status"] }
    }
    resource.rules.prepareForUpdate(&new, old: old)
    if subresource != "finalize" { resource.rules.applyDefaults(&new) }
    try admit(&new, resource, old: old)
    var errors = MetadataRules.validate(new, resource) + newFinalizers(new, old: old)
    if subresource != "finalize" {
      errors += resource.rules.validate(new)
      if subresource != "status" { errors += resource.rules.validateUpdate(new, old: old) }
    }
    if !errors.isEmpty { throw .invalid(resource.type, name: old.objectName, causes: errors) }
    if resource.rules.hasGeneration, subresource != "status", new.desiredState(resource) != old.desiredState(resource) {
      let generation = old[path: "metadata", "generation"]?.integerValue ?? 0
      new["metadata", default: [:]]["generation"] = .integer(generation + 1)
    }
  }

  private func keepMetadata(_ new: inout JSONValue, old: JSONValue, _ resource: ServedResource) throws(APIError) {
    var metadata = new["metadata"] ?? [:]
    if let uid = metadata["uid"]?.stringValue, !uid.isEmpty, uid != old.uid {
      throw .conflict(
        resource.type, name: old.objectName,
        "Precondition failed: UID in precondition: \(uid), UID in object meta: \(old.objectUID)")
    }
    for name in [
      "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation",
      "generateName", "resourceVersion", "selfLink",
    ] {
      metadata[name] = old["metadata"]?[name]
    }
    new["metadata"] = metadata
  }

  private func keepAllButStatus(_ new: inout JSONValue, old: JSONValue) {
    var kept = old
    kept["status"] = new["status"]
    // The status of a built-in kind takes new labels and annotations along in theory; a custom resource's does not.
    kept["metadata", default: [:]]["managedFields"] = new["metadata"]?["managedFields"]
    new = kept
  }

  private func newFinalizers(_ new: JSONValue, old: JSONValue) -> [FieldError] {
    guard old.isBeingDeleted else { return [] }
    let added = new.finalizers.filter { !old.finalizers.contains($0) }
    if added.isEmpty { return [] }
    let list = added.map { "\"\($0)\"" }.joined(separator: ", ")
    return [
      .forbidden(
        FieldPath("metadata.finalizers"),
        "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}")
    ]
  }

  /// Whether an object that waits to be deleted has nothing left to wait for.
  func isFinished(_ object: JSONValue, _ resource: ServedResource) -> Bool {
    guard object.isBeingDeleted, object.finalizers.isEmpty else { return false }
    switch resource.type {
    case .pods: return object[path: "metadata", "deletionGracePeriodSeconds"]?.integerValue == 0
    case .namespaces: return object[path: "spec", "finalizers"]?.arrayValue?.isEmpty ?? true
    default: return true
    }
  }
}

extension JSONValue {
  /// What `metadata.generation` counts the changes of.
  fileprivate func desiredState(_ resource: ServedResource) -> JSONValue {
    var value = self
    value["metadata"] = nil
    value["apiVersion"] = nil
    if resource.hasStatus { value["status"] = nil }
    return value
  }

  /// For telling a write that changes nothing.
  fileprivate var withoutManagedFieldTimes: JSONValue {
    var value = self
    guard let entries = self[path: "metadata", "managedFields"]?.arrayValue else { return value }
    value["metadata", default: [:]]["managedFields"] = .array(
      entries.map { entry in
        var entry = entry
        entry["time"] = nil
        return entry
      })
    return value
  }
}
