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

  /// Every namespace has an account for pods that name none, and the certificate authority of the API server.
  private func createNamespaceContents(_ namespace: String) {
    create("default", .serviceAccounts, in: namespace)
    if let rootCertificate {
      create("kube-root-ca.crt", .configMaps, in: namespace, data: ["ca.crt": .string(rootCertificate)])
    }
  }

  private func create(_ name: String, _ type: ResourceType, in namespace: String, data: JSONValue? = nil) {
    let resource = BuiltInResources.resource(type)
    guard store.get(resource.collection, StoredKey(namespace: namespace, name: name)) == nil else { return }
    var object: JSONValue = [
      "apiVersion": .string(type.apiVersion), "kind": .string(type.kind), "metadata": ["name": .string(name)],
    ]
    object["data"] = data
    // Fails where the namespace is on its way out, which needs neither.
    _ = try? create(resource, namespace: namespace, object: object)
  }

  /// Checks that need other objects, and what they fill in.
  func admit(_ object: inout JSONValue, _ resource: ServedResource, old: JSONValue?) throws(APIError) {
    guard resource.type == .pods, old == nil, let namespace = object.namespace else { return }
    let account = object[path: "spec", "serviceAccountName"]?.stringValue ?? "default"
    guard
      let stored = store.get(
        CollectionKey(group: "", plural: "serviceaccounts"), StoredKey(namespace: namespace, name: account))
    else {
      throw .forbidden(
        resource.type, name: object.objectName,
        "error looking up service account \(namespace)/\(account): serviceaccount \"\(account)\" not found")
    }
    let automounts =
      object[path: "spec", "automountServiceAccountToken"]?.boolValue
      ?? stored.value["automountServiceAccountToken"]?.boolValue ?? true
    if automounts { object.mapMember("spec", ServiceAccountVolume.add) }
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
    ServerSideApply.trackUpdate(
      before: before, after: after, manager: options.fieldManager, schema: resource.schema,
      apiVersion: resource.type.apiVersion, subresource: subresource, now: clock())
  }
}

extension APIServer {
  /// What a cluster tells its pods of itself: the CA in every namespace, the service and its endpoints.
  func publish(certificateAuthority: String, port: Int) {
    _ = try? create(
      BuiltInResources.resource(.services), namespace: "default",
      object: [
        "apiVersion": "v1", "kind": "Service", "metadata": ["name": "kubernetes"],
        "spec": ["ports": [["name": "https", "port": .integer(Int64(port)), "protocol": "TCP"]]],
      ])
    rootCertificate = certificateAuthority
    let namespaces = (try? store.list(CollectionKey(group: "", plural: "namespaces"), namespace: nil))?.items ?? []
    for (key, _) in namespaces { createNamespaceContents(key.name) }
  }
}
