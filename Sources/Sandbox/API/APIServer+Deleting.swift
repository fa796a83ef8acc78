import Foundation
import KubernetesModel

extension APIServer {
  /// DELETE of one object.
  /// - Returns: The object where it stays for now, a `Status` where it is gone.
  func delete(
    _ resource: ServedResource, namespace: String?, name: String, options: DeleteOptions
  ) throws(APIError) -> JSONValue {
    let key = storedKey(resource, namespace, name)
    for _ in 0..<100 {
      guard let (stored, revision) = store.get(resource.collection, key) else {
        throw .notFound(resource.type, name: name)
      }
      let old = resource.fromStorage(stored)
      try check(options, against: old, resource)
      let new = marked(old, resource, options: options)
      do throws(Store.WriteError) {
        if isFinished(new, resource) {
          if !options.isDryRun {
            let last = try store.delete(resource.collection, key, expected: revision, last: resource.toStorage(new))
            afterDelete(resource, last)
          }
          return resource.type == .pods ? new : success(resource, old)
        }
        if new == old || options.isDryRun { return new }
        let written = try store.update(resource.collection, key, resource.toStorage(new), expected: revision)
        afterWrite(resource, written)
        return resource.fromStorage(written)
      } catch {
        continue
      }
    }
    throw .modified(resource.type, name: name)
  }

  private func check(
    _ options: DeleteOptions, against object: JSONValue, _ resource: ServedResource
  ) throws(APIError) {
    if let uid = options.uid, uid != object.uid {
      throw APIError(
        code: 409, reason: .conflict,
        message:
          "Operation cannot be fulfilled on \(resource.type.qualifiedKind) \"\(object.objectName)\": the UID in the "
          + "precondition (\(uid)) does not match the UID in record (\(object.objectUID)). The object might have been "
          + "deleted and then recreated", name: object.objectName, group: resource.type.group, kind: resource.type.kind)
    }
    if let version = options.resourceVersion, version != object.resourceVersion {
      throw .conflict(
        resource.type, name: object.objectName,
        "Precondition failed: ResourceVersion in precondition: \(version), ResourceVersion in object meta: "
          + "\(object.resourceVersion ?? "")")
    }
    if resource.type == .namespaces, ["default", "kube-system", "kube-public"].contains(object.objectName) {
      throw .forbidden(resource.type, name: object.objectName, "this namespace may not be deleted")
    }
  }

  /// The object with a deletion timestamp, and with the finalizer that the propagation asks for.
  private func marked(_ object: JSONValue, _ resource: ServedResource, options: DeleteOptions) -> JSONValue {
    var metadata = object["metadata"] ?? [:]
    let grace = gracePeriod(object, resource, options: options)
    let existing = object.finalizers
    var finalizers = existing
    // Jobs leave their pods behind where nothing else is asked for, as since their first version.
    let isFirst = !object.isBeingDeleted && !existing.contains("foregroundDeletion")
    switch options.propagation ?? (resource.type == .jobs && isFirst ? .orphan : nil) {
    case .foreground?:
      finalizers = existing.filter { $0 != "orphan" && $0 != "foregroundDeletion" } + ["foregroundDeletion"]
    case .orphan?: finalizers = existing.filter { $0 != "orphan" && $0 != "foregroundDeletion" } + ["orphan"]
    case .background?: finalizers = existing.filter { $0 != "orphan" && $0 != "foregroundDeletion" }
    case nil: break
    }
    if Set(finalizers) == Set(existing) { finalizers = existing }
    let cleanup = CustomResourceDefinitionRules.cleanupFinalizer
    if resource.type == .customResourceDefinitions, !object.isBeingDeleted, !finalizers.contains(cleanup) {
      finalizers.append(cleanup)
    }
    metadata["finalizers"] = finalizers.isEmpty ? nil : .array(finalizers.map { .string($0) })
    if object.isBeingDeleted {
      // A later deletion can only shorten the grace period.
      let current = metadata["deletionGracePeriodSeconds"]?.integerValue ?? 0
      if grace < current {
        metadata["deletionGracePeriodSeconds"] = .integer(grace)
        metadata["deletionTimestamp"] = .string(Timestamp(clock().addingTimeInterval(Double(grace))).description)
      }
    } else {
      metadata["deletionTimestamp"] = .string(Timestamp(clock().addingTimeInterval(Double(grace))).description)
      // These two do without the common path of a deletion.
      if resource.type != .namespaces, resource.type != .customResourceDefinitions {
        metadata["deletionGracePeriodSeconds"] = .integer(grace)
        if let generation = metadata["generation"]?.integerValue { metadata["generation"] = .integer(generation + 1) }
      }
    }
    var object = object
    object["metadata"] = metadata
    if resource.type == .namespaces { object["status", default: [:]]["phase"] = "Terminating" }
    if resource.type == .customResourceDefinitions { addTerminating(&object) }
    return object
  }

  private func addTerminating(_ definition: inout JSONValue) {
    let conditions = definition["status"]?["conditions"]?.arrayValue ?? []
    guard !conditions.contains(where: { $0["type"]?.stringValue == "Terminating" }) else { return }
    definition["status", default: [:]]["conditions"] = .array(
      conditions + [
        [
          "type": "Terminating", "status": "True", "reason": "InstanceDeletionPending",
          "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
          "lastTransitionTime": .string(Timestamp(clock()).description),
        ]
      ])
  }

  /// Seconds; only a pod that has a node and still runs gets any.
  private func gracePeriod(_ object: JSONValue, _ resource: ServedResource, options: DeleteOptions) -> Int64 {
    guard resource.type == .pods else { return 0 }
    if (object[path: "spec", "nodeName"]?.stringValue ?? "").isEmpty { return 0 }
    if object.phase == "Succeeded" || object.phase == "Failed" { return 0 }
    let grace =
      options.gracePeriodSeconds.map(Int64.init)
      ?? object[path: "spec", "terminationGracePeriodSeconds"]?.integerValue ?? 30
    return max(0, grace)
  }

  private func success(_ resource: ServedResource, _ object: JSONValue) -> JSONValue {
    var details: JSONValue = [
      "name": .string(object.objectName), "kind": .string(resource.type.plural), "uid": .string(object.objectUID),
    ]
    if !resource.type.group.isEmpty { details["group"] = .string(resource.type.group) }
    return ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details]
  }
}
