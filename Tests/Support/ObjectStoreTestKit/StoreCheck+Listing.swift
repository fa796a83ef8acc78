import Foundation
import NIOCore
import ObjectStore

extension StoreCheck {
  /// In the order of their UTF-8 bytes. Each is one that some layer may treat in its own way.
  private static let oddNames = [
    "+plus", "Z", "a b/two  spaces", "a!*'()", "a&<>\"", "a+b", "a-b", "a.b", "a/b", "a/b-c", "a/bc", "a0", "a=b",
    "a?b#c", "a%2Fb", "aa", "a~b", "z", "é", "日本/語", "😀",
  ].sorted(by: ObjectKey.precedes)

  static let listingChecks: [StoreCheck] = [
    StoreCheck("odd names can be written, read, found and deleted") { fixture in
      for name in oddNames { try await fixture.store.put(fixture.key(name), body: ByteBuffer(string: name)) }
      for name in oddNames {
        try requireEqual(String(buffer: try await fixture.bytes(name)), name)
        try require(try await fixture.store.head(fixture.key(name)) != nil, "no \(name)")
      }
      try requireEqual(Set(try await fixture.names()), Set(oddNames))
      for name in oddNames { try await fixture.store.delete(fixture.key(name)) }
      try requireEqual(try await fixture.names(), [])
    },
    StoreCheck("keys are listed in the order of their bytes") { fixture in
      let names = ["a", "A", "b/c", "b/a", "é", "z", "zz/1", "0"]
      for name in names { try await fixture.store.put(fixture.key(name), body: ByteBuffer(string: "x")) }
      try requireEqual(try await fixture.names(), names.sorted(by: ObjectKey.precedes))
    },
    StoreCheck("a prefix is a string of bytes, not a folder") { fixture in
      for name in ["a/1", "ab/1", "b/a/1"] {
        try await fixture.store.put(fixture.key(name), body: ByteBuffer(string: "x"))
      }
      func list(_ prefix: String) async throws -> [String] {
        try await fixture.store.listAll(prefix: fixture.key(prefix)).map {
          String($0.key.dropFirst(fixture.prefix.count))
        }
      }
      try requireEqual(try await list("a"), ["a/1", "ab/1"])
      try requireEqual(try await list("a/"), ["a/1"])
      try requireEqual(try await list("a/1"), ["a/1"])
      try requireEqual(try await list("b/"), ["b/a/1"])
      try requireEqual(try await list("c"), [])
    },
    StoreCheck("a listing says sizes, and times close to now") { fixture in
      try await fixture.store.put(fixture.key("a"), body: ByteBuffer(string: "12345"))
      let object = try await fixture.store.listAll(prefix: fixture.prefix).first
      try requireEqual(object?.size, 5)
      for modified in [object?.lastModified, try await fixture.store.head(fixture.key("a"))?.lastModified] {
        let age = modified?.timeIntervalSinceNow ?? 1e9
        try require(abs(age) < 300, "written just now, and \(String(describing: modified))")
      }
    },
    StoreCheck("pages follow one another without gap or repetition, from any key") { fixture in
      let names = (0..<fixture.moreThanAPage).map { "n\($0 / 7)/\($0)" }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<8 {
          group.addTask {
            for name in names.enumerated() where name.offset % 8 == worker {
              try await fixture.store.put(fixture.key(name.element), body: ByteBuffer())
            }
          }
        }
        try await group.waitForAll()
      }
      let sorted = names.sorted(by: ObjectKey.precedes)
      try require(try await fixture.store.list(prefix: fixture.prefix, startingAfter: nil).next != nil, "one page only")
      try requireEqual(try await fixture.names(), sorted)
      for index in stride(from: 0, to: sorted.count, by: max(sorted.count / 5, 1)) {
        let page = try await fixture.store.list(prefix: fixture.prefix, startingAfter: fixture.key(sorted[index]))
        let next = index + 1 < sorted.count ? fixture.key(sorted[index + 1]) : nil
        try requireEqual(page.objects.first?.key, next)
      }
      // A key that is not there is a place all the same.
      let page = try await fixture.store.list(prefix: fixture.prefix, startingAfter: fixture.key("n"))
      try requireEqual(page.objects.first?.key, fixture.key(sorted[0]))
    },
  ]
}
