import FakeGCS
import Foundation
import GCSStore
import NIOCore
import NIOHTTP1
import ObjectStore
import ObjectStoreTestKit
import Testing

@Suite struct GCSReadingTests {
  private let policy = RetryPolicy(baseDelay: .milliseconds(1), maximumDelay: .milliseconds(5), maximumAttempts: 4)

  private func withFaults<Value: Sendable>(
    _ rules: FaultRules, _ body: (GCSStore, FakeGCS, FaultProxy) async throws -> Value
  ) async throws -> Value {
    try await withFake { _, fake, configuration in
      try await withProxy(fake.endpoint, decide: rules.fault) { proxy in
        var configuration = configuration
        configuration.endpoint = proxy.endpoint
        return try await GCSStore.withStore(configuration) { try await body($0, fake, proxy) }
      }
    }
  }

  /// Every read of a whole object is compared with the store's checksum, and a wrong byte never passes.
  @Test func aDamagedReadIsAFailure() async throws {
    let rules = FaultRules()
    rules.add(.flipByte(at: 123_456)) { $0.method == .GET && $0.query.contains("alt=media") }
    try await withFaults(rules) { store, _, _ in
      try await store.put("a", body: patternedBytes(300_000))
      let retrying = RetryingStore(store, policy: policy)
      await #expect { try await retrying.getBytes("a", upTo: 1 << 20) } throws: { code($0) == .integrity }
    }
  }

  /// Also when the connection broke in the middle, and the damage came before or after.
  @Test(arguments: [0, 1]) func aDamagedReadInTwoPiecesIsAFailure(damaged: Int) async throws {
    let rules = FaultRules()
    let faults: [Fault] = [.cutAnswer(after: 100_000), .flipByte(at: 150_000)]
    if damaged == 0 {
      // The first piece breaks by itself; the second is flipped.
      rules.add(faults[0], times: 1) { $0.query.contains("alt=media") }
      rules.add(faults[1], times: 1) { $0.query.contains("alt=media") }
    } else {
      rules.add(faults[0], times: 1) { $0.query.contains("alt=media") }
    }
    try await withFaults(rules) { store, _, _ in
      try await store.put("a", body: patternedBytes(300_000))
      let retrying = RetryingStore(store, policy: policy)
      if damaged == 0 {
        await #expect { try await retrying.getBytes("a", upTo: 1 << 20) } throws: { code($0) == .integrity }
      } else {
        #expect(try await retrying.getBytes("a", upTo: 1 << 20) == patternedBytes(300_000))
      }
    }
  }

  /// A read that goes on names the generation it began with, so it never mixes two objects.
  @Test func aReadStaysWithItsGeneration() async throws {
    let rules = FaultRules()
    rules.add(.cutAnswer(after: 100_000), times: 1) { $0.query.contains("alt=media") }
    try await withFaults(rules) { store, fake, proxy in
      try await store.put("a", body: patternedBytes(300_000))
      let generation = fake.update { $0.buckets["bucket"]?.objects["a"]?.generation }
      let retrying = RetryingStore(store, policy: policy)
      #expect(try await retrying.getBytes("a", upTo: 1 << 20) == patternedBytes(300_000))
      let last = try #require(proxy.log.last { $0.request.query.contains("alt=media") })
      #expect(last.request.query.contains("generation=\(generation ?? 0)"))
      #expect(last.request.headers.first(name: "range") != nil)
    }
  }

  @Test func aReadOfAnObjectThatIsReplacedFails() async throws {
    let rules = FaultRules()
    rules.add(.cutAnswer(after: 100_000), times: 1) { $0.query.contains("alt=media") }
    try await withFaults(rules) { store, fake, _ in
      try await store.put("a", body: patternedBytes(300_000))
      let retrying = RetryingStore(store, policy: policy)
      await #expect {
        try await retrying.get("a", range: nil) { _ in
          fake.update {
            $0.buckets["bucket"]?.objects["a"]?.generation += 1
            $0.buckets["bucket"]?.objects["a"]?.body = patternedBytes(300_000, seed: 2)
          }
        }
      } throws: { code($0) == .integrity && "\($0)".contains("replaced") }
    }
  }

  /// An object that another tool packed comes as it is stored.
  @Test func nothingIsUnpackedOnTheWay() async throws {
    try await withFake { store, fake, _ in
      let body = patternedBytes(5000)
      try await store.put("a", body: body)
      fake.update { $0.buckets["bucket"]?.objects["a"]?.contentEncoding = "gzip" }
      #expect(try await store.getBytes("a", upTo: 10_000) == body)
      let read = try #require(fake.log.last { $0.request.uri.contains("alt=media") })
      #expect(read.request.headers.first(name: "accept-encoding") == "gzip")
    }
  }

  @Test func aMissingBucketIsNotAMissingObject() async throws {
    try await withFake {
      $0.bucket = "no-such-bucket"
    } _: { store, _, _ in
      for operation: () async throws -> Void in [
        { try await store.put("a", body: ByteBuffer()) }, { _ = try await store.startUpload("a") },
        { _ = try await store.getBytes("a", upTo: 1) }, { _ = try await store.head("a") },
        { _ = try await store.list(prefix: "", startingAfter: nil) }, { try await store.delete("a") },
      ] {
        await #expect { try await operation() } throws: {
          code($0) == .bucketNotFound && "\($0)".contains("no-such-bucket")
        }
      }
    }
  }
}
