import AzureStore
import FakeAzure
import Testing

/// Whether a container takes locks of single blobs, which a preflight asks before a backup would fail.
@Suite struct AzureLockTests {
  @Test func theContainerTellsWhetherBlobsMayBeLocked() async throws {
    try await withAzure(.versionImmutability) { store, _, _ in
      let answer = try await store.allowsLocks()
      #expect(answer)
    }
    try await withAzure { store, _, _ in
      let answer = try await store.allowsLocks()
      #expect(answer == false)
    }
  }
}
