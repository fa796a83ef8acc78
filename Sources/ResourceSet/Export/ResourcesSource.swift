public import Foundation
public import KubernetesClient
internal import KubernetesModel
public import Logging
public import NIOCore
public import SnapshotSource

/// The API objects of namespaces, or of the cluster, as a resource set.
///
/// Kinds come from discovery. Objects are listed page by page and written at once, so that memory is bounded by a page
/// whatever the cluster's size. A kind that cannot be listed does not end the capture: it is named in the set's index and in
/// ``SnapshotFacts/missing``. Where nothing at all can be read, the capture fails.
public struct ResourcesSource: SnapshotSource {
  public let name: String
  public let kind = "resources"
  public let fileExtension = "tar"
  private let configuration: ResourcesConfiguration
  private let client: KubernetesClient
  private let logger: Logger
  private let now: @Sendable () -> Date

  /// - Parameter client: Over a transport whose answers are bounded to a few MiB, since that bounds the memory.
  public init(
    name: String, configuration: ResourcesConfiguration, client: KubernetesClient, logger: Logger,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.name = name
    self.configuration = configuration
    self.client = client
    self.logger = logger
    self.now = now
  }

  public func capture(into sink: (ByteBuffer) async throws -> Void) async throws -> SnapshotFacts {
    let version = try await reading { try await client.serverVersion().gitVersion }
    let discovery = try await reading { try await Discovery.read(client) }
    let header = ResourceSetHeader(
      capturedAt: Timestamp(now()), clusterID: configuration.clusterID, serverVersion: version,
      selection: configuration.selection)
    let (_, index) = try await withResourceSetWriter(header, into: sink) { writer in
      var export = Export(configuration: configuration, client: client, logger: logger, writer: writer)
      try await export.run(discovery)
    }
    return facts(index, serverVersion: version)
  }

  private func facts(_ index: ResourceSetIndex, serverVersion: String) -> SnapshotFacts {
    let superseded = index.superseded?.count ?? 0
    var facts = SnapshotFacts([
      "serverVersion": serverVersion, "objects": "\(index.objects - superseded)", "kinds": "\(index.kinds.count)",
      "namespaces": configuration.scope.description,
      "definitions": configuration.includesDefinitions
        ? "\(index.kinds.first { $0.plural == Export.definitions.plural }?.count ?? 0)" : "not taken",
    ])
    let later = (index.lists ?? []).filter { !$0.consistent }
    if !later.isEmpty {
      let kinds = later.map { "\($0.plural)\($0.namespace.map { " in \($0)" } ?? "")" }.joined(separator: ", ")
      facts.warnings.append(
        "the server forgot the state that was being listed; these show a later one in part: \(kinds)")
    }
    if !configuration.includesDefinitions, index.kinds.contains(where: { Export.mayBeCustom(group: $0.group) }) {
      facts.warnings.append(
        "custom resources were taken without their definitions (includeCRDs), which a trusted namespace may take")
    }
    facts.missing = (index.failures ?? []).map(\.description)
    if index.objects == superseded { facts.warnings.append("nothing is selected: the set is empty") }
    return facts
  }

  /// Errors of what has to succeed, in the form of a source's.
  private func reading<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error as KubernetesError {
      throw SnapshotSourceError(error)
    }
  }
}

extension ResourcesConfiguration.Scope: CustomStringConvertible {
  /// The names, or `*`.
  public var description: String {
    switch self {
    case .allNamespaces: "*"
    case .namespaces(let names): names.joined(separator: ", ")
    }
  }
}

extension SnapshotSourceError {
  /// What an API server's error means for a capture.
  public init(_ error: KubernetesError) {
    let code: Code =
      switch error.code {
      case .unauthorized, .forbidden: .unauthorized
      case .connection, .timeout, .tooManyRequests: .unreachable
      case .configuration, .invalidArgument, .notFound: .configuration
      default: .failed
      }
    self.init(code, operation: error.operation, message: error.message, cause: error)
  }
}
