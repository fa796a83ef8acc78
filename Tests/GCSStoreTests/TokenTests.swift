import FakeGCS
import Foundation
import GCSStore
import NIOCore
import NIOHTTP1
import ObjectStore
import ObjectStoreTestKit
import Synchronization
import TestServers
import Testing

/// Every way to a token, against services that check what they are given.
@Suite struct TokenTests {
  private let writer = "writer@project.iam.gserviceaccount.com"

  /// A fake that wants tokens, and a store with the credentials that `body` gets to make.
  @discardableResult
  private func withTokens<Value: Sendable>(
    now: @escaping @Sendable () -> Date = { Date() }, serverNow: @escaping @Sendable () -> Date = { Date() },
    credentials: (FakeGCS) throws -> GoogleCredentials, _ body: (GCSStore, FakeGCS) async throws -> Value
  ) async throws -> Value {
    try await FakeGCS.with(now: serverNow) { fake in
      fake.makeBucket("bucket")
      fake.update { $0.requiresToken = true }
      let store = try GCSStore(
        GCSConfiguration(bucket: "bucket", endpoint: fake.endpoint, credentials: try credentials(fake)), now: now)
      let result: Result<Value, any Error>
      do { result = .success(try await body(store, fake)) } catch { result = .failure(error) }
      try await store.shutdown()
      return try result.get()
    }
  }

  private func key(_ fake: FakeGCS) throws -> GoogleCredentials {
    let json = try fake.update { try $0.makeServiceAccountKey(writer) }
    return try GoogleCredentials(json: Array(json), origin: "the Secret")
  }

  private func check(_ store: GCSStore) async throws {
    try await store.put("a", body: ByteBuffer(string: "x"), condition: .ifAbsent)
    #expect(try await store.getBytes("a", upTo: 10) == ByteBuffer(string: "x"))
  }

  private func count(_ path: String, _ fake: FakeGCS) -> Int {
    fake.log.filter { $0.request.uri.hasPrefix(path) }.count
  }

  // MARK: Service account

  /// The fake verifies the RS256 signature, the audience, the times and the scope.
  @Test func aServiceAccountKeySignsForATokenOnce() async throws {
    try await withTokens(credentials: key) { store, fake in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<8 { group.addTask { try await store.put("\(number)", body: ByteBuffer()) } }
        try await group.waitForAll()
      }
      try await check(store)
      #expect(count("/token", fake) == 1)
    }
  }

  /// In the middle of an upload, without a failure and without a retry of the store's caller.
  @Test func aTokenThatEndsIsReplacedInTheMiddleOfAnUpload() async throws {
    try await withTokens(credentials: key) { store, fake in
      let parts = (1...4).map { patternedBytes(2 << 20, seed: UInt64($0)) }
      let upload = try await store.startUpload("data")
      for (index, part) in parts.enumerated() {
        fake.update { $0.revokeTokens() }
        try await upload.uploadPart(index + 1, body: part)
        _ = try await store.head("data")
      }
      fake.update { $0.revokeTokens() }
      try await upload.complete()
      #expect(try await store.getBytes("data", upTo: 20 << 20) == bytes(parts))
      #expect(count("/token", fake) > 3)
    }
  }

  /// A minute before its end a token is renewed, without waiting for a refusal.
  @Test func aTokenIsRenewedBeforeItEnds() async throws {
    let offset = Mutex<TimeInterval>(0)
    let now: @Sendable () -> Date = { Date(timeIntervalSinceNow: offset.withLock { $0 }) }
    try await withTokens(now: now, serverNow: now, credentials: key) { store, fake in
      try await store.put("a", body: ByteBuffer())
      offset.withLock { $0 = 3000 }
      try await store.put("a", body: ByteBuffer())
      #expect(count("/token", fake) == 1)
      offset.withLock { $0 = 3540 }
      try await store.put("a", body: ByteBuffer())
      #expect(count("/token", fake) == 2)
      #expect(!fake.log.contains { $0.status == 401 })
    }
  }

  @Test func aTokenThatIsRefusedTwiceIsAFailure() async throws {
    try await withTokens { fake in
      fake.update { $0.tokenLifetime = -10 }
      return try key(fake)
    } _: { store, fake in
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { code($0) == .accessDenied && "\($0)".contains("the Secret") }
    }
  }

  @Test(arguments: [-3600.0, 3600]) func aClockThatIsWrongIsNamed(offset: Double) async throws {
    try await withTokens(now: { Date(timeIntervalSinceNow: offset) }, credentials: key) { store, _ in
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { error in
        code(error) == .clockSkew && "\(error)".contains("NTP") && "\(error)".contains("GMT")
          && (error as? ObjectStoreError)?.isRetryable == false
      }
    }
  }

  @Test func aKeyThatWasDeletedSaysSo() async throws {
    try await withTokens(credentials: key) { store, fake in
      fake.update {
        $0.revokeKeys(of: writer)
        _ = try? $0.makeServiceAccountKey(writer)
      }
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { code($0) == .signatureMismatch && "\($0)".contains(writer) && "\($0)".contains("create a new one") }
      fake.update { $0.revokeKeys(of: writer) }
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { code($0) == .accessDenied && "\($0)".contains("does not exist or is disabled") }
    }
  }

  // MARK: Others

  @Test func aRefreshTokenIsExchanged() async throws {
    func user(_ fake: FakeGCS) throws -> GoogleCredentials {
      fake.update { $0.refreshTokens = ["refresh&=+"] }
      let json =
        #"{"type":"authorized_user","client_id":"i","client_secret":"s","refresh_token":"refresh&=+","#
        + #""token_uri":"\#(fake.endpoint)/token"}"#
      return try GoogleCredentials(json: Array(json.utf8), origin: "the Secret")
    }
    try await withTokens(credentials: user) { store, _ in try await check(store) }
    try await withTokens(credentials: user) { store, fake in
      fake.update { $0.refreshTokens = [] }
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { code($0) == .accessDenied && "\($0)".contains("log in anew") }
    }
  }

  @Test func theMetadataServerGivesATokenToWhoAsksRight() async throws {
    func machine(_ fake: FakeGCS) throws -> GoogleCredentials {
      try .resolve(
        json: nil, origin: "", endpoint: nil,
        environment: ["GCE_METADATA_HOST": "127.0.0.1:\(fake.port)"])
    }
    try await withTokens(credentials: machine) { store, fake in
      fake.update { $0.machineAccount = writer }
      try await check(store)
      #expect(count("/computeMetadata", fake) == 1)
    }
    try await withTokens(credentials: machine) { store, _ in
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { code($0) == .credentialsNotFound && "\($0)".contains("Workload Identity") }
    }
  }

  /// Another server at that address is not asked for anything more, and gets nothing.
  @Test func aServerThatIsNotTheMetadataServerIsFoundOut() async throws {
    try await withProxy(nil, decide: { _ in .answer(200, body: #"{"access_token":"x","expires_in":60}"#) }) { proxy in
      try await withTokens(credentials: { _ in .metadataServer(host: "127.0.0.1:\(proxy.port)") }) { store, _ in
        await #expect {
          try await store.put("a", body: ByteBuffer())
        } throws: { code($0) == .configuration && "\($0)".contains("Metadata-Flavor") }
      }
    }
  }

  @Test func noCredentialsAtAllIsOneClearError() async throws {
    let port = try freePorts(1)[0]
    try await withTokens(credentials: { _ in .metadataServer(host: "127.0.0.1:\(port)") }) { store, _ in
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { error in
        code(error) == .credentialsNotFound
          && ["credentialsSecretRef", "GOOGLE_APPLICATION_CREDENTIALS", "Workload Identity"].allSatisfy {
            "\(error)".contains($0)
          }
      }
    }
  }

  private func external(
    _ fake: FakeGCS, source: String, audience: String? = nil, impersonate: String? = nil
  ) throws -> GoogleCredentials {
    let pool = audience ?? fake.update { $0.audience }
    let impersonation = impersonate.map {
      #","service_account_impersonation_url":"\#(fake.endpoint)/v1/projects/-/serviceAccounts/\#($0):generateAccessToken""#
    }
    let json =
      #"{"type":"external_account","audience":"\#(pool)","subject_token_type":"urn:ietf:params:oauth:token-type:jwt","#
      + #""token_url":"\#(fake.endpoint)/v1/token","credential_source":\#(source)\#(impersonation ?? "")}"#
    return try GoogleCredentials(json: Array(json.utf8), origin: "the Secret")
  }

  /// The file is read anew for each token: Kubernetes replaces a projected token in place.
  @Test func aProjectedTokenIsExchangedEachTime() async throws {
    let folder = try ServerProcess.makeFolder("federation")
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("token")
    try Data("first\n".utf8).write(to: file)
    try await withTokens {
      $0.update { $0.subjects = ["first": "system:serviceaccount:ns:name"] }
      return try external($0, source: #"{"file":"\#(file.path)"}"#)
    } _: { store, fake in
      try await check(store)
      try Data("second".utf8).write(to: file)
      fake.update {
        $0.subjects = ["second": "system:serviceaccount:ns:name"]
        $0.revokeTokens()
      }
      _ = try await store.head("a")
      #expect(count("/v1/token", fake) == 2)
      fake.update {
        $0.subjects = [:]
        $0.revokeTokens()
      }
      await #expect {
        try await store.head("a")
      } throws: { code($0) == .accessDenied && "\($0)".contains("renewed") }
    }
  }

  @Test func tokensComeFromJSONAndFromURLsToo() async throws {
    let folder = try ServerProcess.makeFolder("federation")
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("token.json")
    try Data(#"{"id":{"x":1},"value":"subject"}"#.utf8).write(to: file)
    let format = #""format":{"type":"json","subject_token_field_name":"value"}"#
    for source in [
      #"{"file":"\#(file.path)",\#(format)}"#,
      #"{"url":"ENDPOINT/subject-token","headers":{"x-wanted":"yes"},\#(format)}"#,
    ] {
      try await withTokens { fake in
        fake.update { $0.subjects = ["subject": "s"] }
        return try external(fake, source: source.replacingOccurrences(of: "ENDPOINT", with: fake.endpoint))
      } _: { store, _ in
        try await check(store)
      }
    }
  }

  @Test func federationMayEndAtAServiceAccount() async throws {
    let folder = try ServerProcess.makeFolder("federation")
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("token")
    try Data("subject".utf8).write(to: file)
    for isAllowed in [true, false] {
      try await withTokens { fake in
        fake.update {
          $0.subjects = ["subject": "s"]
          $0.impersonators = isAllowed ? [writer: ["principal://s"]] : [:]
          $0.permissions = ["principal://s": []]
        }
        return try external(fake, source: #"{"file":"\#(file.path)"}"#, impersonate: writer)
      } _: { store, _ in
        if isAllowed { return try await check(store) }
        await #expect {
          try await store.put("a", body: ByteBuffer())
        } throws: { code($0) == .accessDenied && "\($0)".contains("workloadIdentityUser") && "\($0)".contains(writer) }
      }
    }
  }

  @Test func anImpersonatedAccountStartsFromAnother() async throws {
    let other = "other@project.iam.gserviceaccount.com"
    try await withTokens { fake in
      let key = try fake.update {
        $0.impersonators = [writer: [other]]
        $0.permissions = [other: []]
        return try $0.makeServiceAccountKey(other)
      }
      let json =
        #"{"type":"impersonated_service_account","source_credentials":\#(String(decoding: key, as: UTF8.self)),"#
        + #""service_account_impersonation_url":"\#(fake.endpoint)/v1/projects/-/serviceAccounts/\#(writer)"#
        + #":generateAccessToken"}"#
      return try GoogleCredentials(json: Array(json.utf8), origin: "the Secret")
    } _: { store, _ in
      try await check(store)
    }
  }

  @Test func aPoolThatIsNotThereIsNamed() async throws {
    let folder = try ServerProcess.makeFolder("federation")
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("token")
    try Data("subject".utf8).write(to: file)
    try await withTokens {
      try external($0, source: #"{"file":"\#(file.path)"}"#, audience: "//iam.googleapis.com/other")
    } _: { store, _ in
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { code($0) == .accessDenied && "\($0)".contains("//iam.googleapis.com/other") }
    }
  }

  /// A token service that is down for a moment is worth another try.
  @Test func aTokenServiceThatFailsIsRetried() async throws {
    let rules = FaultRules()
    rules.add(.internalError, times: 1)
    rules.add(.tooManyRequests(retryAfter: 0), times: 1)
    rules.add(.answer(200, body: "<html>"), times: 1)
    rules.add(.resetRequest(after: 0), times: 1)
    rules.add(.answer(200, body: #"{"access_token":"t","expires_in":3600}"#))
    try await withProxy(nil, decide: rules.fault) { proxy in
      try await withFake {
        let json =
          #"{"type":"authorized_user","client_id":"i","client_secret":"s","refresh_token":"r","#
          + #""token_uri":"\#(proxy.endpoint)/token"}"#
        if let credentials = try? GoogleCredentials(json: Array(json.utf8), origin: "x") {
          $0.credentials = credentials
        }
      } _: { store, _, _ in
        try await RetryingStore(store, policy: RetryPolicy(baseDelay: .milliseconds(1))).put("a", body: ByteBuffer())
        #expect(proxy.log.count == 5)
      }
    }
  }

  // MARK: Permissions

  /// `storage.objects.create` alone is enough to write, small and large.
  @Test func whoMayOnlyCreateCanUpload() async throws {
    try await withTokens {
      $0.update { $0.permissions = [writer: ["storage.objects.create"]] }
      return try key($0)
    } _: { store, fake in
      try await store.put("small", body: ByteBuffer(string: "x"))
      try await store.put("medium", body: patternedBytes(9 << 20))
      let (_, summary) = try await withUpload(
        to: "large", in: RetryingStore(store), options: UploadOptions(partSize: 2 << 20)
      ) { uploader in
        for number in 1...3 { try await uploader.write(patternedBytes(2 << 20, seed: UInt64(number))) }
      }
      #expect(summary.partCount == 3)
      #expect(fake.update { $0.buckets["bucket"]?.objects.count } == 3)
      for operation: () async throws -> Void in [
        { _ = try await store.head("small") }, { _ = try await store.getBytes("small", upTo: 1) },
      ] {
        await #expect { try await operation() } throws: {
          code($0) == .accessDenied && "\($0)".contains("storage.objects.get on bucket bucket")
        }
      }
      await #expect { try await store.list(prefix: "", startingAfter: nil) } throws: {
        code($0) == .accessDenied && "\($0)".contains("storage.objects.list")
      }
      await #expect { try await store.delete("small") } throws: {
        code($0) == .accessDenied && "\($0)".contains("storage.objects.delete")
      }
    }
  }

  @Test func whoMayNotCreateIsTold() async throws {
    try await withTokens {
      $0.update { $0.permissions = [writer: ["storage.objects.get"]] }
      return try key($0)
    } _: { store, _ in
      for operation: () async throws -> Void in [
        { try await store.put("a", body: ByteBuffer()) }, { _ = try await store.startUpload("a") },
      ] {
        await #expect { try await operation() } throws: { error in
          code(error) == .accessDenied && "\(error)".contains("storage.objects.create")
            && "\(error)".contains("roles/storage.objectCreator") && (error as? ObjectStoreError)?.isRetryable == false
        }
      }
    }
  }

  @Test func nobodyIsToldToBringCredentials() async throws {
    try await withTokens(credentials: { _ in .anonymous }) { store, _ in
      await #expect {
        try await store.put("a", body: ByteBuffer())
      } throws: { code($0) == .credentialsNotFound && "\($0)".contains("credentialsSecretRef") }
    }
  }
}
