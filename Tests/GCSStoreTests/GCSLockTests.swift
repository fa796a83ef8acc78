import FakeGCS
import GCSStore
import ObjectStore
import ObjectStoreTestKit
import Testing

/// Whether a bucket takes retentions, which a preflight asks before a backup would fail.
@Suite struct GCSLockTests {
  @Test(arguments: [true, false])
  func theBucketTellsWhetherObjectsMayHaveARetention(isOn: Bool) async throws {
    try await withFake(FakeBucket(hasObjectRetention: isOn)) { store, _, _ in
      let answer = try await store.allowsRetention()
      #expect(answer == isOn)
    }
  }

  @Test func aBucketThatIsNotThereIsNamed() async throws {
    try await withFake(FakeBucket(), { $0.bucket = "another" }) { store, _, _ in
      await #expect {
        _ = try await store.allowsRetention()
      } throws: {
        code($0) == .bucketNotFound
      }
    }
  }
}
