public import Foundation
public import NIOCore
import Synchronization

/// Object storage as Holdfast needs it: one flat map from keys to immutable objects.
///
/// Guarantees that every implementation keeps, and that the conformance suite checks:
/// - An object is there whole, or not at all: a broken upload leaves no object that can be read.
/// - ``put(_:body:condition:)`` and ``MultipartUpload/complete()`` return only when the object is durable.
/// - ``delete(_:)`` is idempotent: a key that is not there is no error.
/// - ``list(prefix:startingAfter:)`` gives keys in ascending order of their UTF-8 bytes.
/// - Every error is an ``ObjectStoreError`` that says whether another try may help; implementations do not retry,
///   the retry decorator does.
/// - Cancellation ends a call at once; whether it took effect is then unknown.
///
/// Keys follow ``ObjectKey/validate(_:)``: no leading slash, no empty segment. All sizes are bytes.
public protocol ObjectStore: Sendable {
  /// For people: `s3://bucket`.
  var location: String { get }

  /// Whether a part's SHA-256 is needed to send it: a caller that has it anyway saves hashing the part again.
  var usesPartSHA256: Bool { get }

  /// Writes a small object in one request.
  /// - Throws: ``ObjectStoreError/Code/alreadyExists`` where `condition` is ``WriteCondition/ifAbsent`` and the key is
  ///   taken.
  func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws

  /// Begins an upload in parts. The caller ends it with `complete` or `abort`.
  func startUpload(_ key: String) async throws -> any MultipartUpload

  /// Gives the object's bytes to `consume`, in order.
  /// An error that `consume` throws comes out unchanged. A body that ends early is an error, never a short object.
  /// - Parameter range: Offsets in the object; nil for all of it. What lies beyond the object's end is left out.
  /// - Returns: The object's full size.
  @discardableResult
  func get(_ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void) async throws -> Int64

  /// The same, bound to one version of the object, for a read that takes several calls.
  /// - Parameter pin: Empty at the first call, which binds it before `consume` runs.
  /// - Throws: ``ObjectStoreError/Code/integrity`` where the object is no longer the one that `pin` is bound to.
  @discardableResult
  func get(
    _ key: String, range: Range<Int64>?, pin: ReadPin, consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64

  /// - Returns: nil where there is no such object.
  func head(_ key: String) async throws -> ObjectInfo?

  /// One page of keys that begin with `prefix`, with a cursor for the next.
  func list(prefix: String, startingAfter: String?) async throws -> ObjectPage

  /// Removes one object.
  /// - Throws: ``ObjectStoreError/Code/locked`` where a lock keeps it.
  func delete(_ key: String) async throws

  /// Removes many objects, in as few requests as the store allows. Idempotent as ``delete(_:)``.
  /// - Returns: The keys that are still there, each with why; empty where all are gone.
  /// - Throws: What kept the store from doing any of it. Some may be gone all the same.
  func deleteAll(_ keys: [String]) async throws -> [String: ObjectStoreError]

  /// Uploads that were begun and neither completed nor aborted, below `prefix`.
  func listUploads(prefix: String) async throws -> [OpenUpload]

  /// Drops an upload that ``listUploads(prefix:)`` gave. Idempotent.
  func abortUpload(_ upload: OpenUpload) async throws
}

extension ObjectStore {
  public var usesPartSHA256: Bool { false }

  /// For a store whose objects are not replaced behind a reader's back, or that cannot tell.
  @discardableResult
  public func get(
    _ key: String, range: Range<Int64>?, pin: ReadPin, consume: (ByteBuffer) async throws -> Void
  ) async throws -> Int64 {
    try await get(key, range: range, consume: consume)
  }

  /// One by one.
  public func deleteAll(_ keys: [String]) async throws -> [String: ObjectStoreError] {
    var failures: [String: ObjectStoreError] = [:]
    for key in keys {
      do { try await delete(key) } catch let error as ObjectStoreError { failures[key] = error }
    }
    return failures
  }
}

/// Which version of an object a read in several calls is bound to.
public final class ReadPin: Sendable {
  private let value = Mutex<String?>(nil)

  public init() {}

  /// The store's own name of the version: an ETag or a generation. nil before the first answer.
  public var version: String? { value.withLock { $0 } }

  /// - Returns: False where the read is bound to another version already.
  public func bind(to version: String) -> Bool {
    value.withLock { value in
      defer { value = value ?? version }
      return value == nil || value == version
    }
  }
}

public enum WriteCondition: Sendable, Hashable {
  case none
  /// Create-only.
  case ifAbsent
}

/// How many parts an upload may have: S3's limit, kept by every store so that none accepts what another refuses.
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
public let maximumPartCount = 10_000

/// An upload in progress. Parts may be sent concurrently and in any order; `complete` needs all of them.
///
/// A store that takes bytes only in their order (Google Cloud Storage) has a part of more than 1 MiB wait for those before
/// it: send them concurrently, or in order. It cannot replace what it has taken.
public protocol MultipartUpload: Sendable {
  var key: String { get }

  /// Sends one part; sending a number again replaces it.
  /// - Parameters:
  ///   - number: From 1 to ``maximumPartCount``, without gaps.
  ///   - body: Every part but the last has the same size, at least the store's minimum.
  func uploadPart(_ number: Int, body: ByteBuffer) async throws

  /// The same with the body's SHA-256, 32 bytes, where the caller knows it. A wrong one is an error of integrity.
  func uploadPart(_ number: Int, body: ByteBuffer, sha256: [UInt8]?) async throws

  /// Makes the object. Nothing is visible under the key before.
  /// - Throws: ``ObjectStoreError/Code/notFound`` where the store no longer knows the upload: it was aborted, or an
  ///   earlier call took effect.
  func complete() async throws

  /// Drops what was sent. Idempotent, also after `complete` failed.
  func abort() async throws
}

extension MultipartUpload {
  /// For a store that has no use for it.
  public func uploadPart(_ number: Int, body: ByteBuffer, sha256: [UInt8]?) async throws {
    try await uploadPart(number, body: body)
  }
}

public struct ObjectInfo: Sendable, Hashable {
  public var key: String
  public var size: Int64
  public var lastModified: Date?
  /// Until when a lock keeps the object, where the store says so.
  public var lockedUntil: Date?

  public init(key: String, size: Int64, lastModified: Date? = nil, lockedUntil: Date? = nil) {
    self.key = key
    self.size = size
    self.lastModified = lastModified
    self.lockedUntil = lockedUntil
  }
}

public struct ObjectPage: Sendable, Hashable {
  public var objects: [ObjectInfo]
  /// Pass as `startingAfter` for the next page; nil on the last.
  public var next: String?

  public init(objects: [ObjectInfo], next: String?) {
    self.objects = objects
    self.next = next
  }
}

public struct OpenUpload: Sendable, Hashable {
  public var key: String
  /// The store's own name for it.
  public var id: String
  public var started: Date?

  public init(key: String, id: String, started: Date?) {
    self.key = key
    self.id = id
    self.started = started
  }
}
