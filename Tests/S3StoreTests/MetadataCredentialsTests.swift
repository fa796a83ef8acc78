import Foundation
import NIOHTTP1
import ObjectStore
import ObjectStoreTestKit
import S3Store
import StoreHTTP
import Synchronization
import TestServers
import Testing

/// Instance metadata as its public documentation describes it.
enum FakeMetadata {
  static let path = "/latest/meta-data/iam/security-credentials/"

  static func answer(_ request: StubServer.Request, expires: Date = Date(timeIntervalSinceNow: 3600))
    -> StubServer.Answer
  {
    if request.path == "/latest/api/token" {
      guard request.method == .PUT, request.headers.first(name: "x-aws-ec2-metadata-token-ttl-seconds") == "21600"
      else { return StubServer.Answer(400) }
      return StubServer.Answer(200, "session")
    }
    guard request.headers.first(name: "x-aws-ec2-metadata-token") == "session" else { return StubServer.Answer(401) }
    switch request.path {
    case path: return StubServer.Answer(200, "node-role")
    case path + "node-role":
      return StubServer.Answer(
        200,
        """
        {"Code": "Success", "LastUpdated": "2026-11-21T10:00:00Z", "Type": "AWS-HMAC", "AccessKeyId": "ASIAI",
         "SecretAccessKey": "s", "Token": "t", "Expiration": "\(expires.formatted(.iso8601))"}
        """)
    default: return StubServer.Answer(404)
    }
  }
}

@Suite struct InstanceCredentialsTests {
  private func credentials(_ server: StubServer) -> InstanceCredentials {
    InstanceCredentials(context: .forTests(["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.endpoint + "/"]))
  }

  @Test func keysOfTheRoleComeByVersionTwoAlone() async throws {
    try await StubServer.with(answer: { FakeMetadata.answer($0) }) { server async throws in
      let provider = credentials(server)
      for _ in 0..<3 {
        #expect(
          try await provider.credentials()
            == S3Credentials(accessKeyID: "ASIAI", secretAccessKey: "s", sessionToken: "t"))
      }
      #expect(server.log.map(\.method) == [.PUT, .GET, .GET])
    }
  }

  @Test(arguments: [(403, "switched off"), (404, "no role"), (500, "did not answer as it should")])
  func refusalsSayWhy(status: Int, words: String) async throws {
    try await StubServer.with(answer: { _ in StubServer.Answer(status) }) { server async throws in
      await #expect { try await credentials(server).credentials() } throws: { error in
        "\(error)".contains(words) && (error as? ObjectStoreError)?.isRetryable == (status == 500)
      }
    }
  }

  @Test func anInstanceWhoseRoleIsNotReadySaysSo() async throws {
    try await StubServer.with(answer: { request in
      request.path.hasSuffix("/node-role")
        ? StubServer.Answer(200, #"{"Code": "AssumeRoleUnauthorizedAccess"}"#) : FakeMetadata.answer(request)
    }) { server async throws in
      await #expect { try await credentials(server).credentials() } throws: {
        "\($0)".contains("AssumeRoleUnauthorizedAccess") && ($0 as? ObjectStoreError)?.isRetryable == true
      }
    }
  }

  /// Behind a container's bridge the answer's hop limit of 1 keeps it away.
  @Test func silenceNamesTheHopLimit() async throws {
    let port = try freePorts(1)[0]
    let provider = InstanceCredentials(
      context: .forTests(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:\(port)"]))
    await #expect { try await provider.credentials() } throws: { "\($0)".contains("HttpPutResponseHopLimit") }
  }
}

/// The agent of EKS Pod Identity, or of ECS.
enum FakeAgent {
  static var document: String {
    let expires = Date(timeIntervalSinceNow: 3600).formatted(.iso8601)
    return #"{"AccessKeyId": "ASIAC", "SecretAccessKey": "s", "Token": "t", "Expiration": "\#(expires)"}"#
  }
}

@Suite struct ContainerCredentialsTests {
  private func agent(
    token: String, _ body: (StubServer) async throws -> Void
  ) async throws {
    try await StubServer.with(answer: { request in
      guard request.headers.first(name: "authorization") == token else { return StubServer.Answer(401, "who?") }
      return StubServer.Answer(200, FakeAgent.document)
    }) { try await body($0) }
  }

  @Test func theTokenOfThePodIsSentAndReadFromItsFile() async throws {
    try await agent(token: "the pod's") { server async throws in
      let provider = ContainerCredentials(
        context: .forTests(
          [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(server.endpoint)/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "another",
          ], files: ["/token": "the pod's\n"]))
      #expect(try await provider.credentials().accessKeyID == "ASIAC")
      #expect(server.log.map(\.uri) == ["/v1/credentials"])
    }
  }

  @Test func aTokenInTheEnvironmentWillDo() async throws {
    try await agent(token: "plain") { server async throws in
      var environment = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.endpoint]
      environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "plain"
      #expect(try await ContainerCredentials(context: .forTests(environment)).credentials().accessKeyID == "ASIAC")
      environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "wrong"
      await #expect {
        try await ContainerCredentials(context: .forTests(environment)).credentials()
      } throws: { code($0) == .accessDenied && "\($0)".contains("Pod Identity association") }
    }
  }

  /// A token must not go to a host that anyone may be.
  @Test(arguments: [
    ("http://example.org/", false), ("http://169.254.170.24/", false), ("http://10.0.0.1/", false),
    ("http://127.0.0.1.example.org/", false), ("ftp://127.0.0.1/", false), ("nonsense", false),
  ])
  func hostsThatAreNotOnTheNodeNeedTLS(url: String, isAllowed: Bool) async throws {
    let context = CredentialsContext.forTests([
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "geheim",
    ])
    await #expect { try await ContainerCredentials(context: context).credentials() } throws: {
      code($0) == .configuration && !"\($0)".contains("geheim")
    }
  }

  @Test func aTokenWithALineBreakIsRefused() async throws {
    let context = CredentialsContext.forTests([
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\r\nb: c",
    ])
    await #expect { try await ContainerCredentials(context: context).credentials() } throws: {
      code($0) == .configuration
    }
  }

  @Test func nonsenseIsWorthAnotherTryAndNotShown() async throws {
    try await StubServer.with(answer: { _ in StubServer.Answer(200, #"{"SecretAccessKey": "geheim"}"#) }) {
      server async throws in
      let context = CredentialsContext.forTests(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.endpoint])
      await #expect { try await ContainerCredentials(context: context).credentials() } throws: {
        ($0 as? ObjectStoreError)?.isRetryable == true && !"\($0)".contains("geheim")
      }
    }
  }
}
