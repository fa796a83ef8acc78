internal import FilesSource
internal import HoldfastAPI
internal import JobPlan
internal import SnapshotSource

extension SourceFactory {
  /// - Parameter field: Of the source in the plan, for example `spec.sources[0].files`.
  func filesSource(_ spec: Source.Files, name: String, field: String) throws -> any SnapshotSource {
    guard !spec.resolvedPaths.isEmpty else {
      throw RunFailure(step: .prepare, reason: .invalidSpec, message: "\(field).paths is required")
    }
    let configuration = FilesConfiguration(
      place: place(spec), paths: spec.resolvedPaths, exclude: spec.exclude ?? [])
    return FilesSource(
      name: name, configuration: configuration, client: spec.pod == nil ? nil : try cluster.client())
  }

  private func place(_ spec: Source.Files) -> FilesConfiguration.Place {
    if let pod = spec.pod {
      return .pod(
        FilesConfiguration.Pods(
          namespace: plan.policy.namespace, selector: pod.podSelector, container: pod.container))
    }
    guard let claim = spec.persistentVolumeClaim?.claimName else { return .machine }
    return .folder(mounts.volume(claim), name: "claim \(claim)")
  }
}
