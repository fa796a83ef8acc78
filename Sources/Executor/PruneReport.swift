public import BackupFormat
internal import Foundation

/// What a prune did, or would do, and why.
public struct PruneReport: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable {
    case backup
    /// Objects and open uploads of a run that never wrote its manifest.
    case debris
    /// What a run left beside its good backup.
    case lease
  }

  public struct Removal: Sendable, Hashable {
    public var id: BackupID
    public var kind: Kind
    /// For people.
    public var reason: String
    public var keys: [String]
    /// Open multipart uploads.
    public var uploads: Int
    public var bytes: Int64
    /// Why it is still there, where it is.
    public var problem: String?
  }

  public struct Kept: Sendable, Hashable {
    public var id: BackupID
    public var reason: String
    public var bytes: Int64
  }

  /// In the order of removal.
  public var removals: [Removal] = []
  /// Newest first.
  public var kept: [Kept] = []
  public var warnings: [String] = []
  /// Keys that preflights left and that are old enough to go.
  public var probes: [String] = []

  /// Backups that are gone.
  public var deletedIDs: [BackupID] { removals.filter { $0.kind == .backup && $0.problem == nil }.map(\.id) }
  public var problems: [Removal] { removals.filter { $0.problem != nil } }
  /// Ids of backups that are there after the prune, oldest first.
  public var remaining: [BackupID] {
    (kept.map(\.id) + removals.filter { $0.kind == .backup && $0.problem != nil }.map(\.id)).sorted()
  }
  public var remainingBytes: Int64 {
    kept.reduce(0) { $0 + $1.bytes }
      + removals.filter { $0.kind == .backup && $0.problem != nil }.reduce(0) { $0 + $1.bytes }
  }
}
