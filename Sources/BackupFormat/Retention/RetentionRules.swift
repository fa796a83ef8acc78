public import Foundation

/// How many backups stay and how long. Both may apply: a backup goes when either says so.
public struct RetentionRules: Sendable, Hashable {
  /// At least 1; anything less counts as 1. nil keeps any number.
  public var maxCount: Int?
  /// Longer than zero. nil keeps any age.
  public var maxAge: Duration?

  public init(maxCount: Int? = nil, maxAge: Duration? = nil) {
    self.maxCount = maxCount
    self.maxAge = maxAge
  }
}

/// A backup that retention decides about: something with a manifest. Debris without one is not retention's business.
public struct RetentionCandidate: Sendable, Hashable {
  public var id: BackupID
  /// The manifest was read and names this backup's own keys. False (damaged, or of a newer format) keeps it: nobody knows
  /// which objects belong to it.
  public var isReadable: Bool
  /// A person holds it (`holdfast.dev/hold`).
  public var isHeld: Bool
  /// The end of the object lock on its manifest or any artifact.
  public var lockedUntil: Date?
  /// It is much smaller than those before it, and no person has accepted that: see ``SizeRule``.
  public var isSuspicious: Bool

  public init(
    id: BackupID, isReadable: Bool = true, isHeld: Bool = false, lockedUntil: Date? = nil, isSuspicious: Bool = false
  ) {
    self.id = id
    self.isReadable = isReadable
    self.isHeld = isHeld
    self.lockedUntil = lockedUntil
    self.isSuspicious = isSuspicious
  }
}
