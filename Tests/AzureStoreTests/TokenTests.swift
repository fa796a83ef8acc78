import AzureStore
import FakeAzure
import Foundation
import NIOCore
import ObjectStore
import ObjectStoreTestKit
import StoreHTTP
import Synchronization
import TestServers
import Testing

@Suite struct TokenTests {
  /// A projected token's file, removed at the end.
  private func withTokenFile<Value>(_ content: String, _ body: (String) async throws -> Value) async throws -> Value {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("azure-token-\(UUID().uuidString)").path
    try content.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
  }

  private func workload(_ identity: FakeIdentity, file: String) -> AzureWorkloadIdentity {
    let settings = identity.settings.withLock { $0 }
    return AzureWorkloadIdentity(
      tenantID: settings.tenant, clientID: settings.clientID, tokenFile: file, authorityHost: identity.origin)
  }

  @Test func aWorkloadIdentityIsExchangedOnceForAWholeUpload() async throws {
    try await withAzure { direct, configuration, fake in
      try await withIdentity(fake) { identity in
        try await withTokenFile("header.payload.signature\n") { file in
          var configuration = configuration
          configuration.credentials = .workloadIdentity(workload(identity, file: file))
          let body = patternedBytes(50_000)
          try await withStore(configuration) { store in
            _ = try await withUpload(to: "a", in: store, options: UploadOptions(partSize: 10_000)) {
              try await $0.write(body)
            }
          }
          #expect(try await direct.getBytes("a", upTo: 100_000) == body)
          #expect(identity.tokens.count == 1)
        }
      }
    }
  }

  /// The clock passes the token's end in the middle of an upload; the kubelet has renewed the projected token meanwhile.
  @Test func aTokenIsRenewedInTheMiddleOfAnUpload() async throws {
    let clock = TestClock()
    try await withAzure(now: clock.now) { _, configuration, fake in
      try await withIdentity(fake) { identity in
        try await withTokenFile("header.payload.signature") { file in
          var configuration = configuration
          configuration.credentials = .workloadIdentity(workload(identity, file: file))
          try await withStore(configuration, now: clock.now) { store in
            let upload = try await store.startUpload("a")
            for number in 1...6 {
              try await upload.uploadPart(number, body: patternedBytes(100))
              if number == 3 {
                try "second.token".write(toFile: file, atomically: true, encoding: .utf8)
                identity.settings.withLock { $0.assertion = "second.token" }
              }
              clock.advance(900)
            }
            try await upload.complete()
          }
          #expect(identity.tokens.count == 2)
          // Renewed before its end: the store never refused one.
          #expect(fake.log.allSatisfy { $0.status < 400 })
        }
      }
    }
  }

  /// A token that the store no longer takes is renewed at once, and once.
  @Test func aTokenThatIsRefusedIsRenewedOnce() async throws {
    try await withAzure { direct, configuration, fake in
      try await withIdentity(fake) { identity in
        var configuration = configuration
        configuration.credentials = .managedIdentity(AzureManagedIdentity(endpoint: identity.metadataEndpoint))
        try await withStore(configuration) { store in
          let upload = try await store.startUpload("a")
          try await upload.uploadPart(1, body: patternedBytes(1000))
          fake.revoke(token: identity.tokens[0])
          try await upload.uploadPart(2, body: patternedBytes(1000, seed: 2))
          try await upload.complete()
          #expect(identity.tokens.count == 2)
          #expect(try await direct.head("a")?.size == 2000)

          fake.refuseAll(FakeError(401, "InvalidAuthenticationInfo", "no", detail: "Issuer validation failed."))
          let before = fake.log.count
          await #expect { try await store.head("a") } throws: { code($0) == .accessDenied }
          #expect(fake.log.count - before == 2)
          await #expect { try await store.getBytes("a", upTo: 10) } throws: { says($0, .accessDenied, "tenant") }
        }
      }
    }
  }

  @Test func identitiesOfMachinesAndOfHostingServicesWork() async throws {
    try await withAzure { _, configuration, fake in
      try await withIdentity(fake) { identity in
        let settings = identity.settings.withLock { $0 }
        for credentials: AzureCredentials in [
          .managedIdentity(AzureManagedIdentity(endpoint: identity.metadataEndpoint)),
          .managedIdentity(AzureManagedIdentity(clientID: settings.clientID, endpoint: identity.metadataEndpoint)),
          .managedIdentity(
            AzureManagedIdentity(endpoint: identity.appServiceEndpoint, header: settings.identityHeader)),
          .clientSecret(
            AzureClientSecret(
              tenantID: settings.tenant, clientID: settings.clientID, secret: settings.clientSecret,
              authorityHost: identity.origin)),
        ] {
          var configuration = configuration
          configuration.credentials = credentials
          try await withStore(configuration) { try await $0.put("a", body: ByteBuffer(string: "x")) }
        }
        #expect(identity.tokens.count == 4)
      }
    }
  }

  @Test func aMissingRoleIsNamed() async throws {
    try await withAzure { _, configuration, fake in
      try await withIdentity(fake) { identity in
        identity.settings.withLock { $0.permissions = "r" }
        var configuration = configuration
        configuration.credentials = .managedIdentity(AzureManagedIdentity(endpoint: identity.metadataEndpoint))
        try await withStore(configuration) { store in
          await #expect {
            try await store.put("a", body: ByteBuffer())
          } throws: { says($0, .accessDenied, "Storage Blob Data Contributor", "blobs/write") }
        }
        configuration.legalHold = true
        try await withStore(configuration) { store in
          await #expect {
            try await store.put("a", body: ByteBuffer())
          } throws: { says($0, .accessDenied, "Storage Blob Data Owner", "immutableStorage") }
        }
      }
    }
  }

  @Test(arguments: [
    ("tenant", ObjectStoreError.Code.configuration, "AZURE_TENANT_ID"),
    ("client", .configuration, "AZURE_CLIENT_ID"), ("assertion", .accessDenied, "system:serviceaccount"),
    ("file", .configuration, "cannot be read"), ("empty", .configuration, "is empty"),
  ])
  func aWorkloadIdentityThatIsWrongSaysWhatIs(
    wrong: String, expected: ObjectStoreError.Code, text: String
  ) async throws {
    try await withAzure { _, configuration, fake in
      try await withIdentity(fake) { identity in
        let content = wrong == "assertion" ? "other.jwt.here" : wrong == "empty" ? "\n" : "header.payload.signature"
        try await withTokenFile(content) { file in
          var credentials = workload(identity, file: wrong == "file" ? "/no/such/file" : file)
          if wrong == "tenant" { credentials.tenantID = "other" }
          if wrong == "client" { credentials.clientID = "other" }
          var configuration = configuration
          configuration.credentials = .workloadIdentity(credentials)
          try await withStore(configuration) { store in
            await #expect {
              try await store.put("a", body: ByteBuffer())
            } throws: { says($0, expected, text) && !"\($0)".contains("other.jwt.here") }
          }
        }
      }
    }
  }

  @Test func aTokenServiceThatIsBusyIsWorthARetry() async throws {
    try await withAzure { _, configuration, fake in
      try await withIdentity(fake) { identity in
        var configuration = configuration
        configuration.credentials = .managedIdentity(
          AzureManagedIdentity(clientID: "other", endpoint: identity.metadataEndpoint))
        try await withStore(configuration) { store in
          await #expect { try await store.head("a") } throws: { says($0, .accessDenied, "AZURE_CLIENT_ID") }
          for status in [429, 410, 500] {
            identity.settings.withLock { $0.failure = (status, "{}") }
            await #expect { try await store.head("a") } throws: { ($0 as? ObjectStoreError)?.isRetryable == true }
          }
          identity.settings.withLock { $0.failure = (200, "not json") }
          await #expect { try await store.head("a") } throws: { says($0, .integrity, "access_token") }
        }
      }
    }
  }

  @Test func withoutAnyCredentialsOneErrorNamesAllWays() async throws {
    let port = try freePorts(1)[0]
    let configuration = AzureConfiguration(
      storageAccount: "account", container: "backups", endpoint: "http://127.0.0.1:\(port)",
      credentials: .managedIdentity(AzureManagedIdentity(endpoint: "http://127.0.0.1:\(port)/metadata")))
    try await withStore(configuration) { store in
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: {
        says($0, .credentialsNotFound, "credentialsSecretRef", "AZURE_FEDERATED_TOKEN_FILE", "managed identity")
      }
    }
  }

  @Test func aTokenDoesNotTravelInTheClear() {
    let configuration = AzureConfiguration(
      storageAccount: "account", container: "backups", endpoint: "http://account.blob.example",
      credentials: .managedIdentity(AzureManagedIdentity()))
    #expect { try AzureStore(configuration) } throws: { says($0, .configuration, "https://account.blob.example") }
    let authority = AzureConfiguration(
      storageAccount: "account", container: "backups",
      credentials: .clientSecret(
        AzureClientSecret(tenantID: "t", clientID: "c", secret: "s", authorityHost: "http://login.example")))
    #expect { try AzureStore(authority) } throws: { says($0, .configuration, "AZURE_AUTHORITY_HOST") }
  }
}

@Suite struct SASTests {
  private func error(_ token: AzureSASToken, _ configuration: AzureConfiguration) async throws -> ObjectStoreError {
    var configuration = configuration
    configuration.credentials = .sas(token)
    return try await withStore(configuration) { store in
      try #require(await #expect(throws: ObjectStoreError.self) { try await store.put("a", body: ByteBuffer()) })
    }
  }

  @Test func whatIsWrongWithATokenIsReadFromIt() async throws {
    try await withAzure { _, configuration, fake in
      let expired = try await error(try fake.sas("rcw", end: Date(timeIntervalSinceNow: -60)), configuration)
      #expect(says(expired, .accessDenied, "expired at", "make a new one"))
      let early = try await error(try fake.sas("rcw", start: Date(timeIntervalSinceNow: 600)), configuration)
      #expect(says(early, .clockSkew, "begins at"))
      let reader = try await error(try fake.sas("rl"), configuration)
      #expect(says(reader, .accessDenied, "lacks w"))
      let other = try await error(try fake.sas("rcw", container: "other"), configuration)
      #expect(says(other, .signatureMismatch, "signature is wrong"))
      for error in [expired, early, reader, other] {
        #expect(!"\(error) \(String(reflecting: error))".contains("sig="))
      }
    }
  }

  @Test func tagsAndLocksNeedLettersOfTheirOwn() async throws {
    try await withAzure(.versionImmutability) { _, configuration, fake in
      var configuration = configuration
      configuration.tags = ["a": "b"]
      configuration.immutability = .init(mode: .locked, retention: .seconds(60))
      let neither = try await error(try fake.sas("rcwdl"), configuration)
      #expect(says(neither, .accessDenied, "lacks ti"))
      configuration.credentials = .sas(try fake.sas("cwti"))
      try await withStore(configuration) { try await $0.put("a", body: ByteBuffer()) }
    }
  }

  @Test func theSignatureIsInNoErrorOfTheConnection() async throws {
    let port = try freePorts(1)[0]
    let token = try AzureSASToken("sv=2022-11-02&sp=rw&sig=verysecretsignature")
    for endpoint in ["http://127.0.0.1:\(port)", "http://nosuchaccount.blob.invalid"] {
      let configuration = AzureConfiguration(
        storageAccount: "account", container: "backups", endpoint: endpoint, credentials: .sas(token))
      let error = try await error(token, configuration)
      #expect(!"\(error) \(String(reflecting: error))".contains("verysecretsignature"))
    }
  }
}
