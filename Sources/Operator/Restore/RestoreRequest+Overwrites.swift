import HoldfastAPI

/// Which safety backup a restore into claims and pods needs.
extension RestoreRequest.Spec {
  /// Only snapshots of etcd, which keep what is there, and files to a place of the request that leave what is there.
  var overwritesNothing: Bool {
    guard let sources, !sources.isEmpty else { return false }
    return sources.allSatisfy { source in
      source.etcd != nil || source.files.map { $0.hasPlace && policy(of: $0) != .replace } ?? false
    }
  }

  /// A source whose files replace others than those that the policy captures.
  var replacesFilesElsewhere: String? {
    sources?.first { source in source.files.map { $0.hasPlace && policy(of: $0) == .replace } ?? false }?.name
  }

  private func policy(of files: RestoreRequest.FilesDestination) -> RestoreRequest.ConflictPolicy {
    files.conflictPolicy ?? conflictPolicy ?? .fail
  }
}
