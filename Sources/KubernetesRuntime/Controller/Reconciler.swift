public import KubernetesModel

/// How a reconcile ended.
public enum ReconcileResult: Sendable, Hashable {
  /// Nothing more to do until something changes.
  case done
  /// Come back after a while, even if nothing changes.
  case requeue(after: Duration)
}

/// An error that trying again does not mend, such as a bad spec: the key waits until something changes.
public struct TerminalError: Error, Sendable, CustomStringConvertible {
  public let message: String
  public let cause: (any Error)?

  public init(_ message: String, cause: (any Error)? = nil) {
    self.message = message
    self.cause = cause
  }

  public var description: String { message }
}

/// Brings the world into the state that an object wants.
///
/// `reconcile` is called with a key whenever something about it may have changed, never twice at once for one key. It
/// has to be idempotent and to read what it needs, since a call stands for any number of changes, and the object may be
/// gone. When its task is cancelled it should end soon; it is then not called again by this process. A thrown
/// ``TerminalError`` is final until the next change; after any other error the call is repeated with growing waits.
public protocol Reconciler: Sendable {
  func reconcile(_ key: ObjectKey) async throws -> ReconcileResult
}

/// A reconciler from a closure.
public struct ClosureReconciler: Reconciler {
  private let body: @Sendable (ObjectKey) async throws -> ReconcileResult

  public init(_ body: @escaping @Sendable (ObjectKey) async throws -> ReconcileResult) { self.body = body }

  public func reconcile(_ key: ObjectKey) async throws -> ReconcileResult { try await body(key) }
}
