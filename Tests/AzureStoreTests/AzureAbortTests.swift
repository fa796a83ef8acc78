import AzureStore
import FakeAzure
import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import ObjectStoreTestKit
import StoreHTTP
import Testing

/// Promise 3: what has no manifest is debris, and is removed together with open uploads.
@Suite struct AzureAbortTests {
  private func begin(_ store: AzureStore, _ key: String = "a") async throws -> any MultipartUpload {
    let upload = try await store.startUpload(key)
    try await upload.uploadPart(1, body: patternedBytes(100))
    return upload
  }

  @Test func anAbortDropsTheBlocksAndLeavesNoBlob() async throws {
    try await withAzure { store, _, fake in
      let upload = try await begin(store)
      #expect(fake.uncommitted("backups", "a") == [1, 100])
      try await upload.abort()
      #expect(fake.uncommitted("backups", "a") == [])
      #expect(fake.keys("backups") == [])
    }
  }

  @Test func anAbortNeverTouchesABlobOfThatKey() async throws {
    try await withAzure { store, _, fake in
      let upload = try await begin(store)
      try await upload.complete()
      try await upload.abort()
      #expect(try await store.getBytes("a", upTo: 1000) == patternedBytes(100))
      // Nor where blocks lie beside it.
      let other = try await begin(store)
      try await other.abort()
      #expect(try await store.getBytes("a", upTo: 1000) == patternedBytes(100))
      #expect(try await store.listUploads(prefix: "").isEmpty)
      #expect(fake.uncommitted("backups", "a") == [1, 100])
    }
  }

  /// Every answer of the abort gets lost once.
  @Test func anAbortWhoseAnswersAreLostStillLeavesNothing() async throws {
    try await withAzure { direct, configuration, fake in
      let rules = FaultRules()
      rules.add(.loseAnswer, times: 1) { $0.method == .PUT && $0.query.contains("comp=blocklist") }
      rules.add(.loseAnswer, times: 2) { $0.method == .DELETE }
      try await withProxy(fake.origin, decide: rules.fault) { proxy in
        var configuration = configuration
        configuration.endpoint = "\(proxy.endpoint)/\(fake.account)"
        try await withStore(configuration) { store in
          let retrying = RetryingStore(store, policy: RetryPolicy(baseDelay: .milliseconds(2)))
          let upload = try await retrying.startUpload("a")
          try await upload.uploadPart(1, body: patternedBytes(100))
          try await upload.abort()
        }
        #expect(proxy.log.filter { $0.fault != nil }.count == 3)
      }
      #expect(fake.keys("backups") == [])
      #expect(try await direct.listUploads(prefix: "").isEmpty)
    }
  }

  /// A process that died between the two steps of an abort.
  @Test func theEmptyBlobOfAnAbortThatDiedIsRemovedByTheNext() async throws {
    try await withAzure { direct, configuration, fake in
      let rules = FaultRules()
      rules.add(.resetRequest(after: 0)) { $0.method == .DELETE && $0.headers.first(name: "if-match") != "\"0x0\"" }
      try await withProxy(fake.origin, decide: rules.fault) { proxy in
        var configuration = configuration
        configuration.endpoint = "\(proxy.endpoint)/\(fake.account)"
        try await withStore(configuration) { store in
          let upload = try await begin(store)
          await #expect(throws: ObjectStoreError.self) { try await upload.abort() }
        }
      }
      #expect(fake.keys("backups") == ["a"])
      try await direct.abortUpload(OpenUpload(key: "a", id: "any", started: nil))
      #expect(fake.keys("backups") == [])
    }
  }

  /// Where nothing may be deleted, nothing visible is left behind.
  @Test func withoutTheRightToDeleteAnAbortWritesNothing() async throws {
    try await withAzure { _, configuration, fake in
      var configuration = configuration
      configuration.credentials = .sas(try fake.sas("cw"))
      try await withStore(configuration) { store in
        let upload = try await begin(store)
        await #expect { try await upload.abort() } throws: { says($0, .accessDenied, "a week", "lacks d") }
      }
      #expect(fake.keys("backups") == [])
      #expect(fake.uncommitted("backups", "a") == [1, 100])
    }
  }

  /// An empty blob that nobody could delete is worse than blocks that go by themselves.
  @Test func whereTheContainerKeepsEachBlobAnAbortWritesNothing() async throws {
    let clock = TestClock()
    try await withAzure(.policy, now: clock.now) { store, _, fake in
      let upload = try await begin(store)
      try await upload.abort()
      #expect(fake.keys("backups") == [])
      #expect(try await store.listUploads(prefix: "").count == 1)
      clock.advance(8 * 86_400)
      #expect(try await store.listUploads(prefix: "").isEmpty)
    }
  }

  /// Azure does not say when blocks came; their names do.
  @Test func anUploadTellsWhenItBegan() async throws {
    try await withAzure { store, configuration, _ in
      try await withStore(configuration, now: { Date(timeIntervalSinceNow: -600) }) {
        _ = try await $0.startUpload("a")
      }
      let uploads = try await store.listUploads(prefix: "")
      #expect(uploads.map(\.key) == ["a"])
      let started = try #require(uploads.first?.started)
      #expect(abs(started.timeIntervalSinceNow + 600) < 60)
    }
  }

  /// Promise 4, and a backup without prune: nothing but writing is allowed.
  @Test(arguments: ["cw", "w", "c"]) func writeOnlyCredentialsAreEnoughToUpload(permissions: String) async throws {
    try await withAzure { direct, configuration, fake in
      var configuration = configuration
      configuration.credentials = .sas(try fake.sas(permissions))
      let body = patternedBytes(5000)
      try await withStore(configuration) { store in
        let upload = try await store.startUpload("data")
        for (index, offset) in stride(from: 0, to: 5000, by: 1000).enumerated() {
          try await upload.uploadPart(index + 1, body: body.getSlice(at: offset, length: 1000) ?? ByteBuffer())
        }
        try await upload.complete()
        try await store.put("manifest", body: ByteBuffer(string: "{}"), condition: .ifAbsent)
        await #expect {
          try await store.put("manifest", body: ByteBuffer(string: "{}"), condition: .ifAbsent)
        } throws: { code($0) == .alreadyExists }
        await #expect { try await store.head("data") } throws: { says($0, .accessDenied, "lacks r") }
      }
      #expect(try await direct.getBytes("data", upTo: 10_000) == body)
    }
  }
}
