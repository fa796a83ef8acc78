import KubernetesModel
import ServiceLifecycle

/// Owner references and deletion propagation
/// (https://kubernetes.io/docs/concepts/architecture/garbage-collection/): an object all of whose owners are gone is
/// removed; the finalizers `foregroundDeletion` and `orphan` are acted upon.
struct GarbageCollector: Service {
  let cluster: any ClusterAccess

  func run() async throws {
    await cancelWhenGracefulShutdown {
      // The set of kinds changes with CRDs, so this looks at everything on a short beat instead of watching each.
      while !Task.isCancelled {
        await sync()
        try? await Task.sleep(for: .milliseconds(200))
      }
    }
  }

  private struct Entry {
    let resource: ResourceType
    let object: JSONValue
  }

  private func sync() async {
    var entries: [Entry] = []
    for resource in await cluster.resources() where resource.plural != "events" {
      guard let objects = try? await cluster.list(resource, namespace: nil) else { continue }
      entries += objects.map { Entry(resource: resource, object: $0) }
    }
    let byUID = Dictionary(entries.map { ($0.object.objectUID, $0.object) }, uniquingKeysWith: { first, _ in first })
    for entry in entries where !entry.object.ownerReferences.isEmpty {
      await collect(entry, living: byUID)
    }
    for entry in entries where entry.object.isBeingDeleted {
      await finishDeletion(of: entry, all: entries)
    }
  }

  /// Removes an object whose owners are all gone, or which its owner's foreground deletion waits for.
  private func collect(_ entry: Entry, living: [String: JSONValue]) async {
    guard !entry.object.isBeingDeleted else { return }
    let owners = entry.object.ownerReferences.compactMap { $0["uid"]?.stringValue }.map { living[$0] }
    let solid = owners.contains { owner in
      guard let owner else { return false }
      return !(owner.isBeingDeleted && owner.finalizers.contains("foregroundDeletion"))
    }
    if solid { return }
    let waits = owners.contains { $0 != nil }
    try? await cluster.delete(
      entry.resource, namespace: entry.object.namespace, name: entry.object.objectName, uid: entry.object.objectUID,
      propagation: waits ? .foreground : .background, gracePeriodSeconds: nil)
  }

  private func finishDeletion(of entry: Entry, all: [Entry]) async {
    let finalizers = entry.object.finalizers
    let dependents = all.filter { dependent in
      dependent.object.ownerReferences.contains { $0["uid"]?.stringValue == entry.object.objectUID }
    }
    if finalizers.contains("orphan") {
      for dependent in dependents { await orphan(dependent, from: entry.object.objectUID) }
      await removeFinalizer("orphan", of: entry)
    } else if finalizers.contains("foregroundDeletion") {
      let blocking = dependents.contains { dependent in
        dependent.object.ownerReferences.contains {
          $0["uid"]?.stringValue == entry.object.objectUID && $0["blockOwnerDeletion"]?.boolValue == true
        }
      }
      if !blocking { await removeFinalizer("foregroundDeletion", of: entry) }
    }
  }

  private func orphan(_ dependent: Entry, from uid: String) async {
    let rest = dependent.object.ownerReferences.filter { $0["uid"]?.stringValue != uid }
    _ = try? await cluster.mergePatch(
      dependent.resource, namespace: dependent.object.namespace, name: dependent.object.objectName,
      patch: ["metadata": ["ownerReferences": rest.isEmpty ? .null : .array(rest)]], subresource: nil)
  }

  private func removeFinalizer(_ finalizer: String, of entry: Entry) async {
    let rest = entry.object.finalizers.filter { $0 != finalizer }.map { JSONValue.string($0) }
    _ = try? await cluster.mergePatch(
      entry.resource, namespace: entry.object.namespace, name: entry.object.objectName,
      patch: [
        "metadata": [
          "finalizers": .array(rest), "resourceVersion": entry.object[path: "metadata", "resourceVersion"] ?? .null,
        ]
      ], subresource: nil)
  }
}
