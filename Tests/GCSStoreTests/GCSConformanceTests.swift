import FakeGCS
import GCSStore
import ObjectStore
import ObjectStoreTestKit
import TestServers
import Testing

/// What a server cannot, by the names of the checks. Each is a fact about that server, and none hides a fault of ours:
/// a check that begins to pass fails here.
private struct Deviations {
  var failing: Set<String>

  /// Google has no list of open sessions.
  private static let google: Set = ["open uploads are found below a prefix and can be aborted by what is found"]

  static let fake = Deviations(failing: google)
  static let fakeGCSServer = Deviations(failing: google)
  static let gcpStorageEmulator = Deviations(
    failing: google.union([
      // It ignores ifGenerationMatch, which the store finds out and refuses.
      "create-only writes once and keeps what was there", "of create-only writes at once one wins",
      // It gives one page whatever maxResults says, and all keys whatever startOffset says.
      "pages follow one another without gap or repetition, from any key",
      // It answers a range beyond the end with 206 and "bytes 1000-999/1000" instead of 416.
      "ranges give their bytes and the full size; what lies beyond the end is left out",
    ]))

  /// As ``run(_:_:)``, against a server that resets a connection now and then: once more for that, and for nothing else.
  func runOnConnectionsThatBreak(_ check: StoreCheck, _ fixture: () -> StoreFixture) async throws {
    for _ in 0..<2 {
      do {
        return try await run(check, fixture())
      } catch  where "\(error)".contains(#/the connection to 127\.0\.0\.1:\d+ broke/#) {
        continue
      }
    }
    try await run(check, fixture())
  }

  func run(_ check: StoreCheck, _ fixture: StoreFixture) async throws {
    guard failing.contains(check.name) else { return try await check.run(fixture) }
    await #expect(throws: (any Error).self, "\(check.name) passes now; take it off the list") {
      try await check.run(fixture)
    }
  }
}

@Suite struct GCSConformanceTests {
  /// More than what waits in memory in some checks, less in others.
  private static let partSize = 400_000

  @Test(arguments: StoreCheck.all) func ourFakeConforms(check: StoreCheck) async throws {
    try await withFake { store, fake, _ in
      fake.update { $0.pageSize = 7 }
      try await Deviations.fake.run(check, StoreFixture(store: store, minimumPartSize: Self.partSize))
    }
  }

  /// Google may give pages without objects, and keep only a part of what is sent.
  @Test(arguments: StoreCheck.all) func ourFakeAtItsOddestConforms(check: StoreCheck) async throws {
    try await withFake { store, fake, _ in
      fake.update {
        $0.pageSize = 3
        $0.hasEmptyPages = true
        $0.keeps = { max($0 / 2, 256 << 10) }
      }
      try await Deviations.fake.run(check, StoreFixture(store: store, minimumPartSize: Self.partSize))
    }
  }

  @Test(arguments: StoreCheck.all) func fakeGCSServerConforms(check: StoreCheck) async throws {
    try await withEmulator(GoogleEmulator.fakeGCSServer) { store in
      // It closes the connection after each 416, since its body is longer than its length.
      let retrying = RetryingStore(store, policy: RetryPolicy(baseDelay: .milliseconds(5), maximumAttempts: 3))
      try await Deviations.fakeGCSServer.runOnConnectionsThatBreak(check) {
        StoreFixture(store: retrying, minimumPartSize: Self.partSize, moreThanAPage: 1005)
      }
    }
  }

  @Test(arguments: StoreCheck.all) func gcpStorageEmulatorConforms(check: StoreCheck) async throws {
    try await withEmulator(GoogleEmulator.gcpStorageEmulator) { store in
      try await Deviations.gcpStorageEmulator.runOnConnectionsThatBreak(check) {
        StoreFixture(store: store, minimumPartSize: Self.partSize)
      }
    }
  }
}
