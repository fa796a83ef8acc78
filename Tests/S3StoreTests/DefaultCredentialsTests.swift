import Foundation
import ObjectStore
import ObjectStoreTestKit
import S3Store
import StoreHTTP
import Synchronization
import Testing

/// The order in which identities are looked for, and what a person reads where there is none.
@Suite struct DefaultCredentialsTests {
  private func credentials(
    _ environment: [String: String], roleARN: String? = nil, files: [String: String] = [:]
  ) -> DefaultCredentials {
    DefaultCredentials(region: "us-east-1", roleARN: roleARN, context: .forTests(environment, files: files))
  }

  @Test func keysInTheEnvironmentComeFirst() async throws {
    let environment = [
      "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
      "AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
    ]
    let found = credentials(environment)
    #expect(found.summary == "keys in the environment")
    #expect(
      try await found.credentials()
        == S3Credentials(accessKeyID: "id", secretAccessKey: "secret", sessionToken: "token"))
    #expect(!found.summary.contains("secret"))
  }

  @Test func thenTheTokenOfAServiceAccountThenTheAgentThenTheMachine() {
    var environment = [
      "AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
    ]
    #expect(credentials(environment).summary == "a service account's token for arn:aws:iam::1:role/r")
    environment["AWS_ROLE_ARN"] = nil
    #expect(credentials(environment).summary == "container credentials")
    #expect(
      credentials(environment, roleARN: "arn:aws:iam::1:role/p").summary
        == "a service account's token for arn:aws:iam::1:role/p")
    environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = nil
    #expect(
      credentials(environment, roleARN: "arn:aws:iam::1:role/p").summary
        == "container credentials, which assumes arn:aws:iam::1:role/p")
    environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = ""
    #expect(credentials(environment).summary == "instance metadata")
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    #expect(credentials(environment).summary == "none")
  }

  /// A service account that EKS gave one role may take another from there.
  @Test func aRoleOfThePolicyThatIsNotTheServiceAccountsIsAssumedFromIt() {
    let environment = ["AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_WEB_IDENTITY_TOKEN_FILE": "/token"]
    #expect(
      credentials(environment, roleARN: "arn:aws:iam::2:role/p").summary
        == "a service account's token for arn:aws:iam::1:role/r, which assumes arn:aws:iam::2:role/p")
    #expect(
      credentials(environment, roleARN: "arn:aws:iam::1:role/r").summary
        == "a service account's token for arn:aws:iam::1:role/r")
  }

  /// Promise 10: one error, with all that was looked at and what to do.
  @Test func oneErrorSaysAllThatWasTried() async throws {
    await #expect {
      try await credentials(["AWS_ACCESS_KEY_ID": "id", "AWS_EC2_METADATA_DISABLED": "true"]).credentials()
    } throws: { error in
      code(error) == .credentialsNotFound && (error as? ObjectStoreError)?.isRetryable == false
        && [
          "AWS_SECRET_ACCESS_KEY is not set", "AWS_ROLE_ARN is not set",
          "AWS_CONTAINER_CREDENTIALS_FULL_URI is not set",
          "AWS_EC2_METADATA_DISABLED is true", "target.credentialsSecretRef", "executor.serviceAccountName",
        ].allSatisfy { "\(error)".contains($0) }
    }
  }

  @Test func aMachineWithoutMetadataIsNotAskedAgainAndAgain() async throws {
    try await StubServer.with(answer: { _ in StubServer.Answer(404) }) { server async throws in
      let found = credentials(["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.endpoint])
      await #expect {
        try await found.credentials()
      } throws: { error in
        code(error) == .credentialsNotFound && (error as? ObjectStoreError)?.isRetryable == false
          && "\(error)".contains("instance metadata (the instance has no role")
      }
    }
  }

  /// Whoever names an identity means it: another one is never taken in its place.
  @Test func aNamedIdentityThatFailsIsTheError() async throws {
    try await StubServer.with(answer: { FakeMetadata.answer($0) }) { metadata in
      let found = credentials([
        "AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_WEB_IDENTITY_TOKEN_FILE": "/nothing",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.endpoint,
      ])
      await #expect {
        try await found.credentials()
      } throws: { code($0) == .configuration && "\($0)".contains("/nothing") }
      #expect(metadata.log.isEmpty)
    }
  }
}

extension CredentialsContext {
  /// Files of a test's own, a clock of its own, short limits.
  static func forTests(
    _ environment: [String: String], files: [String: String] = [:], now: @escaping @Sendable () -> Date = { Date() }
  ) -> CredentialsContext {
    struct Missing: Error {}
    return CredentialsContext(
      environment: environment,
      readFile: { path in
        guard let text = files[path] else { throw Missing() }
        return text
      }, now: now)
  }
}
