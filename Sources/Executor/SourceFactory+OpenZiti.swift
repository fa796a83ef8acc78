internal import HoldfastAPI
internal import SnapshotSource

extension SourceFactory {
  /// - Parameter field: Of the source in the plan, for example `spec.sources[0].openZiti`.
  func openZitiSource(_ spec: Source.OpenZiti, name: String, field: String) throws -> any SnapshotSource {
    throw Self.notBuiltIn(field, source: name)
  }
}
