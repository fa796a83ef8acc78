import NIOCore
import ObjectStore

/// One promise of ``ObjectStore``, to be checked against any implementation.
///
///     @Test(arguments: StoreCheck.all) func conforms(check: StoreCheck) async throws {
///       try await check.run(StoreFixture(store: MemoryStore()))
///     }
public struct StoreCheck: Sendable, CustomStringConvertible {
  public var name: String
  public var run: @Sendable (StoreFixture) async throws -> Void
  public var description: String { name }

  init(_ name: String, _ run: @escaping @Sendable (StoreFixture) async throws -> Void) {
    self.name = name
    self.run = run
  }

  /// The conformance suite that every store passes.
  public static let all: [StoreCheck] = objectChecks + listingChecks + uploadChecks
}

extension StoreCheck {
  static let objectChecks: [StoreCheck] = [
    StoreCheck("what is put can be got, in any size") { fixture in
      for size in [0, 1, 1000, 300_000] {
        let body = patternedBytes(size)
        try await fixture.store.put(fixture.key("object-\(size)"), body: body)
        try requireEqual(try await fixture.bytes("object-\(size)"), body)
        try requireEqual(try await fixture.store.head(fixture.key("object-\(size)"))?.size, Int64(size))
      }
    },
    StoreCheck("put replaces") { fixture in
      try await fixture.store.put(fixture.key("a"), body: ByteBuffer(string: "the first, which is longer"))
      try await fixture.store.put(fixture.key("a"), body: ByteBuffer(string: "second"))
      try requireEqual(String(buffer: try await fixture.bytes("a")), "second")
    },
    StoreCheck("create-only writes once and keeps what was there") { fixture in
      let key = fixture.key("folder/only")
      try await fixture.store.put(key, body: ByteBuffer(string: "first"), condition: .ifAbsent)
      try await requireError(.alreadyExists) {
        try await fixture.store.put(key, body: ByteBuffer(string: "second"), condition: .ifAbsent)
      }
      try requireEqual(String(buffer: try await fixture.bytes("folder/only")), "first")
      try await fixture.store.delete(key)
      try await fixture.store.put(key, body: ByteBuffer(string: "third"), condition: .ifAbsent)
      try requireEqual(String(buffer: try await fixture.bytes("folder/only")), "third")
    },
    StoreCheck("of create-only writes at once one wins") { fixture in
      // Once before, so that a store has found out whether its server keeps the condition.
      try await fixture.store.put(fixture.key("other"), body: ByteBuffer(), condition: .ifAbsent)
      let winners = try await withThrowingTaskGroup(of: Int?.self) { group in
        for number in 0..<6 {
          group.addTask {
            for _ in 0..<20 {
              do {
                try await fixture.store.put(
                  fixture.key("race"), body: ByteBuffer(string: "\(number)"), condition: .ifAbsent)
                return number
              } catch let error as ObjectStoreError where error.code == .alreadyExists {
                return nil
              } catch let error as ObjectStoreError where error.isRetryable {
                // S3 may answer 409 to all of two that come at once.
                continue
              }
            }
            return nil
          }
        }
        return try await group.reduce(into: [Int]()) { winners, number in number.map { winners.append($0) } }
      }
      try requireEqual(winners.count, 1)
      try requireEqual(String(buffer: try await fixture.bytes("race")), "\(winners[0])")
    },
    StoreCheck("ranges give their bytes and the full size; what lies beyond the end is left out") { fixture in
      let body = patternedBytes(1000)
      try await fixture.store.put(fixture.key("a"), body: body)
      for range: Range<Int64> in [0..<1, 0..<1000, 10..<20, 999..<1000, 990..<2000, 1000..<1001, 5000..<6000, 7..<7] {
        var content = ByteBuffer()
        let size = try await fixture.store.get(fixture.key("a"), range: range) { content.writeImmutableBuffer($0) }
        try requireEqual(size, 1000)
        let expected = range.clamped(to: 0..<1000)
        try requireEqual(
          content, body.getSlice(at: Int(expected.lowerBound), length: expected.count) ?? ByteBuffer())
      }
    },
    StoreCheck("what is not there is notFound to get, nil to head, and nothing to delete") { fixture in
      try await requireError(.notFound) { _ = try await fixture.bytes("nothing") }
      try await requireError(.notFound) { _ = try await fixture.bytes("nothing", range: 0..<10) }
      try require(try await fixture.store.head(fixture.key("nothing")) == nil, "head gives something")
      try await fixture.store.delete(fixture.key("nothing"))
      try await fixture.store.put(fixture.key("a/b"), body: ByteBuffer(string: "x"))
      try await fixture.store.delete(fixture.key("a/b"))
      try await fixture.store.delete(fixture.key("a/b"))
      try require(try await fixture.store.head(fixture.key("a/b")) == nil, "head gives what was deleted")
      try requireEqual(try await fixture.names(), [])
    },
    StoreCheck("many can be deleted at once, those that are not there too") { fixture in
      let names = ["a", "b/c", "d e+f", "ü&<>", "kept"]
      for name in names { try await fixture.store.put(fixture.key(name), body: ByteBuffer(string: "x")) }
      let doomed = (names.dropLast() + ["nothing"]).map(fixture.key)
      try requireEqual(try await fixture.store.deleteAll(doomed).count, 0)
      try requireEqual(try await fixture.names(), ["kept"])
      try requireEqual(try await fixture.store.deleteAll([]).count, 0)
    },
    StoreCheck("a read that is bound to a version gives that one or none") { fixture in
      try await fixture.store.put(fixture.key("a"), body: patternedBytes(1000))
      let pin = ReadPin()
      var content = ByteBuffer()
      for range: Range<Int64> in [0..<500, 500..<1000] {
        let size = try await fixture.store.get(fixture.key("a"), range: range, pin: pin) {
          content.writeImmutableBuffer($0)
        }
        try requireEqual(size, 1000)
      }
      try requireEqual(content, patternedBytes(1000))
      // A store that cannot tell binds nothing.
      guard pin.version != nil else { return }
      try await fixture.store.put(fixture.key("a"), body: patternedBytes(1000, seed: 2))
      try await requireError(.integrity) {
        try await fixture.store.get(fixture.key("a"), range: 0..<500, pin: pin) { _ in }
      }
    },
    StoreCheck("a consumer's error comes out unchanged and ends the read") { fixture in
      struct Own: Error {}
      try await fixture.store.put(fixture.key("a"), body: patternedBytes(200_000))
      do {
        try await fixture.store.get(fixture.key("a"), range: nil) { _ in throw Own() }
      } catch is Own {
        try requireEqual(try await fixture.bytes("a").readableBytes, 200_000)
        return
      }
      throw ConformanceFailure(description: "no error")
    },
    StoreCheck("keys that another system would read as others are refused") { fixture in
      let long = String(repeating: "k", count: 1025)
      for key in ["", "/a", "a//b", "a/", "../a", "a/../b", "a/./b", "a\u{0}b", "a\nb", long] {
        try await requireError(.configuration) { try await fixture.store.put(key, body: ByteBuffer()) }
        try await requireError(.configuration) { _ = try await fixture.store.startUpload(key) }
      }
    },
  ]
}
