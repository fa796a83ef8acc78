import FakeGCS
import Foundation
import GCSStore
import NIOCore
import NIOHTTP1
import ObjectStore
import ObjectStoreTestKit
import Synchronization
import TestServers
import Testing

/// What goes over the wire when an object is uploaded.
@Suite struct GCSUploadTests {
  private let part = 2 << 20

  private func upload(_ body: ByteBuffer, to store: any ObjectStore, partSize: Int, concurrency: Int = 3) async throws {
    _ = try await withUpload(
      to: "data", in: store, options: UploadOptions(partSize: partSize, concurrency: concurrency)
    ) { uploader in
      var rest = body
      while let chunk = rest.readSlice(length: min(700_000, rest.readableBytes)), chunk.readableBytes > 0 {
        try await uploader.write(chunk)
      }
    }
  }

  @Test func partsGoOutInTheirOrderAndTheLastMakesTheObject() async throws {
    try await withFake { store, fake, _ in
      let body = patternedBytes(3 * part + 1000)
      try await upload(body, to: store, partSize: part)
      #expect(
        fake.chunks == [
          "bytes 0-2097151/*", "bytes 2097152-4194303/*", "bytes 4194304-6291455/*", "bytes 6291456-6292455/6292456",
        ])
      #expect(try await store.getBytes("data", upTo: 10 << 20) == body)
      let last = try #require(fake.log.last { $0.request.method == "PUT" })
      #expect(last.request.headers.first(name: "x-goog-hash")?.hasPrefix("crc32c=") == true)
    }
  }

  @Test func anObjectThatEndsWithAPartIsMadeByAnEmptyRequest() async throws {
    try await withFake { store, fake, _ in
      let body = patternedBytes(2 * part)
      try await upload(body, to: store, partSize: part)
      #expect(fake.chunks.last == "bytes */4194304")
      #expect(try await store.getBytes("data", upTo: 10 << 20) == body)
    }
  }

  /// A part that is no multiple of 256 KiB leaves a rest, which goes with the next part.
  @Test(arguments: [1_500_000, 2_097_153, 2_097_151, 5_000_000]) func oddPartSizesWork(partSize: Int) async throws {
    try await withFake { store, fake, _ in
      let body = patternedBytes(11_000_000)
      try await upload(body, to: store, partSize: partSize)
      #expect(try await store.getBytes("data", upTo: 20 << 20) == body)
      for record in fake.log where record.request.method == "PUT" { #expect([200, 308].contains(record.status)) }
    }
  }

  @Test func whatTheStoreDidNotKeepIsSentAgain() async throws {
    try await withFake { store, fake, _ in
      fake.update { $0.keeps = { max($0 / 3, 256 << 10) } }
      let body = patternedBytes(3 * part + 77)
      try await upload(body, to: store, partSize: part)
      #expect(try await store.getBytes("data", upTo: 10 << 20) == body)
      // Nothing is sent from before what was kept.
      let starts = fake.chunks.compactMap { Int($0.dropFirst("bytes ".count).prefix { $0 != "-" }) }
      #expect(starts == starts.sorted() && Set(starts).count == starts.count)
      #expect(starts.count > 6)
    }
  }

  /// A store that keeps nothing is worth another try, and not for ever.
  @Test func aStoreThatKeepsNothingFails() async throws {
    try await withFake { store, fake, _ in
      fake.update { $0.keeps = { _ in 0 } }
      let retrying = RetryingStore(store, policy: RetryPolicy(baseDelay: .milliseconds(1), maximumAttempts: 3))
      await #expect {
        try await upload(patternedBytes(3 * part), to: retrying, partSize: part)
      } throws: { code($0) == .serverError && "\($0)".contains("kept none") }
      let left = try await store.head("data")
      #expect(left == nil)
    }
  }

  /// After a lost answer the store is asked what it has, and nothing that it confirmed goes out again.
  @Test func anUploadGoesOnFromTheConfirmedOffset() async throws {
    try await withFake { _, fake, configuration in
      let rules = FaultRules()
      rules.add(.loseAnswer, times: 1) { $0.headers.first(name: "content-range") == "bytes 2097152-4194303/*" }
      rules.add(.internalError, times: 1) { $0.headers.first(name: "content-range") == "bytes 4194304-6291455/*" }
      try await withProxy(fake.endpoint, decide: rules.fault) { proxy in
        var configuration = configuration
        configuration.endpoint = proxy.endpoint
        try await GCSStore.withStore(configuration) { store in
          let body = patternedBytes(4 * part + 5)
          try await upload(
            body, to: RetryingStore(store, policy: RetryPolicy(baseDelay: .milliseconds(1))), partSize: part)
          #expect(try await store.getBytes("data", upTo: 20 << 20) == body)
        }
        let sent = proxy.log.compactMap { $0.request.headers.first(name: "content-range") }
        // What was lost was kept: it is asked for, and not sent again. What failed was not: it is.
        #expect(sent.filter { $0 == "bytes 2097152-4194303/*" }.count == 1)
        #expect(sent.filter { $0 == "bytes 4194304-6291455/*" }.count == 2)
        #expect(sent.filter { $0 == "bytes */*" }.count == 2)
      }
    }
  }

  @Test func aLostAnswerToTheEndIsFoundByAskingAgain() async throws {
    try await withFake { _, fake, configuration in
      let rules = FaultRules()
      rules.add(.loseAnswer, times: 1) { $0.headers.first(name: "content-range")?.hasSuffix("/2098152") == true }
      try await withProxy(fake.endpoint, decide: rules.fault) { proxy in
        var configuration = configuration
        configuration.endpoint = proxy.endpoint
        try await GCSStore.withStore(configuration) { store in
          let body = patternedBytes(part + 1000)
          try await upload(
            body, to: RetryingStore(store, policy: RetryPolicy(baseDelay: .milliseconds(1))), partSize: part)
          #expect(try await store.getBytes("data", upTo: 20 << 20) == body)
        }
      }
    }
  }

  /// What an ended session had is lost, and the parts that were sent are gone from memory: the run must begin anew.
  @Test(arguments: [404, 410]) func aSessionThatIsGoneIsAClearFailure(status: Int) async throws {
    try await withFake { _, fake, configuration in
      let rules = FaultRules()
      rules.add(.answer(status)) { $0.headers.first(name: "content-range")?.hasPrefix("bytes 4194304") == true }
      try await withProxy(fake.endpoint, decide: rules.fault) { proxy in
        var configuration = configuration
        configuration.endpoint = proxy.endpoint
        try await GCSStore.withStore(configuration) { store in
          await #expect {
            try await upload(patternedBytes(5 * part), to: RetryingStore(store), partSize: part)
          } throws: { code($0) == .notFound && "\($0)".contains("no longer knows the upload") }
        }
      }
      #expect(fake.update { $0.buckets["bucket"]?.objects.isEmpty } == true)
    }
  }

  /// One wrong answer is asked about; what the store still says then is believed.
  @Test(arguments: [1, Int.max]) func aStoreThatLosesWhatItConfirmedIsAFailure(times: Int) async throws {
    try await withFake { _, fake, configuration in
      let rules = FaultRules()
      rules.add(.setHeader("range", "bytes=0-262143"), times: times) {
        let range = $0.headers.first(name: "content-range")
        return range?.hasPrefix("bytes 2097152") == true || range == "bytes */*"
      }
      let body = patternedBytes(5 * part)
      let policy = RetryPolicy(baseDelay: .milliseconds(1))
      try await withProxy(fake.endpoint, decide: rules.fault) { proxy in
        var configuration = configuration
        configuration.endpoint = proxy.endpoint
        try await GCSStore.withStore(configuration) { store in
          if times == 1 {
            try await upload(body, to: RetryingStore(store, policy: policy), partSize: part)
            #expect(try await store.getBytes("data", upTo: 20 << 20) == body)
          } else {
            await #expect {
              try await upload(body, to: RetryingStore(store, policy: policy), partSize: part)
            } throws: { code($0) == .integrity && !"\($0)".contains("given up") }
          }
        }
      }
      #expect(fake.update { $0.buckets["bucket"]?.objects.count } == (times == 1 ? 1 : 0))
    }
  }

  /// Promise 4: the store's word about what it made is checked, and what differs is removed.
  @Test(arguments: [1000, 5 << 20, 9 << 20]) func anObjectThatIsNotWhatWasSentIsRemoved(size: Int) async throws {
    try await withFake { store, fake, _ in
      fake.update { $0.storesOtherBytes = true }
      await #expect {
        try await upload(patternedBytes(size), to: store, partSize: part)
      } throws: { code($0) == .integrity }
      await #expect { try await store.put("data", body: patternedBytes(size)) } throws: { code($0) == .integrity }
      #expect(fake.update { $0.buckets["bucket"]?.objects.isEmpty } == true)
    }
  }

  @Test func abortingCancelsTheSession() async throws {
    try await withFake { store, fake, _ in
      let upload = try await store.startUpload("data")
      try await upload.uploadPart(1, body: patternedBytes(part))
      try await upload.abort()
      try await upload.abort()
      #expect(fake.log.last?.request.method == "DELETE" && fake.log.last?.status == 410 || fake.log.last?.status == 499)
      await #expect { try await upload.uploadPart(2, body: patternedBytes(part)) } throws: { code($0) == .notFound }
    }
  }

  /// Many parts at once are sent by whoever has the turn; a cancelled one does not keep the others waiting.
  @Test func partsThatWaitEndWithTheirTask() async throws {
    try await withFake { store, fake, _ in
      let upload = try await store.startUpload("data")
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          await #expect(throws: CancellationError.self) {
            try await upload.uploadPart(3, body: patternedBytes(2 << 20, seed: 3))
          }
        }
        group.cancelAll()
      }
      let parts = (1...3).map { patternedBytes(2 << 20, seed: UInt64($0)) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in [3, 2, 1] { group.addTask { try await upload.uploadPart(number, body: parts[number - 1]) } }
        try await group.waitForAll()
      }
      try await upload.complete()
      #expect(try await store.getBytes("data", upTo: 20 << 20) == bytes(parts))
    }
  }

  @Test func aPartSentAgainWithOtherBytesIsRefused() async throws {
    try await withFake { store, _, _ in
      let upload = try await store.startUpload("data")
      try await upload.uploadPart(1, body: patternedBytes(part))
      try await upload.uploadPart(1, body: patternedBytes(part))
      await #expect {
        try await upload.uploadPart(1, body: patternedBytes(part, seed: 2))
      } throws: { code($0) == .unsupported }
    }
  }

  // MARK: What objects are made with

  @Test func theSettingsReachSmallAndLargeObjects() async throws {
    let key = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
    try await withFake {
      $0.kmsKeyName = key
      $0.storageClass = "NEARLINE"
      $0.retention = .init(mode: .locked, duration: .seconds(3600))
    } _: { store, fake, _ in
      try await store.put("small", body: ByteBuffer(string: "x"), condition: .ifAbsent)
      try await upload(patternedBytes(2 * part), to: store, partSize: part)
      for name in ["small", "data"] {
        let object = try #require(fake.update { $0.buckets["bucket"]?.objects[name] })
        #expect(object.kmsKeyName == key && object.storageClass == "NEARLINE" && object.retentionMode == "Locked")
        let lock = try #require(try await store.head(name)?.lockedUntil)
        #expect(abs(lock.timeIntervalSinceNow - 3600) < 120)
        await #expect { try await store.delete(name) } throws: { code($0) == .locked }
        await #expect { try await store.put(name, body: ByteBuffer()) } throws: { code($0) == .locked }
      }
      #expect(try await store.listAll(prefix: "").allSatisfy { $0.lockedUntil != nil })
    }
  }

  /// More than there are connections; what is locked stays and is named.
  @Test func manyAreDeletedAndTheLockedAreNamed() async throws {
    try await withFake { store, fake, _ in
      let keys = (0..<12).map { "k\($0)" }
      for key in keys { try await store.put(key, body: ByteBuffer()) }
      fake.update {
        $0.buckets["bucket"]?.objects["k3"]?.isHeldForEvent = true
        $0.buckets["bucket"]?.objects["k9"]?.retainUntil = Date(timeIntervalSinceNow: 3600)
      }
      let failures = try await store.deleteAll(keys + ["not-there"])
      #expect(failures.mapValues(\.code) == ["k3": .locked, "k9": .locked])
      #expect(try await store.listAll(prefix: "").map(\.key) == ["k3", "k9"])
    }
  }

  @Test func holdsAndTheBucketsPolicyLock() async throws {
    try await withFake(FakeBucket(retentionPeriod: 7200)) { store, _, _ in
      try await store.put("a", body: ByteBuffer())
      let lock = try #require(try await store.head("a")?.lockedUntil)
      #expect(abs(lock.timeIntervalSinceNow - 7200) < 120)
      await #expect { try await store.delete("a") } throws: { code($0) == .locked }
    }
    try await withFake {
      $0.temporaryHold = true
    } _: { store, _, _ in
      try await store.put("a", body: ByteBuffer())
      #expect(try await store.head("a")?.lockedUntil == .distantFuture)
      await #expect { try await store.delete("a") } throws: { code($0) == .locked && "\($0)".contains("hold") }
    }
  }

  @Test func refusalsNameTheSetting() async throws {
    let key = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
    try await withFake(FakeBucket(hasObjectRetention: false)) {
      $0.retention = .init(mode: .unlocked, duration: .seconds(60))
    } _: { store, _, _ in
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { code($0) == .configuration && "\($0)".contains("objectLock") }
    }
    try await withFake {
      $0.storageClass = "CHEAP"
    } _: { store, _, _ in
      await #expect {
        try await store.startUpload("a")
      } throws: { code($0) == .configuration && "\($0)".contains("CHEAP") }
    }
    try await withFake {
      $0.kmsKeyName = key
    } _: { store, fake, _ in
      fake.update { $0.disabledKeys = [key] }
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { code($0) == .accessDenied && "\($0)".contains(key) && "\($0)".contains("disabled") }
    }
    try await withFake {
      $0.kmsKeyName = "my-key"
    } _: { store, _, _ in
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { code($0) == .configuration && "\($0)".contains("cryptoKeys") }
    }
  }

  /// The project goes only to a bucket that wants it: billing a project needs a permission of its own.
  @Test func theRequesterPaysOnlyWhereTheBucketWantsIt() async throws {
    try await withFake(FakeBucket(isRequesterPays: true)) {
      $0.userProject = "payer"
    } _: { store, fake, _ in
      try await store.put("a", body: ByteBuffer(string: "x"))
      try await upload(patternedBytes(2 * part), to: store, partSize: part)
      #expect(try await store.getBytes("a", upTo: 10) == ByteBuffer(string: "x"))
      #expect(fake.log.filter { $0.status == 400 }.count == 1)
      #expect(fake.log.contains { $0.request.uri.contains("userProject=payer") })
    }
    try await withFake {
      $0.userProject = "payer"
    } _: { store, fake, _ in
      try await store.put("a", body: ByteBuffer(string: "x"))
      #expect(!fake.log.contains { $0.request.uri.contains("userProject") })
    }
    try await withFake(FakeBucket(isRequesterPays: true)) { store, _, _ in
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { code($0) == .accessDenied && "\($0)".contains("gcs.userProject") }
    }
  }

  // MARK: Create-only

  @Test(arguments: [10, 9 << 20]) func createOnlyIsKeptByTheServer(size: Int) async throws {
    try await withFake { store, fake, _ in
      try await store.put("a", body: patternedBytes(size), condition: .ifAbsent)
      await #expect {
        try await store.put("a", body: patternedBytes(size, seed: 2), condition: .ifAbsent)
      } throws: { code($0) == .alreadyExists }
      #expect(fake.log.contains { $0.request.uri.contains("ifGenerationMatch=0") })
      #expect(try await store.getBytes("a", upTo: 10 << 20) == patternedBytes(size))
    }
  }

  @Test func aServerThatIgnoresConditionsIsFoundOut() async throws {
    try await withEmulator(GoogleEmulator.gcpStorageEmulator) { store in
      await #expect {
        try await store.put("a", body: ByteBuffer(), condition: .ifAbsent)
      } throws: { code($0) == .unsupported && "\($0)".contains("ifGenerationMatch") }
    }
  }
}
