import KubernetesModel

extension APIServer {
  /// What follows a write at once, where a real cluster's controller would take a moment.
  func afterWrite(_ resource: ServedResource, _ object: JSONValue) {
    if resource.type == .customResourceDefinitions {
      reconcileDefinition(named: object.objectName)
    } else if resource.type == .namespaces, !object.isBeingDeleted {
      createNamespaceContents(object.objectName)
    }
  }

  func afterDelete(_ resource: ServedResource, _ object: JSONValue) {
    if resource.type == .customResourceDefinitions {
      registry.replace(definition: object.objectName, with: [])
    } else if let custom = resource.custom {
      reconcileDefinition(named: custom.definitionName)
    }
  }

  /// Every namespace has an account for pods that name none.
  private func createNamespaceContents(_ namespace: String) {
    let accounts = BuiltInResources.resource(.serviceAccounts)
    guard store.get(accounts.collection, StoredKey(namespace: namespace, name: "default")) == nil else { return }
    _ = try? create(
      accounts, namespace: namespace,
      object: ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default"]])
  }

  /// Checks that need other objects, and what they fill in.
  func admit(_ object: inout JSONValue, _ resource: ServedResource, old: JSONValue?) throws(APIError) {
    guard resource.type == .pods, old == nil, let namespace = object.namespace else { return }
    let account = object[path: "spec", "serviceAccountName"]?.stringValue ?? "default"
    guard
      store.get(
        CollectionKey(group: "", plural: "serviceaccounts"), StoredKey(namespace: namespace, name: account)) != nil
    else {
      throw .forbidden(
        resource.type, name: object.objectName,
        "error looking up service account \(namespace)/\(account): serviceaccount \"\(account)\" not found")
    }
  }

  func creationWarnings(_ object: JSONValue, _ resource: ServedResource) -> [String] {
    guard resource.type == .customResourceDefinitions, CustomResourceDefinitionRules.usesExpressions(object) else {
      return []
    }
    return [
      "x-kubernetes-validations of \(object.objectName) are stored but not evaluated: the sandbox API server does not "
        + "run CEL"
    ]
  }

  /// Brings `metadata.managedFields` up to date.
  func trackManagedFields(
    before: JSONValue?, after: JSONValue, _ resource: ServedResource, options: WriteOptions, subresource: String?
  ) -> JSONValue {
    after
  }
}
