import Foundation
import GCSStore
import NIOCore
import ObjectStore
import ObjectStoreTestKit
import StoreHTTP
import Testing

@testable import GCSStore

@Suite struct GCSEndpointTests {
  private func endpoint(_ url: String?, bucket: String = "bucket") throws -> GCSEndpoint {
    try GCSEndpoint(GCSConfiguration(bucket: bucket, endpoint: url, credentials: .anonymous))
  }

  @Test(arguments: [
    (nil, "https://storage.googleapis.com/storage/v1/b/bucket/o/a%2Fb%20c"),
    ("http://127.0.0.1:4443", "http://127.0.0.1:4443/storage/v1/b/bucket/o/a%2Fb%20c"),
    ("https://gateway.example.org:443/gcs/", "https://gateway.example.org/gcs/storage/v1/b/bucket/o/a%2Fb%20c"),
    ("storage-x.p.googleapis.com", "https://storage-x.p.googleapis.com/storage/v1/b/bucket/o/a%2Fb%20c"),
    ("https://storage.googleapis.com/storage/v1", "https://storage.googleapis.com/storage/v1/b/bucket/o/a%2Fb%20c"),
  ])
  func addressesAreBuilt(url: String?, expected: String) throws {
    #expect(try endpoint(url).objects("a/b c") == expected)
  }

  @Test func onlyGooglesOwnNeedsNoProof() throws {
    #expect(try endpoint(nil).isGoogle)
    #expect(try endpoint("https://storage-x.p.googleapis.com").isGoogle)
    #expect(try !endpoint("http://storage.googleapis.com").isGoogle)
    #expect(try !endpoint("https://googleapis.com.example.org").isGoogle)
    #expect(try !endpoint("https://notgoogleapis.com").isGoogle)
  }

  /// The token goes where it was configured to go, whatever the server calls itself.
  @Test func sessionsStayOnTheEndpoint() throws {
    let own = try endpoint("https://gateway.example.org/gcs")
    #expect(
      own.session(location: "https://storage.googleapis.com/upload/storage/v1/b/b/o?upload_id=x")
        == "https://gateway.example.org/gcs/upload/storage/v1/b/b/o?upload_id=x")
    #expect(
      own.session(location: "https://gateway.example.org/gcs/upload?upload_id=x%2F")
        == "https://gateway.example.org/gcs/upload?upload_id=x%2F")
    #expect(
      own.session(location: "http://gateway.example.org/gcs/upload?upload_id=x")
        == "https://gateway.example.org/gcs/upload?upload_id=x")
    #expect(own.session(location: "/upload?upload_id=x") == "https://gateway.example.org/gcs/upload?upload_id=x")
    #expect(own.session(location: "") == nil)
    #expect(own.session(location: "https://gateway.example.org/gcs/upload") == nil)
  }

  @Test(arguments: ["gs://bucket", "Bucket", "b", "a/b", ""]) func namesThatAreNoBucketAreRefused(name: String) {
    #expect { try endpoint(nil, bucket: name) } throws: { code($0) == .configuration }
  }

  @Test(arguments: ["ftp://x", "https://", "https://x?y=1", "https://user@x", "::"])
  func endpointsThatAreNoURLAreRefused(url: String) {
    #expect { try endpoint(url) } throws: { code($0) == .configuration && "\($0)".contains("endpoint") }
  }

  @Test func theEmulatorsVariableIsRead() {
    #expect(GCSConfiguration.emulatorEndpoint(["STORAGE_EMULATOR_HOST": "localhost:9023"]) == "http://localhost:9023")
    #expect(GCSConfiguration.emulatorEndpoint(["STORAGE_EMULATOR_HOST": "https://h:1"]) == "https://h:1")
    #expect(GCSConfiguration.emulatorEndpoint([:]) == nil)
  }

  @Test func aSmallObjectIsOneRequestWithItsChecksum() throws {
    let configuration = GCSConfiguration(
      bucket: "bucket", credentials: .anonymous, kmsKeyName: "projects/p", storageClass: "COLDLINE",
      retention: .init(mode: .locked, duration: .seconds(86_400)), eventBasedHold: true)
    let requests = GCSRequests(configuration: configuration, endpoint: try GCSEndpoint(configuration))
    let request = try requests.put(
      "a/b", body: ByteBuffer(string: "hello"), condition: .ifAbsent, crc: CRC32C(ByteBuffer(string: "hello")),
      date: Date(timeIntervalSince1970: 1_795_259_831), boundary: "mark")
    #expect(request.url == "https://storage.googleapis.com/upload/storage/v1/b/bucket/o")
    #expect(
      PercentEncoding.query(request.query)
        == "uploadType=multipart&name=a%2Fb&ifGenerationMatch=0&kmsKeyName=projects%2Fp")
    // Checked with Google's crc32c of "hello".
    let metadata =
      #"{"contentType":"application/octet-stream","crc32c":"mnG7TA==","eventBasedHold":true,"retention":"#
      + #"{"mode":"Locked","retainUntilTime":"2026-11-22T11:17:11Z"},"storageClass":"COLDLINE"}"#
    #expect(
      String(buffer: request.body ?? ByteBuffer())
        == "--mark\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n\(metadata)\r\n--mark\r\n"
        + "Content-Type: application/octet-stream\r\n\r\nhello\r\n--mark--\r\n")
  }
}
