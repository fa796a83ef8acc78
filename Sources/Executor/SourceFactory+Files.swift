internal import HoldfastAPI
internal import SnapshotSource

extension SourceFactory {
  /// - Parameter field: Of the source in the plan, for example `spec.sources[0].files`.
  func filesSource(_ spec: Source.Files, name: String, field: String) throws -> any SnapshotSource {
    throw Self.notBuiltIn(field, source: name)
  }
}
