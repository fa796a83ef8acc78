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
    try await addExternalIssuers(to: &inventory)
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

  /// The issuers of other kinds that Certificates name, where the executor may read them.
  private func addExternalIssuers(to inventory: inout Inventory) async throws {
    let references = Set(inventory.certificates.map(IssuerReference.init)).filter {
      $0.isExternal && configuration.issuers.contains($0.name)
    }
    for reference in references.sorted(by: { $0.description < $1.description }) {
      do {
        guard let resource = try await reader.find(kind: reference.kind, in: reference.group) else {
          inventory.warnings.append("\(reference) is of a kind that the API server does not serve")
          continue
        }
        let namespace = resource.isNamespaced ? configuration.namespace : nil
        guard let object = try await reader.get(resource, reference.name, in: namespace) else { continue }
        inventory.externalIssuers[reference] = Inventory.ExternalIssuer(object: object, resource: resource)
      } catch let error as SnapshotSourceError where error.code == .unauthorized {
        inventory.warnings.append(
          "\(reference) was not taken: \(error.message); bind a role that allows it to the executor's ServiceAccount")
      }
    }
  }

  private func addBundles(to inventory: inout Inventory) async throws {
    guard let trustNamespace = places.trustNamespace, !configuration.bundles.isNone else { return }
    inventory.bundles = try await choose(CertManagerResources.bundles, configuration.bundles, in: nil)
    for source in inventory.closeBundles(trustNamespace: trustNamespace) {
      guard let selector = try? source.selector.decoded(as: LabelSelector.self).selectorString(), !selector.isEmpty
      else {
        inventory.warnings.append(
          "\(source.bundle) selects its sources by a selector that is none, so that they were not taken")
        continue
      }
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
    let external = Set(inventory.externalIssuers.values.map { "\($0.resource.plural).\($0.resource.group)" })
    for name in CertManagerResources.definitions + external.sorted() {
      let definition = try await reader.get(CertManagerResources.customResourceDefinitions, name, in: nil)
      if let definition { inventory.definitions.append(definition) }
    }
  }
}
