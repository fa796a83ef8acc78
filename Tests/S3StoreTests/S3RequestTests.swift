import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import ObjectStoreTestKit
import StoreHTTP
import TestServers
import Testing

@testable import S3Store

/// The headers for what is stored, on the request and, where a server keeps them, on the server.
@Suite struct S3RequestTests {
  private var configuration: S3Configuration {
    var configuration = S3Configuration(
      bucket: "bucket", credentials: StaticCredentials(accessKeyID: "a", secretAccessKey: "b"),
      serverSideEncryption: .kms(keyID: "key", bucketKey: true), storageClass: "STANDARD_IA",
      objectLock: .init(mode: .compliance, retention: .seconds(86_400)))
    configuration.legalHold = true
    configuration.tags = ["team": "platform & co", "a=b": "ü"]
    return configuration
  }

  private func headers(_ configuration: S3Configuration) -> [[String: String]] {
    let requests = S3Requests(configuration)
    let date = Date(timeIntervalSince1970: 1_795_259_831)
    return [
      requests.put("k", body: ByteBuffer(), condition: .none, date: date),
      requests.createUpload("k", algorithm: .crc32c, date: date),
    ].map { request in Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name, $0.value) }) }
  }

  @Test func extrasGoWithEachObjectAndEachUpload() {
    for headers in headers(configuration) {
      #expect(
        headers == [
          "content-type": "application/octet-stream", "x-amz-server-side-encryption": "aws:kms",
          "x-amz-server-side-encryption-aws-kms-key-id": "key",
          "x-amz-server-side-encryption-bucket-key-enabled": "true", "x-amz-storage-class": "STANDARD_IA",
          "x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": "2026-11-22T11:17:11Z",
          "x-amz-object-lock-legal-hold": "ON", "x-amz-tagging": "a%3Db=%C3%BC&team=platform%20%26%20co",
        ])
    }
  }

  /// A lease is gone after the run, and a manifest must be readable.
  @Test func extrasAreLeftOutWhereTheKeySaysSo() {
    var configuration = configuration
    configuration.extras = { $0 == "k" ? [.tags] : .all }
    for headers in headers(configuration) {
      #expect(headers["x-amz-tagging"] != nil)
      #expect(headers["x-amz-storage-class"] == nil)
      #expect(!headers.keys.contains { $0.hasPrefix("x-amz-object-lock") })
      #expect(headers["x-amz-server-side-encryption"] == "aws:kms")
    }
  }

  @Test func tooManyTagsAreAConfigurationError() {
    for tags in [
      Dictionary(uniqueKeysWithValues: (0..<11).map { ("k\($0)", "v") }), ["": "v"],
      ["k": String(repeating: "v", count: 257)],
    ] {
      var configuration = configuration
      configuration.tags = tags
      #expect { try S3Store(configuration) } throws: { code($0) == .configuration }
    }
  }

  @Test func eachRequestSaysWhoPays() async throws {
    try await StubServer.with(answer: { _ in StubServer.Answer(404, "<Error><Code>NoSuchKey</Code></Error>") }) {
      server in
      var configuration = S3Configuration.stub(server.endpoint)
      configuration.requesterPays = true
      try await S3Store.withStore(configuration) { store in
        _ = try await store.head("a")
        try? await store.put("a", body: ByteBuffer())
        _ = try? await store.startUpload("a")
        _ = try? await store.list(prefix: "", startingAfter: nil)
        try await store.delete("a")
      }
      #expect(server.log.count == 5)
      for request in server.log {
        #expect(request.headers.first(name: "x-amz-request-payer") == "requester")
        #expect(request.headers.first(name: "authorization")?.contains("x-amz-request-payer") == true)
      }
    }
  }

  private func write(_ configuration: S3Configuration) async throws {
    try await S3Store.withStore(configuration) { store in
      try await store.put("small", body: patternedBytes(10))
      _ = try await withUpload(to: "large", in: store, options: UploadOptions(partSize: 5 << 20)) {
        try await $0.write(patternedBytes((5 << 20) + 1))
      }
    }
  }

  /// ministack forgets the tags and the hold of an upload in parts.
  @Test func seaweedFSKeepsTagsAndClass() async throws {
    try await withSeaweed { direct, configuration, _ in
      var configuration = configuration
      configuration.tags = ["team": "platform & co", "stage": "a/b=c"]
      configuration.storageClass = "STANDARD_IA"
      try await write(configuration)
      for key in ["small", "large"] {
        #expect(try await direct.storedHeaders(key).first(name: "x-amz-storage-class") == "STANDARD_IA", "\(key)")
        var request = direct.requests.get(key, range: nil)
        request.query = [(name: "tagging", value: "")]
        let answer = try await direct.transport.xml(direct.transport.send(request), request)
        let tags = answer.all("TagSet").first?.all("Tag").map { "\($0["Key"] ?? ""): \($0["Value"] ?? "")" }
        #expect(tags?.sorted() == ["stage: a/b=c", "team: platform & co"], "\(key)")
      }
    }
  }

  @Test func ministackKeepsEncryptionClassAndHold() async throws {
    try await withMiniStack(objectLock: true) { direct, configuration, _ in
      var configuration = configuration
      configuration.storageClass = "STANDARD_IA"
      configuration.serverSideEncryption = .s3
      configuration.legalHold = true
      try await write(configuration)
      for key in ["small", "large"] {
        let headers = try await direct.storedHeaders(key)
        #expect(headers.first(name: "x-amz-storage-class") == "STANDARD_IA", "\(key)")
        #expect(headers.first(name: "x-amz-server-side-encryption") == "AES256", "\(key)")
      }
      #expect(try await direct.head("small")?.lockedUntil == .distantFuture)
    }
  }
}

/// Many keys in one request.
@Suite struct S3DeletionTests {
  @Test func aThousandGoInOneRequestAndErrorsAreKept() async throws {
    let keys = (0..<1001).map { "folder/<\($0)>&" }
    try await StubServer.with(answer: { request in
      guard request.method == .POST, request.query == "delete=" else { return StubServer.Answer(500) }
      let refused =
        "<Error><Key>folder/&lt;3&gt;&amp;</Key><Code>AccessDenied</Code><Message>object lock</Message></Error>"
      let busy = "<Error><Key>folder/&lt;4&gt;&amp;</Key><Code>SlowDown</Code><Message>x</Message></Error>"
      let gone = "<Error><Key>folder/&lt;5&gt;&amp;</Key><Code>NoSuchKey</Code><Message>x</Message></Error>"
      return StubServer.Answer(
        200, "<DeleteResult>\(request.text.contains("&lt;3&gt;") ? refused + busy + gone : "")</DeleteResult>")
    }) { server in
      try await S3Store.withStore(.stub(server.endpoint)) { store in
        let failures = try await store.deleteAll(keys)
        #expect(Set(failures.keys) == [keys[3], keys[4]])
        #expect(failures[keys[3]]?.code == .locked)
        #expect(failures[keys[4]]?.isRetryable == true)
        #expect(failures[keys[4]]?.operation.contains(keys[4]) == true)
      }
      #expect(server.log.count == 2)
      #expect(server.log[0].text.components(separatedBy: "<Object>").count == 1001)
      #expect(server.log[0].headers.contains(name: "x-amz-checksum-sha256"))
    }
  }

  @Test func anAnswerThatIsNotTheRightOneIsNoSuccess() async throws {
    try await StubServer.with(answer: { _ in StubServer.Answer(200, "<Other/>") }) { server in
      try await S3Store.withStore(.stub(server.endpoint)) { store in
        await #expect { try await store.deleteAll(["a"]) } throws: { code($0) == .integrity }
      }
    }
  }
}

/// Credentials that may write and nothing else are enough for what a backup writes.
@Suite struct S3WriteOnlyTests {
  private func backUp(_ configuration: S3Configuration, _ direct: S3Store) async throws {
    try await S3Store.withStore(configuration) { limited in
      let store = RetryingStore(limited, policy: RetryPolicy(baseDelay: .milliseconds(5), deadline: .seconds(60)))
      await #expect { try await store.head("a") } throws: { code($0) == .accessDenied }
      let body = patternedBytes((5 << 20) + 100)
      let options = UploadOptions(partSize: 5 << 20)
      _ = try await withUpload(to: "data", in: store, options: options) { try await $0.write(body) }
      _ = try await withUpload(to: "small", in: store, options: options) { try await $0.write(patternedBytes(9)) }
      try await store.put("manifest", body: patternedBytes(99), condition: .ifAbsent)
      await #expect { try await store.put("manifest", body: patternedBytes(9), condition: .ifAbsent) } throws: {
        code($0) == .alreadyExists
      }
      await #expect(throws: Own.self) {
        // With one buffer the first part has gone when the second begins, so the upload is known by its id. One that is
        // just beginning could only be found in a list.
        let options = UploadOptions(partSize: 5 << 20, concurrency: 1)
        _ = try await withUpload(to: "broken", in: store, options: options) { uploader in
          try await uploader.write(body)
          throw Own()
        }
      }
      #expect(try await direct.getBytes("data", upTo: 6 << 20) == body)
      #expect(try await direct.head("small")?.size == 9)
      #expect(try await direct.getBytes("manifest", upTo: 100) == patternedBytes(99))
      #expect(try await direct.head("broken") == nil)
      #expect(try await direct.listUploads(prefix: "").isEmpty)
    }
  }

  private struct Own: Error {}

  @Test func ministackWithTheLeastPolicy() async throws {
    try await withMiniStack { direct, configuration, server in
      let user = try await server.createUser(
        "writer-\(UUID().uuidString.lowercased())",
        policy: """
          {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "arn:aws:s3:::\(configuration.bucket)/*",
           "Action": ["s3:PutObject", "s3:AbortMultipartUpload"]}]}
          """)
      var configuration = configuration
      configuration.credentials = StaticCredentials(accessKeyID: user.id, secretAccessKey: user.secret)
      try await backUp(configuration, direct)
    }
  }

  @Test func seaweedFSWithAnIdentityThatWrites() async throws {
    try await withSeaweed { direct, configuration, server in
      var configuration = configuration
      configuration.credentials = StaticCredentials(
        accessKeyID: server.writeOnlyAccessKeyID, secretAccessKey: server.writeOnlySecretAccessKey)
      try await backUp(configuration, direct)
    }
  }
}
