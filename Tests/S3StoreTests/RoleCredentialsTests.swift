import Foundation
import NIOHTTP1
import ObjectStore
import ObjectStoreTestKit
import S3Store
import StoreHTTP
import Synchronization
import TestServers
import Testing

/// AWS's Security Token Service as its public documentation describes it.
enum FakeTokenService {
  static func keys(_ id: String, action: String, expires: Date) -> StubServer.Answer {
    StubServer.Answer(
      200,
      """
      <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(action)Result><Credentials>
      <AccessKeyId>\(id)</AccessKeyId><SecretAccessKey>secret-\(id)</SecretAccessKey>
      <SessionToken>token-\(id)</SessionToken><Expiration>\(expires.formatted(.iso8601))</Expiration></Credentials>
      </\(action)Result></\(action)Response>
      """)
  }

  static func refusal(_ status: Int, _ code: String, _ message: String) -> StubServer.Answer {
    StubServer.Answer(
      status,
      """
      <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>\(code)</Code>
      <Message>\(message)</Message></Error><RequestId>1</RequestId></ErrorResponse>
      """)
  }

  /// As the kubelet would write it, with a signature that nobody checks here.
  static let token: String = {
    func part(_ text: String) -> String {
      Data(text.utf8).base64EncodedString().replacingOccurrences(of: "=", with: "")
        .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
    }
    let claims =
      #"{"iss":"https://oidc.example","sub":"system:serviceaccount:prod:backup","aud":["sts.amazonaws.com"],"exp":9999999999}"#
    return [part(#"{"alg":"RS256"}"#), part(claims), part("signature")].joined(separator: ".")
  }()
}

@Suite struct WebIdentityCredentialsTests {
  private let role = "arn:aws:iam::111122223333:role/holdfast"

  private func provider(
    _ server: StubServer, files: [String: String] = ["/token": FakeTokenService.token],
    now: @escaping @Sendable () -> Date = { Date() }, extra: [String: String] = [:]
  ) -> WebIdentityCredentials {
    WebIdentityCredentials(
      roleARN: role, tokenFile: "/token", region: "eu-west-1",
      context: .forTests(
        ["AWS_ENDPOINT_URL_STS": server.endpoint].merging(extra) { $1 }, files: files, now: now))
  }

  @Test func aTokenIsExchangedForTheKeysOfTheRole() async throws {
    try await StubServer.with(answer: {
      FakeTokenService.keys($0.form("Action") ?? "", action: "AssumeRoleWithWebIdentity", expires: .distantFuture)
    }) { server async throws in
      let keys = try await provider(server, extra: ["AWS_ROLE_SESSION_NAME": "my session/1"]).credentials()
      #expect(keys.accessKeyID == "AssumeRoleWithWebIdentity")
      #expect(keys.sessionToken == "token-AssumeRoleWithWebIdentity")
      let request = try #require(server.log.first)
      #expect(request.method == .POST && request.uri == "/")
      #expect(request.form("RoleArn") == role)
      #expect(request.form("WebIdentityToken") == FakeTokenService.token)
      #expect(request.form("RoleSessionName") == "mysession1")
      #expect(request.form("Version") == "2011-06-15")
      #expect(!request.headers.contains(name: "authorization"))
    }
  }

  /// The kubelet replaces the file; the keys are renewed before they end.
  @Test func theTokenIsReadAnewAtEachRenewal() async throws {
    let state = Mutex((now: Date(timeIntervalSince1970: 1_800_000_000), token: "a.b.c"))
    try await StubServer.with(answer: { request in
      FakeTokenService.keys(
        "for-\(request.form("WebIdentityToken") ?? "")", action: "AssumeRoleWithWebIdentity",
        expires: state.withLock { $0.now.addingTimeInterval(3600) })
    }) { server async throws in
      let context = CredentialsContext(
        environment: ["AWS_ENDPOINT_URL_STS": server.endpoint], readFile: { _ in state.withLock { $0.token } },
        now: { state.withLock { $0.now } })
      let provider = WebIdentityCredentials(roleARN: role, tokenFile: "/token", region: "eu-west-1", context: context)
      #expect(try await provider.credentials().accessKeyID == "for-a.b.c")
      state.withLock { ($0.now, $0.token) = ($0.now.addingTimeInterval(3200), "d.e.f") }
      #expect(try await provider.credentials().accessKeyID == "for-a.b.c")
      state.withLock { $0.now.addTimeInterval(200) }
      #expect(try await provider.credentials().accessKeyID == "for-d.e.f")
      #expect(server.log.count == 2)
    }
  }

  /// Promise 10: each refusal says what to change, with what the trust policy must name, and never the token.
  @Test(arguments: [
    (
      403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity",
      "system:serviceaccount:prod:backup"
    ),
    (400, "InvalidIdentityToken", "Incorrect token audience", "audience is sts.amazonaws.com"),
    (400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account", "https://oidc.example"),
    (400, "ExpiredTokenException", "Token expired", "kubelet"),
    (400, "ValidationError", "bad ARN", "is roleArn arn:aws:iam::111122223333:role/holdfast"),
    (403, "RegionDisabledException", "off", "eu-west-1"),
  ])
  func refusalsNameTheRemedy(status: Int, code: String, message: String, words: String) async throws {
    try await StubServer.with(answer: { _ in FakeTokenService.refusal(status, code, message) }) { server async throws in
      await #expect { try await provider(server).credentials() } throws: { error in
        "\(error)".contains(words) && "\(error)".contains(code) && !"\(error)".contains(FakeTokenService.token)
          && (error as? ObjectStoreError)?.isRetryable == false
      }
    }
  }

  @Test(arguments: [(500, "InternalFailure"), (400, "IDPCommunicationError"), (400, "Throttling"), (503, "")])
  func whatMayPassIsWorthAnotherTry(status: Int, code: String) async throws {
    try await StubServer.with(answer: { _ in FakeTokenService.refusal(status, code, "later") }) { server async throws in
      await #expect { try await provider(server).credentials() } throws: {
        ($0 as? ObjectStoreError)?.isRetryable == true
      }
    }
  }

  @Test func aServiceThatIsNotThereIsNamed() async throws {
    let port = try freePorts(1)[0]
    let provider = WebIdentityCredentials(
      roleARN: role, tokenFile: "/token", region: "eu-west-1",
      context: .forTests(
        ["AWS_ENDPOINT_URL_STS": "http://127.0.0.1:\(port)"], files: ["/token": FakeTokenService.token]))
    await #expect { try await provider.credentials() } throws: {
      code($0) == .unreachable && "\($0)".contains("127.0.0.1:\(port)") && "\($0)".contains("AWS_ENDPOINT_URL_STS")
    }
  }

  @Test(arguments: ["", "role", "arn:aws:iam::1:user/u", "arn:aws:iam::1:role/a b"])
  func aRoleThatIsNoneIsAConfigurationError(role: String) async throws {
    let provider = WebIdentityCredentials(
      roleARN: role, tokenFile: "/token", region: "eu-west-1",
      context: .forTests([:], files: ["/token": FakeTokenService.token]))
    await #expect { try await provider.credentials() } throws: { code($0) == .configuration }
  }
}

/// A token service, signatures and policies that are not ours.
@Suite struct MiniStackIdentityTests {
  @Test func aServiceAccountsTokenOpensTheBucketAsItsTrustPolicySays() async throws {
    try await withMiniStack { _, configuration, server in
      let role = try await server.createRole(
        trust: """
          {"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::000000000000:oidc-provider/oidc.example"},
           "Action": "sts:AssumeRoleWithWebIdentity",
           "Condition": {"StringEquals": {"oidc.example:sub": "system:serviceaccount:prod:backup"}}}
          """)
      let stranger = try await server.createRole(
        trust: """
          {"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::000000000000:oidc-provider/oidc.example"},
           "Action": "sts:AssumeRoleWithWebIdentity",
           "Condition": {"StringEquals": {"oidc.example:sub": "system:serviceaccount:prod:another"}}}
          """)
      let environment = [
        "AWS_ENDPOINT_URL_STS": server.endpoint, "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": role,
      ]
      let context = CredentialsContext.forTests(environment, files: ["/token": FakeTokenService.token])
      var configuration = configuration
      configuration.credentials = DefaultCredentials(region: "us-east-1", context: context)
      try await S3Store.withStore(configuration) { store in
        try await store.put("a", body: patternedBytes(100), condition: .ifAbsent)
        #expect(try await store.getBytes("a", upTo: 100) == patternedBytes(100))
      }
      configuration.credentials = WebIdentityCredentials(
        roleARN: stranger, tokenFile: "/token", region: "us-east-1", context: context)
      try await S3Store.withStore(configuration) { store in
        await #expect { try await store.put("b", body: patternedBytes(1)) } throws: {
          code($0) == .accessDenied && "\($0)".contains("trust policy")
        }
      }
    }
  }

  /// AssumeRole is signed, and ministack verifies it.
  @Test func aRoleIsAssumedWithKeysThatMay() async throws {
    try await withMiniStack { _, configuration, server in
      let role = try await server.createRole(
        trust: #"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}"#)
      let name = "chain-\(UUID().uuidString.lowercased())"
      let user = try await server.createUser(
        name,
        policy: #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}"#)
      let context = CredentialsContext.forTests(["AWS_ENDPOINT_URL_STS": server.endpoint])
      var configuration = configuration
      for (secret, works) in [(user.secret, true), ("wrong", false)] {
        configuration.credentials = AssumeRoleCredentials(
          base: StaticCredentials(accessKeyID: user.id, secretAccessKey: secret), roleARN: role, region: "us-east-1",
          context: context)
        try await S3Store.withStore(configuration) { store in
          if works {
            try await store.put("a", body: patternedBytes(10))
          } else {
            await #expect { try await store.put("a", body: patternedBytes(10)) } throws: {
              code($0) == .signatureMismatch || code($0) == .accessDenied
            }
          }
        }
      }
      // The user alone may not.
      configuration.credentials = StaticCredentials(accessKeyID: user.id, secretAccessKey: user.secret)
      try await S3Store.withStore(configuration) { store in
        await #expect { try await store.put("a", body: patternedBytes(10)) } throws: { code($0) == .accessDenied }
      }
    }
  }

  /// Keys end in the middle of an upload, and the store says so before our clock does.
  @Test func keysThatEndDuringAnUploadAreRenewed() async throws {
    try await withMiniStack { direct, configuration, server in
      let sessions = Mutex<[S3Credentials]>([])
      try await StubServer.with(answer: { request in
        // The exchange is ours; the keys are ministack's, and the first end after two seconds.
        guard let session = try? await server.makeSession(seconds: sessions.withLock { $0.isEmpty } ? 2 : 900) else {
          return StubServer.Answer(500)
        }
        sessions.withLock {
          $0.append(
            S3Credentials(accessKeyID: session.id, secretAccessKey: session.secret, sessionToken: session.token))
        }
        return StubServer.Answer(
          200,
          """
          {"AccessKeyId": "\(session.id)", "SecretAccessKey": "\(session.secret)", "Token": "\(session.token)",
           "Expiration": "2099-01-01T00:00:00Z"}
          """)
      }) { agent in
        var configuration = configuration
        configuration.credentials = ContainerCredentials(
          context: .forTests(["AWS_CONTAINER_CREDENTIALS_FULL_URI": agent.endpoint]))
        var old = configuration
        try await S3Store.withStore(configuration) { store in
          let upload = try await store.startUpload("a")
          try await upload.uploadPart(1, body: patternedBytes(5 << 20))
          let first = sessions.withLock { $0.first }
          old.credentials = StaticCredentials(try #require(first))
          try await S3Store.withStore(old) { stale in
            try await eventually("the first keys have ended") {
              do { _ = try await stale.list(prefix: "", startingAfter: nil) } catch {
                return code(error) == .accessDenied
              }
              return false
            }
          }
          // Both at once, and one fetch for them.
          try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await upload.uploadPart(2, body: patternedBytes(5 << 20, seed: 2)) }
            group.addTask { try await upload.uploadPart(3, body: patternedBytes(100, seed: 3)) }
            try await group.waitForAll()
          }
          try await upload.complete()
          let count = sessions.withLock { $0.count }
          #expect(count == 2)
        }
        #expect(try await direct.head("a")?.size == Int64(10 << 20) + 100)
      }
    }
  }
}
