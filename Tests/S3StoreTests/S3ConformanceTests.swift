import Foundation
import NIOCore
import ObjectStore
import ObjectStoreTestKit
import S3Store
import TestServers
import Testing

@Suite struct S3ConformanceTests {
  @Test(arguments: StoreCheck.all) func seaweedFSConforms(check: StoreCheck) async throws {
    try await withSeaweed { store, _, _ in
      try await check.run(StoreFixture(store: store, minimumPartSize: 5 << 20, moreThanAPage: 1005))
    }
  }

  @Test(arguments: StoreCheck.all) func ministackConforms(check: StoreCheck) async throws {
    try await withMiniStack { store, _, _ in
      try await check.run(StoreFixture(store: store, minimumPartSize: 5 << 20, moreThanAPage: 1005))
    }
  }
}

@Suite struct S3ServerTests {
  @Test func aWrongSecretIsASignatureMismatch() async throws {
    try await withSeaweed { _, configuration, server in
      var configuration = configuration
      configuration.credentials = StaticCredentials(accessKeyID: server.accessKeyID, secretAccessKey: "wrong")
      try await S3Store.withStore(configuration) { store in
        await #expect { try await store.put("a", body: ByteBuffer()) } throws: { code($0) == .signatureMismatch }
      }
    }
  }

  @Test func anUnknownKeyIsDenied() async throws {
    try await withSeaweed { _, configuration, _ in
      var configuration = configuration
      configuration.credentials = StaticCredentials(accessKeyID: "nobody", secretAccessKey: "wrong")
      try await S3Store.withStore(configuration) { store in
        await #expect {
          try await store.list(prefix: "", startingAfter: nil)
        } throws: { code($0) == .accessDenied && "\($0)".contains("accessKeyId") }
      }
    }
  }

  @Test func readOnlyCredentialsAreToldWhichPermissionTheyLack() async throws {
    try await withSeaweed { writable, configuration, server in
      try await writable.put("a", body: ByteBuffer(string: "x"))
      var configuration = configuration
      configuration.credentials = StaticCredentials(
        accessKeyID: server.readOnlyAccessKeyID, secretAccessKey: server.readOnlySecretAccessKey)
      try await S3Store.withStore(configuration) { store in
        let content = try await store.getBytes("a", upTo: 10)
        #expect(content == ByteBuffer(string: "x"))
        await #expect {
          try await store.put("b", body: ByteBuffer())
        } throws: { code($0) == .accessDenied && "\($0)".contains("s3:PutObject") }
        await #expect { try await store.delete("a") } throws: { code($0) == .accessDenied }
      }
    }
  }

  @Test func aMissingBucketSaysSo() async throws {
    try await withSeaweed { _, configuration, _ in
      var configuration = configuration
      configuration.bucket = "no-such-bucket"
      try await S3Store.withStore(configuration) { store in
        await #expect { try await store.put("a", body: ByteBuffer()) } throws: { code($0) == .bucketNotFound }
        await #expect { try await store.list(prefix: "", startingAfter: nil) } throws: { code($0) == .bucketNotFound }
        await #expect { try await store.startUpload("a") } throws: { code($0) == .bucketNotFound }
      }
    }
  }

  @Test func aClockThatIsWrongIsNamed() async throws {
    try await withSeaweed { _, configuration, _ in
      let store = try S3Store(configuration, now: { Date(timeIntervalSinceNow: -3600) })
      await #expect { try await store.put("a", body: ByteBuffer()) } throws: { code($0) == .clockSkew }
      try await store.shutdown()
    }
  }

  @Test func nothingListensOnThePort() async throws {
    let port = try freePorts(1)[0]
    let configuration = S3Configuration(
      bucket: "bucket", endpoint: "http://127.0.0.1:\(port)",
      credentials: StaticCredentials(accessKeyID: "a", secretAccessKey: "b"))
    try await S3Store.withStore(configuration) { store in
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { code($0) == .unreachable && ($0 as? ObjectStoreError)?.isRetryable == true }
    }
  }

  @Test func anEndpointWithTheWrongSchemeIsUnreachable() async throws {
    try await withSeaweed { _, configuration, server in
      var configuration = configuration
      configuration.endpoint = "https://127.0.0.1:\(server.port)"
      try await S3Store.withStore(configuration) { store in
        await #expect {
          try await store.put("a", body: ByteBuffer())
        } throws: { code($0) == .unreachable && "\($0)".contains("scheme") }
      }
    }
  }

  @Test func theLockOfAnObjectIsTold() async throws {
    try await withMiniStack(objectLock: true) { _, configuration, _ in
      var configuration = configuration
      configuration.objectLock = .init(mode: .governance, retention: .seconds(3600))
      configuration.serverSideEncryption = .s3
      try await S3Store.withStore(configuration) { store in
        try await store.put("small", body: ByteBuffer(string: "x"), condition: .ifAbsent)
        let upload = try await store.startUpload("large")
        try await upload.uploadPart(1, body: patternedBytes(100))
        try await upload.complete()
        // ministack forgets the lock of an upload in parts, so only the small object tells.
        let lock = try #require(try await store.head("small")?.lockedUntil)
        #expect(abs(lock.timeIntervalSinceNow - 3600) < 60)
        #expect(try await store.head("large")?.size == 100)
      }
    }
  }

  /// A session token is signed and sent; a server that verifies it takes no other.
  @Test func temporaryCredentialsWork() async throws {
    try await withMiniStack { _, configuration, server in
      let session = try await server.makeSession()
      var configuration = configuration
      for (token, works) in [(session.token, true), ("another", false), (nil, false)] {
        configuration.credentials = StaticCredentials(
          accessKeyID: session.id, secretAccessKey: session.secret, sessionToken: token)
        try await S3Store.withStore(configuration) { store in
          if works {
            try await store.put("a", body: ByteBuffer(string: "x"))
          } else {
            await #expect { try await store.put("a", body: ByteBuffer()) } throws: { code($0) == .accessDenied }
          }
        }
      }
    }
  }
}
