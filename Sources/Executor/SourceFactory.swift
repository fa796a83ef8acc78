internal import Foundation
internal import HoldfastAPI
public import JobPlan
public import Logging
internal import KubernetesClient
public import SnapshotSource

/// Makes the sources and destinations of a plan, with their secrets read from the mounts. Each kind is in a file of its
/// own, `SourceFactory+Kind.swift`.
public struct SourceFactory: Sendable {
  let plan: Plan
  let mounts: Mounts
  let cluster: ClusterConnection
  let logger: Logger

  /// - Parameter cluster: For the kinds that read an API server; nothing connects to it until one of them is made.
  public init(
    plan: Plan, mounts: Mounts, cluster: ClusterConnection, logger: Logger = Logger(label: "holdfast.source")
  ) {
    self.plan = plan
    self.mounts = mounts
    self.cluster = cluster
    self.logger = logger
  }

  /// - Throws: ``RunFailure`` of step `prepare`.
  public func sources() throws -> [any SnapshotSource] {
    try plan.spec.sources.enumerated().map { index, source in
      try attributed(to: source.name) { try makeSource(source, field: "spec.sources[\(index)]") }
    }
  }

  private func makeSource(_ source: Source, field: String) throws -> any SnapshotSource {
    let name = source.name
    switch source.kind {
    case .openBao, .vault:
      return try openBaoSource(source, field: field)
    case .openZiti:
      if let spec = source.openZiti { return try openZitiSource(spec, name: name, field: "\(field).openZiti") }
    case .etcd:
      if let spec = source.etcd { return try etcdSource(spec, name: name, field: "\(field).etcd") }
    case .certManager:
      if let spec = source.certManager { return try certManagerSource(spec, name: name, field: "\(field).certManager") }
    case .resources:
      if let spec = source.resources { return try resourcesSource(spec, name: name, field: "\(field).resources") }
    case .files:
      if let spec = source.files { return try filesSource(spec, name: name, field: "\(field).files") }
    case nil: break
    }
    throw RunFailure(
      step: .prepare, reason: .invalidSpec, message: "\(field) has no kind, or more than one", source: name)
  }

  /// Where an artifact goes: to what the restore names for its source, else to where it came from.
  public func destination(source: String, kind: String, force: Bool) throws -> any SnapshotDestination {
    switch SourceKind(rawValue: kind) {
    case .openBao, .vault: return try openBaoDestination(source: source, kind: kind, force: force)
    case .openZiti: return try openZitiDestination(source: source)
    case nil:
      throw RunFailure(
        step: .preflight, reason: .unsupportedFormat,
        message: "the backup's source \(source) is of kind \(kind), which this version cannot restore", source: source)
    case .etcd: return try etcdDestination(source: source)
    case .files: return try filesDestination(source: source)
    case .certManager, .resources:
      throw RunFailure(
        step: .preflight, reason: .unsupportedFormat,
        message:
          "this version does not restore sources of kind \(kind) by itself; leave \(source) out of the request's "
          + "sources, and restore its artifact by hand as docs/sources describes", source: source)
    }
  }

  /// A kind, or a setting of one, that the schema knows and the program does not.
  static func notBuiltIn(_ what: String, source: String) -> RunFailure {
    RunFailure(
      step: .prepare, reason: .invalidSpec, message: "\(what) is not built into this version; remove it", source: source
    )
  }

  /// Names the source in what `body` throws.
  func attributed<Value>(to source: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch var failure as RunFailure {
      failure.source = failure.source ?? source
      throw failure
    }
  }
}
