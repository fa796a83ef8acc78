public import NIOCore

extension ObjectStore {
  /// Writes a small object, over what is there.
  public func put(_ key: String, body: ByteBuffer) async throws {
    try await put(key, body: body, condition: .none)
  }

  /// A small object as a whole.
  /// - Parameter limit: In bytes.
  /// - Throws: ``ObjectStoreError/Code/failed`` where the object is larger.
  public func getBytes(_ key: String, upTo limit: Int) async throws -> ByteBuffer {
    var content = ByteBuffer()
    try await get(key, range: nil) { chunk in
      guard content.readableBytes + chunk.readableBytes <= limit else {
        throw ObjectStoreError(
          .failed, operation: "GET \(location)/\(key)", message: "the object is larger than \(limit) bytes")
      }
      content.writeImmutableBuffer(chunk)
    }
    return content
  }

  /// All objects below a prefix. For folders of a bounded size; page through large ones with ``list(prefix:startingAfter:)``.
  public func listAll(prefix: String) async throws -> [ObjectInfo] {
    var page = try await list(prefix: prefix, startingAfter: nil)
    var objects = page.objects
    while let next = page.next {
      page = try await list(prefix: prefix, startingAfter: next)
      objects += page.objects
    }
    return objects
  }

  /// The size of an object, as far as the credentials may ask: those that can only write are enough for a backup.
  public func size(of key: String) async throws -> KnownSize {
    do {
      return .known(try await head(key)?.size)
    } catch let error as ObjectStoreError where error.code == .accessDenied {
      return .secret
    }
  }
}

/// What ``ObjectStore/size(of:)`` found out.
public enum KnownSize: Sendable, Hashable {
  /// nil where there is no such object.
  case known(Int64?)
  /// The credentials may not ask.
  case secret
}
