internal import KubernetesModel
public import NIOCore
internal import ResourceSet

/// Gives the bytes of a resource set from its beginning, one piece at a time and awaiting each, as often as it is called.
/// The bytes are the right ones only if it returns.
public typealias ReadResourceSet =
  @Sendable (_ consume: @escaping (ByteBuffer) async throws -> Void) async throws ->
  Void

/// One look through a set.
enum SetReading {
  /// A member that was asked for.
  struct Member: Sendable {
    var ordinal: Int
    var path: String
    var object: JSONValue
  }

  /// - Parameters:
  ///   - wants: Whether a member is read; the others are passed over.
  ///   - body: Gets a few members at a time, in order.
  /// - Returns: Header and index.
  @discardableResult
  static func pass(
    _ read: ReadResourceSet, wants: @escaping @Sendable (Int) -> Bool,
    _ body: @escaping ([Member]) async throws -> Void
  ) async throws -> (header: ResourceSetHeader, index: ResourceSetIndex) {
    var reader = ResourceSetReader(parsing: { ordinal, _ in wants(ordinal) })
    var ordinal = 0
    try await read { bytes in
      try Task.checkCancellation()
      var bytes = bytes
      // In pieces, so that few objects are in memory at a time whatever comes in at once.
      while let piece = bytes.readSlice(length: min(bytes.readableBytes, 64 << 10)), piece.readableBytes > 0 {
        var members: [Member] = []
        for event in try reader.consume(piece) {
          guard case .object(let path, let object) = event else { continue }
          if let object { members.append(Member(ordinal: ordinal, path: path, object: object)) }
          ordinal += 1
        }
        if !members.isEmpty { try await body(members) }
      }
    }
    return try reader.finish()
  }
}

/// Does something with each element, a few at a time, and gives the results in order. The first error ends it.
func inParallel<Element: Sendable, Value: Sendable>(
  _ elements: [Element], width: Int, _ body: @escaping @Sendable (Element) async throws -> Value
) async throws -> [Value] {
  try await withThrowingTaskGroup(of: (Int, Value).self) { group in
    var results: [Value?] = Array(repeating: nil, count: elements.count)
    for (index, element) in elements.enumerated() {
      if index >= width, let (done, value) = try await group.next() { results[done] = value }
      group.addTask { (index, try await body(element)) }
    }
    for try await (done, value) in group { results[done] = value }
    return results.compactMap(\.self)
  }
}
