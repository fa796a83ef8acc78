public import KubernetesClient
public import NIOCore
public import SnapshotSource
import Tar

/// Files and folders as a tar archive (POSIX pax), whose names are relative to `/` of the place.
///
/// A file that changes while it is read is read again. The later copy follows the earlier one under the same name, and is
/// the one that stays when the archive is extracted. One that never holds still is named in the facts and in a warning.
public struct FilesSource: SnapshotSource {
  public let name: String
  public let kind = "files"
  public let fileExtension = "tar"
  private let configuration: FilesConfiguration
  private let client: KubernetesClient?
  private let pause: @Sendable (Duration) async throws -> Void

  /// - Parameters:
  ///   - client: For a place in a pod.
  ///   - pause: Waits before a file that changed is read again.
  public init(
    name: String, configuration: FilesConfiguration, client: KubernetesClient? = nil,
    pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.name = name
    self.configuration = configuration
    self.client = client
    self.pause = pause
  }

  public func capture(into sink: (ByteBuffer) async throws -> Void) async throws -> SnapshotFacts {
    let paths = PathSet(configuration.paths)
    let patterns = PathPatterns(configuration.exclude)
    let place = configuration.place
    do {
      return try await withTarWriter(into: sink) { writer in
        var tally = CaptureTally(paths: configuration.paths)
        switch place {
        case .pod(let pods):
          let container = try await PodContainer.find(pods, client: client, idle: configuration.idle)
          let capture = PodCapture(
            container: container, patterns: patterns, attempts: configuration.attempts, pause: pause)
          try await capture.run(paths, into: writer, &tally)
        case .folder(let root, let name):
          let walk = FolderWalk(
            root: .init(path: root, name: name, isMachine: false), paths: paths, patterns: patterns)
          tally.facts["from"] = name
          try await LocalCapture(walk: walk, attempts: configuration.attempts, pause: pause).run(into: writer, &tally)
        case .machine:
          let walk = FolderWalk(
            root: .init(path: "/", name: "this machine", isMachine: true), paths: paths, patterns: patterns)
          try await LocalCapture(walk: walk, attempts: configuration.attempts, pause: pause).run(into: writer, &tally)
        }
        return tally.result
      }
    } catch let error as TarError {
      throw SnapshotSourceError(
        error.code == .truncated ? .truncated : .corrupt, operation: "read the files of \(name)",
        message: error.description, cause: error)
    }
  }
}
