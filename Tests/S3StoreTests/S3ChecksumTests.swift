import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import ObjectStoreTestKit
import StoreHTTP
import Synchronization
import TestServers
import Testing

@testable import S3Store

/// What guards the bytes of a part, and what the answer must prove.
@Suite struct S3IntegrityTests {
  private let body = ByteBuffer(string: "123456789")

  private func request(lock: Bool = false) -> S3Request {
    var configuration = S3Configuration(
      bucket: "bucket", credentials: StaticCredentials(accessKeyID: "a", secretAccessKey: "b"))
    configuration.legalHold = lock
    return S3Requests(configuration).uploadPart("k", id: "1", number: 1, body: body)
  }

  private static let sha256 = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"

  @Test(arguments: [
    (S3Configuration.Checksum.sha256, false, sha256, ["x-amz-checksum-sha256"]),
    (.sha256, true, sha256, ["x-amz-checksum-sha256"]),
    (.crc32c, true, "UNSIGNED-PAYLOAD", ["x-amz-checksum-crc32c"]),
    (.crc32c, false, "UNSIGNED-PAYLOAD", ["x-amz-checksum-crc32c"]),
    (.md5, true, "UNSIGNED-PAYLOAD", ["content-md5"]), (.md5, false, sha256, ["content-md5"]),
    (.none, true, "UNSIGNED-PAYLOAD", []), (.none, false, sha256, []),
  ])
  func eachKindSendsOneChecksum(
    checksum: S3Configuration.Checksum, isSecure: Bool, payloadHash: String, headers: [String]
  ) {
    let integrity = S3Integrity(request(), checksum: checksum, isSecure: isSecure)
    #expect(integrity.payloadHash == payloadHash)
    #expect(integrity.headers.map(\.name) == headers)
  }

  @Test func valuesAreThoseOfTheBytes() {
    #expect(S3Integrity(request(), checksum: .crc32c, isSecure: true).headers.first?.value == "4waSgw==")
    #expect(
      S3Integrity(request(), checksum: .sha256, isSecure: false).headers.first?.value
        == "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=")
    #expect(
      S3Integrity(request(), checksum: .md5, isSecure: false).headers.first?.value == "JfnnlDI7RTiF9RgfG2JNCw==")
  }

  /// AWS refuses an object with a lock whose bytes are not guarded.
  @Test func aLockedObjectHasAChecksumInAnyCase() {
    #expect(
      S3Integrity(request(lock: true), checksum: .none, isSecure: true).headers.map(\.name) == ["content-md5"])
  }

  private func check(_ checksum: S3Configuration.Checksum, _ headers: HTTPHeaders, isKMS: Bool = false) throws
    -> S3Receipt
  {
    try S3Integrity(request(), checksum: checksum, isSecure: true).check(
      StoreHTTPAnswer(status: 200, headers: headers, body: ByteBuffer()), request(), isKMS: isKMS)
  }

  @Test func theChecksumThatComesBackIsCompared() throws {
    let receipt = try check(.crc32c, ["etag": "\"x\"", "x-amz-checksum-crc32c": "4waSgw=="])
    #expect(receipt == S3Receipt(etag: "\"x\"", algorithm: .crc32c, checksum: "4waSgw=="))
    #expect { try check(.crc32c, ["etag": "\"x\"", "x-amz-checksum-crc32c": "AAAAAA=="]) } throws: {
      code($0) == .integrity && ($0 as? ObjectStoreError)?.isRetryable == true
    }
  }

  @Test func withoutOneAnETagThatIsAnMD5IsCompared() throws {
    let right = "\"25f9e794323b453885f5181f1b624d0b\""
    #expect(try check(.crc32c, ["etag": right]).checksum == nil)
    let wrong = "\"00000000000000000000000000000000\""
    #expect(throws: ObjectStoreError.self) { try check(.crc32c, ["etag": wrong]) }
    #expect(try check(.none, ["etag": wrong]).etag == wrong)
    #expect(try check(.crc32c, ["etag": wrong], isKMS: true).etag == wrong)
    #expect(try check(.crc32c, ["etag": wrong, "x-amz-server-side-encryption": "aws:kms"]).etag == wrong)
    #expect(try check(.crc32c, ["etag": "\"made-up\""]).etag == "\"made-up\"")
    #expect(throws: ObjectStoreError.self) { try check(.crc32c, [:]) }
  }

  @Test func theChecksumOfTheWholeIsThatOfItsPartsChecksums() {
    // As SeaweedFS and ministack answer for one part of 1100 bytes whose CRC32C is CNb0NA==.
    #expect(S3ChecksumAlgorithm.crc32c.composite(["CNb0NA=="]) == "rhvFKg==-1")
    #expect(
      S3ChecksumAlgorithm.sha256.composite(["aM0Hczs7l5JlEtS76bZgu1vv8GdVeYM6UubgWVV9V/Y="])
        == "Z1fusRm52SPtAl17U3HgsuuoM4Er2bICt27Sy/9pAh8=-1")
  }
}

/// Servers that know the checksums, and some that do not.
@Suite struct S3ChecksumServerTests {
  @Test(arguments: S3Configuration.Checksum.allCases) func seaweedFSTakesEachKind(
    checksum: S3Configuration.Checksum
  ) async throws {
    try await withSeaweed { direct, configuration, _ in
      try await roundTrip(direct, configuration, checksum)
    }
  }

  @Test(arguments: S3Configuration.Checksum.allCases) func ministackTakesEachKind(
    checksum: S3Configuration.Checksum
  ) async throws {
    try await withMiniStack { direct, configuration, _ in
      try await roundTrip(direct, configuration, checksum)
    }
  }

  private func roundTrip(
    _ direct: S3Store, _ configuration: S3Configuration, _ checksum: S3Configuration.Checksum
  ) async throws {
    var configuration = configuration
    configuration.checksum = checksum
    try await S3Store.withStore(configuration) { store in
      let body = patternedBytes((5 << 20) + 100)
      _ = try await withUpload(to: "large", in: store, options: UploadOptions(partSize: 5 << 20)) {
        try await $0.write(body)
      }
      try await store.put("small", body: patternedBytes(100))
      #expect(try await direct.getBytes("large", upTo: 6 << 20) == body)
      let stored = try await [direct.storedHeaders("large"), direct.storedHeaders("small")]
      let name: String? =
        switch checksum {
        case .automatic, .sha256: "x-amz-checksum-sha256"
        case .crc32c: "x-amz-checksum-crc32c"
        case .md5, .none: nil
        }
      if let name {
        #expect(stored[0][name].first?.hasSuffix("-2") == true)
        #expect(stored[1][name].first?.isEmpty == false)
      }
    }
  }

  /// Compatible with an older S3: it refuses the header, and gets an MD5, from then on at once.
  @Test(arguments: [
    (
      501, "<Error><Code>NotImplemented</Code><Message>Header 'x-amz-checksum-sha256' not implemented</Message></Error>"
    ),
    (501, "<Error><Code>NotImplemented</Code><Message>A header you provided is not implemented</Message></Error>"),
    (400, "<Error><Code>InvalidArgument</Code><Message>Unsupported header 'x-amz-checksum-sha256'</Message></Error>"),
  ])
  func aServerThatRefusesTheChecksumGetsAnMD5(status: Int, refusal: String) async throws {
    try await withSeaweed { direct, configuration, server in
      let decide: @Sendable (ProxiedRequest) -> Fault? = { request in
        let names = request.headers.map { $0.name.lowercased() }
        return names.contains { $0.hasPrefix("x-amz-checksum") } ? .answer(status, body: refusal) : nil
      }
      try await withProxy(server.endpoint, decide: decide) { proxy in
        var configuration = configuration
        configuration.endpoint = proxy.endpoint
        try await S3Store.withStore(configuration) { store in
          let body = patternedBytes((5 << 20) + 100)
          _ = try await withUpload(to: "a", in: store, options: UploadOptions(partSize: 5 << 20, concurrency: 1)) {
            try await $0.write(body)
          }
          #expect(try await direct.getBytes("a", upTo: 6 << 20) == body)
        }
        #expect(proxy.log.filter { $0.status == status }.count == 1)
        #expect(proxy.log.filter { $0.request.headers.contains(name: "content-md5") }.count == 2)
      }
    }
  }

  @Test func aConfiguredChecksumIsNotGivenUp() async throws {
    let refusal = Fault.answer(501, body: "<Error><Code>NotImplemented</Code><Message>checksum</Message></Error>")
    try await withProxy(nil, decide: { _ in refusal }) { proxy in
      var configuration = S3Configuration.stub(proxy.endpoint)
      configuration.checksum = .crc32c
      try await S3Store.withStore(configuration) { store in
        await #expect { try await store.put("a", body: ByteBuffer()) } throws: { code($0) == .unsupported }
      }
      #expect(proxy.log.count == 1)
    }
  }

  /// It answers to parts as it should and makes another object of them.
  @Test func anObjectThatIsNotItsPartsIsFoundOut() async throws {
    try await StubServer.with(answer: { request in
      switch (request.method, request.query) {
      case (.POST, "uploads="):
        return StubServer.Answer(
          200, "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
      case (.PUT, _):
        let header = "x-amz-checksum-sha256"
        return StubServer.Answer(200, headers: ["etag": "\"e\"", header: request.headers.first(name: header) ?? ""])
      default:
        return StubServer.Answer(
          200,
          """
          <CompleteMultipartUploadResult><ETag>"e"</ETag>
          <ChecksumSHA256>Z1fusRm52SPtAl17U3HgsuuoM4Er2bICt27Sy/9pAh8=-1</ChecksumSHA256>
          </CompleteMultipartUploadResult>
          """)
      }
    }) { server in
      try await S3Store.withStore(.stub(server.endpoint)) { store in
        let upload = try await store.startUpload("a")
        try await upload.uploadPart(1, body: ByteBuffer(string: "x"))
        await #expect { try await upload.complete() } throws: {
          code($0) == .integrity && "\($0)".contains("not made of the parts")
        }
      }
      #expect(server.log.first?.headers.first(name: "x-amz-checksum-algorithm") == "SHA256")
      #expect(server.log.last?.text.contains("<ChecksumSHA256>LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=</") == true)
    }
  }
}

extension S3Configuration {
  /// For a server that does not look at signatures.
  static func stub(_ endpoint: String) -> S3Configuration {
    S3Configuration(
      bucket: "bucket", endpoint: endpoint, usePathStyle: true,
      credentials: StaticCredentials(accessKeyID: "a", secretAccessKey: "b"))
  }
}

extension S3Store {
  /// What the server has of an object, asked by a plain HEAD.
  func storedHeaders(_ key: String) async throws -> HTTPHeaders {
    var request = requests.head(key)
    request.headers.append((name: "x-amz-checksum-mode", value: "ENABLED"))
    return try await transport.send(request).headers
  }
}
