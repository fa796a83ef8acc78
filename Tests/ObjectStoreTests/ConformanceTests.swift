import Foundation
import ObjectStore
import ObjectStoreTestKit
import Testing

@Suite struct MemoryStoreConformanceTests {
  @Test(arguments: StoreCheck.all) func conforms(check: StoreCheck) async throws {
    try await check.run(StoreFixture(store: MemoryStore(pageSize: 3)))
  }

  /// A decorator that has nothing to do changes nothing.
  @Test(arguments: StoreCheck.all) func conformsBehindRetries(check: StoreCheck) async throws {
    try await check.run(StoreFixture(store: RetryingStore(MemoryStore(pageSize: 3))))
  }

  @Test func aLockedObjectIsKept() async throws {
    let store = MemoryStore()
    try await store.put("a", body: patternedBytes(1))
    store.lock("a", until: Date(timeIntervalSinceNow: 60))
    #expect(try await store.head("a")?.lockedUntil != nil)
    await #expect { try await store.delete("a") } throws: { ($0 as? ObjectStoreError)?.code == .locked }
  }
}

@Suite struct FilesystemStoreConformanceTests {
  @Test(arguments: StoreCheck.all) func conforms(check: StoreCheck) async throws {
    try await withTemporaryFolder { folder in
      try await check.run(StoreFixture(store: FilesystemStore(root: folder.path, pageSize: 3)))
    }
  }
}

func withTemporaryFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("holdfast-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}
