import KubernetesModel
import ServiceLifecycle

/// Empties a namespace that is being deleted, then lets it go; gives each living one its `default` ServiceAccount.
struct NamespaceController: Service {
  let cluster: any ClusterAccess

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await runSyncLoop(on: [.namespaces, .serviceAccounts], of: cluster) { await sync() }
    }
  }

  private func sync() async -> Duration? {
    guard let namespaces = try? await cluster.list(.namespaces, namespace: nil) else { return .seconds(1) }
    var pending = false
    for namespace in namespaces {
      if namespace.isBeingDeleted {
        pending = await empty(namespace) || pending
      } else if (try? await cluster.get(.serviceAccounts, namespace: namespace.objectName, name: "default")) == nil {
        _ = try? await cluster.create(
          .serviceAccounts, namespace: namespace.objectName,
          object: ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default"]])
      }
    }
    return pending ? .milliseconds(200) : nil
  }

  /// - Returns: Something is still there.
  private func empty(_ namespace: JSONValue) async -> Bool {
    var remaining = 0
    for resource in await cluster.resources() where resource.isNamespaced {
      for object in (try? await cluster.list(resource, namespace: namespace.objectName)) ?? [] {
        remaining += 1
        guard !object.isBeingDeleted else { continue }
        try? await cluster.delete(
          resource, namespace: namespace.objectName, name: object.objectName, uid: object.objectUID,
          propagation: .background,
          gracePeriodSeconds: nil)
      }
    }
    guard remaining == 0 else { return true }
    var finalized = namespace
    finalized["spec"] = ["finalizers": []]
    _ = try? await cluster.update(.namespaces, namespace: nil, object: finalized, subresource: "finalize")
    return false
  }
}
