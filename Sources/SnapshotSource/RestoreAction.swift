public import NIOCore

/// What a restore does to one thing, or to several of one kind.
public struct RestoreAction: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable {
    case restore, create, replace, skip, conflict, warning
  }

  public var kind: Kind
  public var object: String
  public var detail: String?

  public init(_ kind: Kind, _ object: String, detail: String? = nil) {
    self.kind = kind
    self.object = object
    self.detail = detail
  }
}

/// A destination that can tell what a restore does only from the snapshot itself.
public protocol SnapshotPlanner: SnapshotDestination {
  /// Reads the snapshot to its end and changes nothing. Called after `preflight` and before `restore`; what it gives is
  /// known to be whole only when it returns.
  ///
  /// - Parameter size: Plain bytes that `snapshot` gives.
  /// - Returns: What will happen. A conflict among it ends the restore before anything is touched.
  func plan<Snapshot: AsyncSequence & Sendable>(
    from snapshot: Snapshot, size: Int64
  ) async throws -> [RestoreAction] where Snapshot.Element == ByteBuffer
}

extension RestorePreview {
  public init(object: String, detail: String, actions: [RestoreAction]) {
    self.init(
      object: object, detail: detail, entries: actions.map { Entry($0.kind.rawValue, $0.object, $0.detail ?? "") })
  }
}
