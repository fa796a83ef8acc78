public import Foundation
public import KubernetesClient
import KubernetesModel
public import NIOCore
import ResourceSet
public import SnapshotSource

/// The issuers and Certificates of a namespace with the closure of what they name, as a resource set.
///
/// The set's index carries, for each Certificate, its ``CertificateFacts``.
public struct CertManagerSource: SnapshotSource {
  public let name: String
  public let kind = "certManager"
  public let fileExtension = "tar"
  private let configuration: CertManagerConfiguration
  private let client: KubernetesClient
  private let clusterID: String?
  private let now: @Sendable () -> Date

  /// - Parameter clusterID: uid of the namespace `kube-system`.
  public init(
    name: String, configuration: CertManagerConfiguration, client: KubernetesClient, clusterID: String? = nil,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.name = name
    self.configuration = configuration
    self.client = client
    self.clusterID = clusterID
    self.now = now
  }

  public func capture(into sink: (ByteBuffer) async throws -> Void) async throws -> SnapshotFacts {
    let reader = CertManagerReader(client: client)
    let places = try await ControllerPlaces.find(configuration, reader)
    let inventory = try await InventoryReader(configuration: configuration, reader: reader, places: places).read()
    var capture = PKICapture(
      inventory: inventory, reader: reader, clusterResourceNamespace: places.clusterResourceNamespace, now: now())
    let header = ResourceSetHeader(capturedAt: Timestamp(now()), clusterID: clusterID)
    _ = try await withResourceSetWriter(header, into: sink) { writer in
      try await capture.run { object in
        try Task.checkCancellation()
        guard let resource = CertManagerResources.of(object) ?? inventory.resource(of: object) else {
          throw SnapshotSourceError(
            .failed, operation: "write \(object.kind ?? "object")", message: "an object of an unknown kind")
        }
        try await writer.add(object, as: resource)
      }
      writer.record(facts: try JSONValue(encoding: ["certificates": capture.facts]))
    }
    var summary = capture.summary
    summary["certManagerVersion"] = places.version
    var facts = SnapshotFacts(summary, warnings: capture.warnings)
    facts.authorities = capture.authorities
    return facts
  }
}
