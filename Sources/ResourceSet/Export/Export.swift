internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import SnapshotSource

/// One capture of a ``ResourcesSource``: which lists are asked for, in which order, and what becomes of their failures.
struct Export {
  /// A server that answers nothing in time is not asked for every kind.
  private static let maxTimeouts = 3

  let configuration: ResourcesConfiguration
  let client: KubernetesClient
  let logger: Logger
  let writer: ResourceSetWriter
  private var filter: ObjectFilter { ObjectFilter(configuration: configuration) }
  private var timeouts = 0
  private var refusals = 0

  init(configuration: ResourcesConfiguration, client: KubernetesClient, logger: Logger, writer: ResourceSetWriter) {
    self.configuration = configuration
    self.client = client
    self.logger = logger
    self.writer = writer
  }

  /// - Throws: ``SnapshotSourceError`` where nothing can be read; what the writer threw.
  mutating func run(_ discovery: Discovery) async throws {
    for failure in discovery.failures where filter.misses(group: failure.group) { record(failure) }
    let filter = filter
    let resources = discovery.chosen(filter.version).filter(filter.takes)
    try await writeNamespaces()
    for resource in resources where resource != Self.namespaces { try await write(resource) }
    if configuration.helmReleases == .always, !resources.contains(HelmReleases.secrets) {
      for namespace in places(of: HelmReleases.secrets) { try await writeHelmReleases(in: namespace, skipping: []) }
    }
    if configuration.includesDefinitions { try await writeDefinitions() }
    try checkThatSomethingWasRead()
  }

  // MARK: Lists

  /// Where a kind is listed: in each namespace, or once.
  private func places(of resource: ResourceType) -> [String?] {
    guard resource.isNamespaced, case .namespaces(let names) = configuration.scope else { return [nil] }
    return names.map(Optional.some)
  }

  private mutating func write(_ resource: ResourceType) async throws {
    guard resource.isNamespaced || configuration.isClusterScoped else { return }
    for namespace in places(of: resource) {
      try Task.checkCancellation()
      var list = ListCapture(
        resource, in: namespace, client: client, filter: filter, labelSelector: configuration.labelSelector,
        fieldSelector: configuration.fieldSelector)
      try await tolerating(resource, namespace) { [writer] in try await list.run(writer) }
      let isNarrowed = configuration.labelSelector != nil || configuration.fieldSelector != nil
      if resource == HelmReleases.secrets, isNarrowed, configuration.helmReleases != .never {
        try await writeHelmReleases(in: namespace, skipping: list.keys)
      }
    }
  }

  private mutating func writeHelmReleases(in namespace: String?, skipping: Set<ObjectKey>) async throws {
    var list = ListCapture(
      HelmReleases.secrets, in: namespace, client: client, filter: filter, labelSelector: HelmReleases.labelSelector,
      fieldSelector: "type=\(HelmReleases.secretType)")
    try await tolerating(HelmReleases.secrets, namespace) { [writer] in
      try await list.run(writer, skipping: skipping)
    }
  }

  // MARK: Namespaces and definitions

  private static let namespaces = ResourceType(
    group: "", version: "v1", kind: "Namespace", plural: "namespaces", isNamespaced: false)
  static let definitions = ResourceType(
    group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions", isNamespaced: false)

  /// The objects that hold the others. One that does not exist is a mistake of the policy.
  private mutating func writeNamespaces() async throws {
    guard case .namespaces(let names) = configuration.scope else {
      var list = ListCapture(
        Self.namespaces, in: nil, client: client, filter: filter, labelSelector: nil, fieldSelector: nil)
      return try await tolerating(Self.namespaces, nil) { [writer] in try await list.run(writer) }
    }
    for name in names {
      do {
        let namespace = try await client.get(Self.namespaces, name: name)
        try await writer.add(namespace, as: Self.namespaces)
      } catch let error as KubernetesError where error.code == .notFound {
        throw SnapshotSourceError(
          .configuration, operation: error.operation, message: "there is no namespace \(name)", cause: error)
      } catch let error as KubernetesError {
        try tolerate(error, Self.namespaces, name)
      }
    }
  }

  /// The CRDs of the kinds of which something was taken. A kind that has none is built in, or another server's.
  private mutating func writeDefinitions() async throws {
    let isTaken = configuration.isClusterScoped && filter.takes(Self.definitions)
    // With the cluster's own objects they are taken already.
    if isTaken, configuration.labelSelector == nil, configuration.fieldSelector == nil { return }
    for resource in writer.resources where Self.mayBeCustom(group: resource.group) {
      do {
        let definition = try await client.get(Self.definitions, name: "\(resource.plural).\(resource.group)")
        try await writer.add(definition, as: Self.definitions)
      } catch let error as KubernetesError where error.code == .notFound {
        continue
      } catch let error as KubernetesError {
        return try tolerate(error, Self.definitions, nil)
      }
    }
  }

  /// The groups with a dot that the API server itself serves (https://kubernetes.io/docs/reference/kubernetes-api/).
  private static let builtInGroups: Set<String> = [
    "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io",
    "authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
    "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io",
    "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io",
  ]

  /// Whether kinds of the group are defined by CRDs, or by another server's.
  static func mayBeCustom(group: String) -> Bool { group.contains(".") && !builtInGroups.contains(group) }

  // MARK: Failures

  private mutating func tolerating(
    _ resource: ResourceType, _ namespace: String?, _ body: () async throws -> Void
  ) async throws {
    do {
      try await body()
      timeouts = 0
    } catch let error as KubernetesError {
      try tolerate(error, resource, namespace)
    }
  }

  /// Notes that a kind is missing, or ends the capture where that is not about one kind.
  private mutating func tolerate(_ error: KubernetesError, _ resource: ResourceType, _ namespace: String?) throws {
    timeouts += error.code == .timeout ? 1 : 0
    guard error.code != .unauthorized, error.code != .connection, timeouts < Self.maxTimeouts else {
      throw SnapshotSourceError(error)
    }
    refusals += error.code == .forbidden ? 1 : 0
    record(
      ResourceSetIndex.Failure(
        group: resource.group, plural: resource.plural, namespace: namespace,
        reason: error.status?.reason ?? "\(error.code)", message: error.message))
  }

  private func record(_ failure: ResourceSetIndex.Failure) {
    logger.warning("A kind is not captured.", metadata: ["failure": "\(failure)"])
    writer.record(failure)
  }

  /// A set in which everything is missing is no backup.
  private func checkThatSomethingWasRead() throws {
    guard writer.index.objects == 0, let failures = writer.index.failures, let first = failures.first else { return }
    throw SnapshotSourceError(
      refusals == failures.count ? .unauthorized : .failed, operation: "list objects",
      message: "none of \(failures.count) kinds could be listed; the first: \(first)")
  }
}
