import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import ObjectStoreTestKit
import StoreHTTP
import TestServers
import Testing

@testable import S3Store

/// A bucket that is in another region than the policy says.
@Suite struct S3RegionTests {
  private static let redirects: [StubServer.Answer] = [
    StubServer.Answer(
      301, headers: ["x-amz-bucket-region": "eu-central-1"],
      "<Error><Code>PermanentRedirect</Code><Message>x</Message></Error>"),
    StubServer.Answer(301, headers: ["x-amz-bucket-region": "eu-central-1"]),
    StubServer.Answer(
      400, "<Error><Code>AuthorizationHeaderMalformed</Code><Message>x</Message><Region>eu-central-1</Region></Error>"),
    StubServer.Answer(
      307, headers: ["x-amz-bucket-region": "eu-central-1"],
      "<Error><Code>TemporaryRedirect</Code><Message>x</Message></Error>"),
  ]

  /// The second server is a real one, which verifies what is signed anew.
  @Test(arguments: redirects.indices) func awsIsFollowedOnceAndTheRegionKept(index: Int) async throws {
    try await withSeaweed { direct, configuration, server in
      try await StubServer.with(answer: { _ in Self.redirects[index] }) { wrong in
        var configuration = configuration
        configuration.endpoint = nil
        configuration.regionalEndpoint = { $0 == "eu-central-1" ? server.endpoint : wrong.endpoint }
        try await S3Store.withStore(configuration) { store in
          try await store.put("a", body: patternedBytes(100))
          #expect(try await store.getBytes("a", upTo: 100) == patternedBytes(100))
        }
        #expect(wrong.log.count == 1)
        #expect(wrong.log.first?.headers.first(name: "authorization")?.contains("/us-east-1/s3/") == true)
        #expect(try await direct.head("a")?.size == 100)
      }
    }
  }

  @Test func aRegionThatSendsUsBackEndsTheWay() async throws {
    try await StubServer.with(answer: { request in
      let isFirst = request.headers.first(name: "authorization")?.contains("/us-east-1/") == true
      return StubServer.Answer(301, headers: ["x-amz-bucket-region": isFirst ? "eu-central-1" : "us-east-1"])
    }) { server in
      var configuration = S3Configuration.stub(server.endpoint)
      configuration.endpoint = nil
      configuration.regionalEndpoint = { _ in server.endpoint }
      try await S3Store.withStore(configuration) { store in
        await #expect { try await store.put("a", body: ByteBuffer()) } throws: { code($0) == .regionMismatch }
      }
      #expect(server.log.count == 2)
    }
  }

  /// Another server's word is not enough to send signed requests elsewhere.
  @Test(arguments: redirects.indices.dropLast()) func otherServersAreNotFollowed(index: Int) async throws {
    try await StubServer.with(answer: { _ in Self.redirects[index] }) { server in
      try await S3Store.withStore(.stub(server.endpoint)) { store in
        await #expect { try await store.put("a", body: ByteBuffer()) } throws: {
          code($0) == .regionMismatch && "\($0)".contains("eu-central-1") && "\($0)".contains("us-east-1")
        }
      }
      #expect(server.log.count == 1)
    }
  }

  @Test func aRegionThatIsNoNameIsNotFollowed() async throws {
    let answer = StubServer.Answer(301, headers: ["x-amz-bucket-region": "evil.example.org/"])
    try await StubServer.with(answer: { _ in answer }) { server in
      var configuration = S3Configuration.stub(server.endpoint)
      configuration.endpoint = nil
      configuration.regionalEndpoint = { $0 == "us-east-1" ? server.endpoint : "http://\($0)" }
      try await S3Store.withStore(configuration) { store in
        await #expect { try await store.put("a", body: ByteBuffer()) } throws: { code($0) == .regionMismatch }
      }
    }
  }

  @Test func specialEndpointsOfAWSKeepTheirKind() throws {
    func host(_ endpoint: String?) throws -> String {
      let configuration = S3Configuration(
        bucket: "my-bucket", endpoint: endpoint, region: "us-west-2",
        credentials: StaticCredentials(accessKeyID: "a", secretAccessKey: "b"))
      return try S3Endpoint(configuration, region: "eu-west-1").host
    }
    #expect(try host(nil) == "my-bucket.s3.eu-west-1.amazonaws.com")
    #expect(
      try host("https://s3-fips.dualstack.us-west-2.amazonaws.com")
        == "my-bucket.s3-fips.dualstack.eu-west-1.amazonaws.com")
    #expect(try host("s3.amazonaws.com") == "my-bucket.s3.eu-west-1.amazonaws.com")
    #expect(try host("https://minio.us-west-2.example.org") == "my-bucket.minio.us-west-2.example.org")
  }
}
