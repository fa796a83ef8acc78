internal import ObjectStore
import Synchronization

/// What the credentials of a run turned out not to allow.
///
/// A backup needs one permission: to write. Everything else it does where it may, and says what it left out where it may
/// not; a store that only ever takes new objects is a good place for backups.
final class MissingPermissions: Sendable {
  enum Permission: Sendable, Hashable, CaseIterable {
    case list, read, delete
  }

  private let missing = Mutex<Set<Permission>>([])

  func lacks(_ permission: Permission) -> Bool { missing.withLock { $0.contains(permission) } }

  /// - Returns: nil where the credentials lack the permission; it is then remembered.
  func unlessDenied<Value>(_ permission: Permission, _ body: () async throws -> Value) async throws -> Value? {
    do {
      return try await body()
    } catch let error as ObjectStoreError where error.code == .accessDenied {
      note(permission)
      return nil
    }
  }

  func note(_ permission: Permission) { missing.withLock { _ = $0.insert(permission) } }

  /// For people.
  /// - Parameters:
  ///   - prefix: Where the permission is missing: `s3://bucket/prefix/`.
  ///   - hasRetention: The policy asks for old backups to be removed.
  func warnings(below prefix: String, hasRetention: Bool) -> [String] {
    Permission.allCases.filter(lacks).map { permission in
      switch permission {
      case .list:
        "the credentials may not list \(prefix): runs of this policy cannot see each other, and sizes are not compared"
          + (hasRetention ? "; nothing is pruned" : "")
      case .read:
        "the credentials may not read below \(prefix): what was uploaded was not looked at again, and its size "
          + "is not compared with earlier ones"
      case .delete:
        "the credentials may not delete below \(prefix): the run's lease stays there; nothing is pruned"
      }
    }
  }
}
