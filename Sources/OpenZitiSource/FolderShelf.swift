import Foundation
import NIOCore
import NIOPosix
import SnapshotSource

/// A folder of this machine: a mounted claim, or a host's own disk.
struct FolderShelf: SnapshotShelf {
  /// Of this machine.
  let root: String
  /// What the folder is called where the controller runs.
  let mountPath: String
  private static let chunkSize = 256 << 10

  var place: String { root }

  func names(in folder: String) async throws -> [String] {
    let path = try local(folder)
    return try await blocking("list \(folder)") { try FileManager.default.contentsOfDirectory(atPath: path) }
  }

  func read(_ path: String, hand: @escaping @Sendable (ByteBuffer) async throws -> Void) async throws {
    let file = try local(path)
    let operation = "read \(path)"
    let handle = try await blocking(operation) { try FileHandle(forReadingFrom: URL(fileURLWithPath: file)) }
    defer { try? handle.close() }
    while true {
      let bytes = try await blocking(operation) { try handle.read(upToCount: Self.chunkSize) }
      guard let bytes, !bytes.isEmpty else { return }
      try await hand(ByteBuffer(bytes: bytes))
    }
  }

  func remove(_ path: String) async throws {
    let file = try local(path)
    try await blocking("remove \(path)") {
      guard FileManager.default.fileExists(atPath: file) else { return }
      try FileManager.default.removeItem(atPath: file)
    }
  }

  /// The controller's path on this machine.
  private func local(_ path: String) throws -> String {
    let base = mountPath.hasSuffix("/") ? String(mountPath.dropLast()) : mountPath
    guard path == base || path.hasPrefix("\(base)/"), !path.split(separator: "/").contains("..") else {
      throw SnapshotSourceError(
        .configuration, operation: "read \(path)",
        message: "\(path) is not below \(mountPath), where the controller has the claim; correct databasePath or "
          + "persistentVolumeClaim.mountPath")
    }
    return root + path.dropFirst(base.count)
  }

  private func blocking<Value: Sendable>(
    _ operation: String, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    do {
      return try await NIOThreadPool.singleton.runIfActive(body)
    } catch let error as CocoaError {
      let message =
        switch error.code {
        case .fileReadNoPermission, .fileWriteNoPermission:
          "no permission; run the executor as the user of the controller (runAsUser 2171 with the chart's image)"
        case .fileReadNoSuchFile, .fileNoSuchFile: "there is no such file; check databasePath and the claim"
        default: error.localizedDescription
        }
      throw SnapshotSourceError(.configuration, operation: operation, message: message, cause: error)
    }
  }
}
