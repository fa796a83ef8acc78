import AzureStore
import FakeAzure
import Foundation
import NIOCore
import ObjectStore
import ObjectStoreTestKit
import StoreHTTP
import TestServers
import Testing

@Suite struct AzureServerTests {
  @Test func aWrongKeyIsASignatureMismatch() async throws {
    try await withAzure { _, configuration, _ in
      var configuration = configuration
      configuration.credentials = .accountKey(try AzureAccountKey(base64: Data("wrong".utf8).base64EncodedString()))
      try await withStore(configuration) { store in
        await #expect {
          try await store.put("a", body: ByteBuffer())
        } throws: { says($0, .signatureMismatch, "key1 or key2") }
        // HEAD has no body to say why.
        await #expect { try await store.head("a") } throws: { code($0) == .signatureMismatch }
      }
    }
  }

  @Test func aClockThatIsWrongIsNamed() async throws {
    try await withAzure { _, configuration, _ in
      try await withStore(configuration, now: { Date(timeIntervalSinceNow: -3600) }) { store in
        await #expect { try await store.put("a", body: ByteBuffer()) } throws: { says($0, .clockSkew, "NTP") }
        await #expect { try await store.head("a") } throws: { code($0) == .clockSkew }
      }
    }
  }

  @Test func aMissingContainerSaysSo() async throws {
    try await withAzure { _, configuration, _ in
      var configuration = configuration
      configuration.container = "no-such-container"
      try await withStore(configuration) { store in
        for operation: () async throws -> Void in [
          { try await store.put("a", body: ByteBuffer()) },
          { _ = try await store.list(prefix: "", startingAfter: nil) },
          { _ = try await store.startUpload("a") }, { _ = try await store.head("a") }, { try await store.delete("a") },
          { _ = try await store.listUploads(prefix: "") },
        ] {
          await #expect {
            try await operation()
          } throws: { says($0, .bucketNotFound, "no-such-container") }
        }
      }
    }
  }

  @Test func anAccountWhoseNameDoesNotResolveIsNamed() async throws {
    let configuration = AzureConfiguration(
      storageAccount: "nosuchaccount", container: "backups", endpoint: "http://nosuchaccount.blob.invalid",
      credentials: .accountKey(try AzureAccountKey(base64: "a2V5")))
    try await withStore(configuration) { store in
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { says($0, .unreachable, "nosuchaccount.blob.invalid does not resolve", "storage account") }
    }
  }

  @Test func nothingListensOnThePort() async throws {
    let port = try freePorts(1)[0]
    let configuration = AzureConfiguration(
      storageAccount: "account", container: "backups", endpoint: "http://127.0.0.1:\(port)",
      credentials: .accountKey(try AzureAccountKey(base64: "a2V5")))
    try await withStore(configuration) { store in
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { code($0) == .unreachable && ($0 as? ObjectStoreError)?.isRetryable == true }
    }
  }

  @Test func whatAPolicyAsksForIsOnEachBlob() async throws {
    try await withAzure(.versionImmutability) { _, configuration, fake in
      var configuration = configuration
      configuration.accessTier = .cool
      configuration.encryptionScope = "scope-1"
      configuration.tags = ["cluster": "prod eu", "app": "a+b"]
      configuration.immutability = .init(mode: .unlocked, retention: .seconds(3600))
      try await withStore(configuration) { store in
        try await store.put("small", body: ByteBuffer(string: "x"), condition: .ifAbsent)
        let upload = try await store.startUpload("large")
        try await upload.uploadPart(1, body: patternedBytes(100))
        try await upload.complete()
        for key in ["small", "large"] {
          let headers = fake.writeHeaders("backups", key)
          #expect(headers["x-ms-access-tier"] == "Cool")
          #expect(headers["x-ms-encryption-scope"] == "scope-1")
          #expect(headers["x-ms-tags"] == "app=a%2Bb&cluster=prod%20eu")
          let lock = try #require(try await store.head(key)?.lockedUntil)
          #expect(abs(lock.timeIntervalSinceNow - 3600) < 60)
          await #expect { try await store.delete(key) } throws: { says($0, .locked, "immutability policy") }
        }
      }
    }
  }

  @Test func aLegalHoldHasNoEnd() async throws {
    try await withAzure(.versionImmutability) { _, configuration, _ in
      var configuration = configuration
      configuration.legalHold = true
      try await withStore(configuration) { store in
        try await store.put("a", body: ByteBuffer())
        #expect(try await store.head("a")?.lockedUntil == .distantFuture)
        await #expect { try await store.delete("a") } throws: { says($0, .locked, "legal hold") }
      }
    }
  }

  @Test func immutabilityWithoutSupportOfTheContainerSaysWhatIsMissing() async throws {
    try await withAzure { _, configuration, _ in
      var configuration = configuration
      configuration.immutability = .init(mode: .locked, retention: .seconds(60))
      try await withStore(configuration) { store in
        await #expect {
          try await store.put("a", body: ByteBuffer())
        } throws: { says($0, .unsupported, "version-level immutability") }
      }
    }
  }

  @Test func aBlobWithSnapshotsIsKept() async throws {
    try await withAzure { store, _, fake in
      try await store.put("a", body: ByteBuffer())
      fake.addSnapshot("backups", "a")
      await #expect { try await store.delete("a") } throws: { says($0, .locked, "snapshots") }
      #expect(fake.keys("backups") == ["a"])
    }
  }

  @Test func manyAreDeletedAtOnceAndEachThatStaysSaysWhy() async throws {
    try await withAzure { store, _, fake in
      let keys = (0..<40).map { "n/\($0)" }
      for key in keys { try await store.put(key, body: ByteBuffer()) }
      fake.addSnapshot("backups", "n/7")
      let failures = try await store.deleteAll(keys + ["n/nothing"])
      #expect(failures.mapValues(\.code) == ["n/7": .locked])
      #expect(fake.keys("backups") == ["n/7"])
    }
  }

  /// A commit whose answer was lost is repeated; a container that keeps each blob then refuses what is done.
  @Test func aRepeatedCommitOfAnImmutableBlobIsTheSameCommit() async throws {
    try await withAzure(.policy) { store, _, _ in
      let upload = try await store.startUpload("a")
      try await upload.uploadPart(1, body: patternedBytes(100))
      try await upload.complete()
      try await upload.complete()
      let other = try await store.startUpload("a")
      try await other.uploadPart(1, body: patternedBytes(100))
      await #expect { try await other.complete() } throws: { code($0) == .locked }
    }
  }

  @Test(arguments: [
    (403, "AuthorizationFailure", ObjectStoreError.Code.accessDenied, "firewall"),
    (403, "KeyBasedAuthenticationNotPermitted", .accessDenied, "workload identity"),
    (403, "AccountIsDisabled", .accessDenied, "disabled"), (400, "InvalidResourceName", .configuration, "container"),
    (503, "ServerBusy", .throttled, "fewer"), (500, "OperationTimedOut", .timeout, "time"),
  ])
  func refusalsOfTheServiceAreTold(
    status: Int, name: String, expected: ObjectStoreError.Code, text: String
  ) async throws {
    try await withAzure { store, _, fake in
      fake.refuseAll(FakeError(status, name, "said by the fake"))
      await #expect { try await store.put("a", body: ByteBuffer()) } throws: { says($0, expected, name, text) }
    }
  }

  /// Two uploads of one key never mix: each has names of its own, and the first commit drops the other's blocks.
  @Test func twoUploadsOfOneKeyDoNotMix() async throws {
    try await withAzure { store, _, _ in
      let first = try await store.startUpload("a")
      let second = try await store.startUpload("a")
      try await first.uploadPart(1, body: patternedBytes(100, seed: 1))
      try await second.uploadPart(1, body: patternedBytes(100, seed: 2))
      #expect(try await store.listUploads(prefix: "").count == 2)
      try await first.complete()
      await #expect { try await second.complete() } throws: { code($0) == .notFound }
      #expect(try await store.getBytes("a", upTo: 1000) == patternedBytes(100, seed: 1))
    }
  }
}
