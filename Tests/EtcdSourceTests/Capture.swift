import EtcdSource
import Foundation
import NIOCore
import SnapshotSource
import Synchronization
import TestServers

/// A capture into a file, as a person would save it.
struct Capture {
  var bytes: [UInt8]
  var facts: [String: String]
  var warnings: [String]

  static func of(_ configuration: EtcdConfiguration) async throws -> Capture {
    let buffer = Mutex(ByteBuffer())
    let facts = try await EtcdSource(name: "etcd", configuration: configuration).capture { bytes in
      buffer.withLock { _ = $0.writeImmutableBuffer(bytes) }
    }
    return Capture(
      bytes: Array(buffer.withLock { $0 }.readableBytesView), facts: facts.values, warnings: facts.warnings)
  }

  static func failure(_ configuration: EtcdConfiguration) async -> SnapshotSourceError? {
    do {
      _ = try await of(configuration)
      return nil
    } catch {
      return error as? SnapshotSourceError
    }
  }

  /// What `etcdutl snapshot status` says of it.
  func status() async throws -> Status {
    let folder = try ServerProcess.makeFolder("snapshot")
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("etcd.db")
    try Data(bytes).write(to: file)
    let text = try await EtcdCluster.run([
      try EtcdCluster.program("etcdutl", .pypi), "snapshot", "status", file.path, "-w", "json",
    ])
    return try JSONDecoder().decode(Status.self, from: Data(text.utf8))
  }

  struct Status: Decodable {
    var hash: UInt32
    var revision: Int64
    var totalKey: Int
    var totalSize: Int64
  }
}
