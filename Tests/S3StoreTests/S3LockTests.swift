import ObjectStore
import S3Store
import Testing

/// Whether a bucket has object lock on, which a preflight asks before a backup would fail.
@Suite struct S3LockTests {
  @Test func theBucketTellsWhetherObjectsMayBeLocked() async throws {
    try await withMiniStack(objectLock: true) { store, _, _ in
      let answer = try await store.allowsLocks()
      #expect(answer)
    }
    try await withMiniStack { store, _, _ in
      let answer = try await store.allowsLocks()
      #expect(answer == false)
    }
  }

  @Test func aServerThatWasNotAskedForLocksHasNone() async throws {
    try await withSeaweed { store, _, _ in
      let answer = try await store.allowsLocks()
      #expect(answer == false)
    }
  }

  @Test func aBucketThatIsNotThereIsNamed() async throws {
    try await withMiniStack { _, configuration, _ in
      var configuration = configuration
      configuration.bucket = "no-such-bucket"
      try await S3Store.withStore(configuration) { store in
        await #expect {
          _ = try await store.allowsLocks()
        } throws: { ($0 as? ObjectStoreError)?.code == .bucketNotFound }
      }
    }
  }
}
