public import NIOCore

/// Something that can be captured as one stream of bytes.
///
/// Guarantees that every implementation keeps:
/// - `capture` returns only when the whole snapshot went to `sink` and passed the source's own checks. A stream that
///   ends early, a checksum that differs or a cancelled task ends in an error, never in a return.
/// - `sink` is called one chunk at a time, in order, and is awaited before the next chunk is read: that is the
///   back-pressure. An error that it throws ends the capture and is thrown on unchanged.
/// - Cancellation stops the stream at once and leaves nothing behind at the source.
/// - A capture is not resumed: a caller that wants another try calls again, and discards what it got before.
public protocol SnapshotSource: Sendable {
  /// The source's name in the policy.
  var name: String { get }
  /// The kind in the policy, for example `openBao`.
  var kind: String { get }
  /// Of the plain bytes, without a dot, for example `snap`.
  var fileExtension: String { get }

  /// - Throws: ``SnapshotSourceError``, or what `sink` threw.
  func capture(
    into sink: (ByteBuffer) async throws -> Void
  ) async throws -> SnapshotFacts
}

/// Something that a captured stream can be given back to.
public protocol SnapshotDestination: Sendable {
  var name: String { get }
  var kind: String { get }

  /// Checks, without changing anything, that a restore could begin: reachable, logged in, permitted.
  /// - Returns: What will happen, for people.
  func preflight() async throws -> RestorePreview

  /// The same, for a destination that has to know what it is about to be given. Default: ``preflight()``.
  func preflight(of snapshot: CapturedSnapshot) async throws -> RestorePreview

  /// The destructive step. Called at most once for a request; `snapshot` has been read and verified once before.
  ///
  /// - Parameters:
  ///   - size: Plain bytes that `snapshot` gives.
  ///   - didBegin: Called right before the first byte that may change the destination is sent. An error thrown after
  ///     that with code ``SnapshotSourceError/Code/outcomeUnknown`` means that nobody knows whether it took effect.
  func restore<Snapshot: AsyncSequence & Sendable>(
    from snapshot: Snapshot, size: Int64, force: Bool, didBegin: @Sendable () async throws -> Void
  ) async throws -> SnapshotFacts where Snapshot.Element == ByteBuffer

  /// After ``restore(from:size:force:didBegin:)``: that the destination serves again. What was proved is for people to
  /// read in the fact ``SnapshotFacts/proof``.
  func verify() async throws -> SnapshotFacts
}

extension SnapshotDestination {
  public func preflight(of snapshot: CapturedSnapshot) async throws -> RestorePreview { try await preflight() }
}

/// What is known of a snapshot before it is read.
public struct CapturedSnapshot: Sendable, Hashable {
  /// In plain bytes.
  public var size: Int64
  /// Of its capture.
  public var facts: [String: String]

  public init(size: Int64, facts: [String: String] = [:]) {
    self.size = size
    self.facts = facts
  }
}

/// What a source tells of itself, for the manifest and the Backup's status: never a secret.
public struct SnapshotFacts: Sendable, Hashable {
  /// The key of what a destination's verification proved, in words.
  public static let proof = "proof"

  public var values: [String: String]
  /// For people: what they should know of this capture, though it is good.
  public var warnings: [String]
  /// For people: what was asked for and is not in this capture, though the rest is good.
  public var missing: [String]
  /// Key identifiers (RFC 5280, in hexadecimal) of certificate authorities that signed certificates in this capture; empty
  /// where it does not tell.
  public var signers: Set<String> = []
  /// Key identifiers of the certificate authorities that are in this capture with their keys.
  public var authorities: Set<String> = []

  public init(_ values: [String: String] = [:], warnings: [String] = [], missing: [String] = []) {
    self.values = values
    self.warnings = warnings
    self.missing = missing
  }
}

/// What a restore would do to one destination.
public struct RestorePreview: Sendable, Hashable {
  /// The object that changes, for example the server's address.
  public var object: String
  public var detail: String
  public var facts: [String: String]
  /// What happens besides to other objects.
  public var entries: [Entry]

  /// One line of a plan.
  public struct Entry: Sendable, Hashable {
    /// `create`, `replace`, `skip` or `warning`.
    public var action: String
    public var object: String
    public var detail: String

    public init(_ action: String, _ object: String, _ detail: String) {
      self.action = action
      self.object = object
      self.detail = detail
    }
  }

  public init(object: String, detail: String, facts: [String: String] = [:], entries: [Entry] = []) {
    self.object = object
    self.detail = detail
    self.facts = facts
    self.entries = entries
  }
}
