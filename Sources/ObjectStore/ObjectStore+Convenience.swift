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
}
