import KubernetesModel
import SnapshotSource

/// Reads what a capture takes.
struct InventoryReader: Sendable {
  let configuration: CertManagerConfiguration
  let reader: CertManagerReader
  let places: ControllerPlaces

  func read() async throws -> Inventory {
    let namespace = configuration.namespace
    var inventory = Inventory()
    inventory.issuers = try await choose(CertManagerResources.issuers, configuration.issuers, in: namespace)
    inventory.clusterIssuers = try await choose(
      CertManagerResources.clusterIssuers, configuration.clusterIssuers, in: nil)
    inventory.certificates = try await reader.list(
      CertManagerResources.certificates, in: namespace, selector: configuration.certificateSelector)
    inventory.close(configuration, clusterResourceNamespace: places.clusterResourceNamespace)
    try await addBundles(to: &inventory)
    if configuration.includesDefinitions { try await addDefinitions(to: &inventory) }
    return inventory
  }

  private func choose(
    _ resource: ResourceType, _ names: CertManagerConfiguration.Names, in namespace: String?
  ) async throws -> [JSONValue] {
    guard !names.isNone else { return [] }
    let found = try await reader.list(resource, in: namespace).filter { names.contains($0.name ?? "") }
    if case .some(let wanted) = names {
      let missing = Set(wanted).subtracting(found.compactMap(\.name)).sorted()
      guard missing.isEmpty else {
        throw SnapshotSourceError(
          .configuration, operation: "list \(resource.plural)",
          message: "there is no \(resource.kind) \(missing.joined(separator: ", ")), which the policy names")
      }
    }
    return found
  }

  private func addBundles(to inventory: inout Inventory) async throws {
    guard let trustNamespace = places.trustNamespace, !configuration.bundles.isNone else { return }
    inventory.bundles = try await choose(CertManagerResources.bundles, configuration.bundles, in: nil)
    for source in inventory.closeBundles(trustNamespace: trustNamespace) {
      let labels = (source.selector["matchLabels"]?.objectValue ?? [:]).compactMapValues(\.stringValue)
      guard source.selector["matchExpressions"] == nil, !labels.isEmpty else {
        inventory.warnings.append(
          "\(source.bundle) selects its sources by more than labels' values, so that they were not taken; name them in "
            + "extraSecrets, or take them with a resources source")
        continue
      }
      let selector = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
      let resource = source.isSecret ? CertManagerResources.secrets : CertManagerResources.configMaps
      for object in try await reader.list(resource, in: trustNamespace, selector: selector) {
        let place = Inventory.Place(namespace: trustNamespace, name: object.name ?? "")
        if source.isSecret {
          inventory.need(place.name, in: trustNamespace, .bundle(source.bundle))
        } else {
          inventory.configMaps[place] = .bundle(source.bundle)
        }
      }
    }
  }

  private func addDefinitions(to inventory: inout Inventory) async throws {
    for name in CertManagerResources.definitions {
      let definition = try await reader.get(CertManagerResources.customResourceDefinitions, name, in: nil)
      if let definition { inventory.definitions.append(definition) }
    }
  }
}
