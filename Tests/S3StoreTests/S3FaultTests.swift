import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP
import ObjectStoreTestKit
import S3Store
import Synchronization
import TestServers
import Testing

/// Retries fast, and gives up within seconds.
private let fastPolicy = RetryPolicy(
  baseDelay: .milliseconds(5), maximumDelay: .milliseconds(50), deadline: .seconds(60), maximumAttempts: 6)

/// - Parameter idleTimeout: Short where the server falls silent; long enough for a busy machine elsewhere.
private func withFaults<Value: Sendable>(
  _ rules: FaultRules, policy: RetryPolicy = fastPolicy, idleTimeout: Duration = .seconds(15),
  _ body: (RetryingStore, S3Store, FaultProxy) async throws -> Value
) async throws -> Value {
  try await withSeaweed { direct, configuration, server in
    try await withProxy(server.endpoint, decide: rules.fault) { proxy in
      var configuration = configuration
      configuration.endpoint = proxy.endpoint
      configuration.http.idleTimeout = idleTimeout
      return try await S3Store.withStore(configuration) { store in
        try await body(RetryingStore(store, policy: policy), direct, proxy)
      }
    }
  }
}

/// A real server behind a proxy that misbehaves.
@Suite(.serialized) struct S3FaultTests {

  static let passing: [Fault] = [
    .internalError, .slowDown, .tooManyRequests(retryAfter: 0), .answer(502), .answer(504), .resetRequest(after: 0),
    .loseAnswer, .replaceAnswer(500), .delay(.milliseconds(20)),
    lie, .replaceAnswer(200, body: ""),
  ]
  /// SeaweedFS gives the checksum back over plain HTTP, so the ETag is not asked.
  static let wrongChecksum = Fault.setHeader("x-amz-checksum-sha256", "AAAA")
  static let lie = Fault.answer(200, body: "not what S3 says")

  /// Each fault once for each kind of request, then all is well: the object is whole.
  @Test(arguments: passing) func aFaultThatPassesIsSurvived(fault: Fault) async throws {
    let rules = FaultRules()
    let uploads = patternedBytes((5 << 20) + 100_000)
    for part in ["uploads=", "partNumber=2", "partNumber=1&"] {
      rules.add(fault, times: 1) { $0.query.contains(part) }
    }
    rules.add(fault, times: 1) { $0.method == .POST && $0.query.hasPrefix("uploadId=") }
    rules.add(fault, times: 1) { $0.path.hasSuffix("/manifest") && $0.method == .PUT }
    rules.add(fault, times: 1) { $0.query.contains("list-type") }
    // Nobody can tell that a server lies which says 200 to a deletion.
    if fault != Self.lie { rules.add(fault, times: 1) { $0.method == .DELETE } }
    try await withFaults(rules) { store, direct, _ in
      let (_, summary) = try await withUpload(
        to: "data", in: store, options: UploadOptions(partSize: 5 << 20, concurrency: 2)
      ) { try await $0.write(uploads) }
      #expect(summary.partCount == 2)
      try await store.put("manifest", body: patternedBytes(99), condition: .ifAbsent)
      #expect(try await direct.getBytes("data", upTo: 20 << 20) == uploads)
      #expect(try await direct.getBytes("manifest", upTo: 100) == patternedBytes(99))
      #expect(try await store.listAll(prefix: "").map(\.key) == ["data", "manifest"])
      try await store.delete("data")
      #expect(try await direct.head("data") == nil)
    }
  }

  @Test(arguments: [
    wrongChecksum, .flipRequestByte(at: 1000), .resetRequest(after: 100_000), .setHeader("etag", ""),
  ])
  func aPartThatIsNotWhatWasSentIsSentAgain(fault: Fault) async throws {
    let rules = FaultRules()
    rules.add(fault, times: 2) { $0.query.contains("partNumber") }
    rules.add(fault, times: 1) { $0.path.hasSuffix("/small") && $0.method == .PUT }
    let body = patternedBytes(6 << 20)
    try await withFaults(rules) { store, direct, proxy in
      _ = try await withUpload(to: "data", in: store, options: UploadOptions(partSize: 5 << 20, concurrency: 2)) {
        try await $0.write(body)
      }
      try await store.put("small", body: patternedBytes(200_000))
      #expect(try await direct.getBytes("data", upTo: 20 << 20) == body)
      #expect(try await direct.getBytes("small", upTo: 1 << 20) == patternedBytes(200_000))
      #expect(proxy.log.filter { $0.request.query.contains("partNumber") }.count == 4)
    }
  }

  @Test(arguments: [
    (Fault.internalError, ObjectStoreError.Code.serverError), (.slowDown, .throttled),
    (.resetRequest(after: 0), .unreachable), (wrongChecksum, .integrity),
  ])
  func aFaultThatStaysIsAClearFailureAndLeavesNothing(fault: Fault, expected: ObjectStoreError.Code) async throws {
    let rules = FaultRules()
    rules.add(fault) { $0.query.contains("partNumber=2") }
    let short = RetryPolicy(
      baseDelay: .milliseconds(5), maximumDelay: .milliseconds(50), deadline: .seconds(60), maximumAttempts: 3)
    try await withFaults(rules, policy: short) { store, direct, proxy in
      await #expect {
        _ = try await withUpload(to: "data", in: store, options: UploadOptions(partSize: 5 << 20, concurrency: 2)) {
          try await $0.write(patternedBytes(11 << 20))
        }
      } throws: { error in
        code(error) == expected && "\(error)".contains("part 2 of")
          && "\(error)".contains("given up after 3 attempts")
      }
      let left = try await direct.listUploads(prefix: "")
      #expect(left.isEmpty)
      #expect(try await direct.head("data") == nil)
      #expect(proxy.log.filter { $0.request.query.contains("partNumber=2") }.count == 3)
    }
  }

  @Test(arguments: [(Fault.accessDenied, ObjectStoreError.Code.accessDenied), (.answer(404), .notFound)])
  func refusalsAreNotRetried(fault: Fault, expected: ObjectStoreError.Code) async throws {
    let rules = FaultRules()
    rules.add(fault)
    try await withFaults(rules) { store, _, proxy in
      try await FaultChecks(store, behind: proxy).refusalsAreNotRetried(expected)
    }
  }

  @Test(arguments: [
    Fault.cutAnswer(after: 70_000), .endAnswerEarly(after: 70_000), .internalError, .loseAnswer,
  ])
  func aDownloadThatBreaksGoesOn(fault: Fault) async throws {
    let rules = FaultRules()
    try await withFaults(rules) { store, direct, proxy in
      try await FaultChecks(store, behind: proxy).aDownloadGoesOn(after: fault, by: rules, past: direct) {
        $0.method == .GET
      }
    }
  }

  /// The rest would be of an object that is not the one that was begun.
  @Test func aDownloadDoesNotGoOnInAnotherObject() async throws {
    let rules = FaultRules()
    try await withFaults(rules) { store, direct, _ in
      try await direct.put("a", body: patternedBytes(300_000))
      rules.add(.cutAnswer(after: 70_000), times: 1) { $0.method == .GET }
      var replaced = false
      await #expect {
        try await store.get("a", range: nil) { _ in
          if !replaced { try await direct.put("a", body: patternedBytes(300_000, seed: 2)) }
          replaced = true
        }
      } throws: { code($0) == .integrity && "\($0)".contains("replaced") }
    }
  }

  @Test func aDownloadThatEndsEarlyIsNeverAShortObject() async throws {
    let rules = FaultRules()
    try await withFaults(rules, policy: RetryPolicy(maximumAttempts: 1)) { store, direct, _ in
      try await direct.put("a", body: patternedBytes(300_000))
      for fault in [Fault.cutAnswer(after: 299_999), .endAnswerEarly(after: 299_999)] {
        rules.removeAll()
        rules.add(fault)
        await #expect(throws: ObjectStoreError.self) { try await store.getBytes("a", upTo: 1 << 20) }
      }
    }
  }

  /// Complete answers 200 before it knows; the failure is in the body.
  @Test func aCompletionThatFailsInItsBodyIsAFailure() async throws {
    let rules = FaultRules()
    let failed = Fault.answer(200, body: "<Error><Code>InternalError</Code><Message>x</Message></Error>")
    rules.add(failed) { $0.method == .POST && $0.query.hasPrefix("uploadId=") }
    try await withFaults(rules) { store, direct, _ in
      await #expect {
        _ = try await withUpload(to: "a", in: store, options: UploadOptions(partSize: 5 << 20)) {
          try await $0.write(patternedBytes(6 << 20))
        }
      } throws: { code($0) == .serverError }
      let left = try await direct.listUploads(prefix: "")
      #expect(left.isEmpty)
      #expect(try await direct.head("a") == nil)
    }
  }

  @Test func cancellationAbortsOnTheServer() async throws {
    let rules = FaultRules()
    rules.add(.hang) { $0.query.contains("partNumber=2") }
    try await withFaults(rules) { store, direct, proxy in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          _ = try await withUpload(to: "a", in: store, options: UploadOptions(partSize: 5 << 20)) { uploader in
            while true { try await uploader.write(patternedBytes(1 << 20)) }
          }
        }
        try await eventually("two parts are on their way") {
          proxy.log.contains { $0.request.query.contains("partNumber=2") }
        }
        group.cancelAll()
        await #expect(throws: CancellationError.self) { try await group.next() }
      }
      #expect(try await direct.listUploads(prefix: "").isEmpty)
      #expect(try await direct.head("a") == nil)
    }
  }

  // MARK: Conditional writes

  @Test func aServerThatIgnoresIfNoneMatchIsFoundOut() async throws {
    try await withProxy(nil, decide: { $0.method == .HEAD ? .answer(404) : .answer(200, headers: ["etag": "\"x\""]) }) {
      proxy in
      let configuration = S3Configuration(
        bucket: "bucket", endpoint: proxy.endpoint,
        credentials: StaticCredentials(accessKeyID: "a", secretAccessKey: "b"))
      try await S3Store.withStore(configuration) { store in
        await #expect {
          try await store.put("a", body: ByteBuffer(), condition: .ifAbsent)
        } throws: { code($0) == .unsupported && "\($0)".contains("ignores") }
      }
    }
  }

  @Test func aServerThatRefusesIfNoneMatchIsUnsupported() async throws {
    let refusal = "<Error><Code>NotImplemented</Code><Header>If-None-Match</Header></Error>"
    try await withProxy(nil, decide: { $0.method == .HEAD ? .answer(404) : .answer(501, body: refusal) }) { proxy in
      let configuration = S3Configuration(
        bucket: "bucket", endpoint: proxy.endpoint,
        credentials: StaticCredentials(accessKeyID: "a", secretAccessKey: "b"))
      try await S3Store.withStore(configuration) { store in
        await #expect {
          try await store.put("a", body: ByteBuffer(), condition: .ifAbsent)
        } throws: { code($0) == .unsupported && "\($0)".contains("If-None-Match") }
      }
    }
  }
}

/// A server that says nothing more. Each test waits for its idle timeout, so they do so beside each other.
@Suite struct S3SilenceTests {
  private let patience = Duration.seconds(2)

  enum Step: CaseIterable {
    case start, part, complete, put, list, delete

    func matches(_ request: ProxiedRequest) -> Bool {
      switch self {
      case .start: request.query == "uploads="
      case .part: request.query.contains("partNumber=1&")
      case .complete: request.method == .POST && request.query.hasPrefix("uploadId=")
      case .put: request.method == .PUT && request.path.hasSuffix("/manifest")
      case .list: request.query.contains("list-type")
      case .delete: request.method == .DELETE
      }
    }
  }

  @Test(arguments: [Fault.hang, .hangAfter], Step.allCases) func oneThatPassesIsSurvived(
    fault: Fault, step: Step
  ) async throws {
    let rules = FaultRules()
    rules.add(fault, times: 1) { step.matches($0) }
    try await withFaults(rules, idleTimeout: patience) { store, direct, proxy in
      let upload = try await store.startUpload("data")
      try await upload.uploadPart(1, body: patternedBytes(100_000))
      try await upload.complete()
      try await store.put("manifest", body: patternedBytes(99), condition: .ifAbsent)
      #expect(try await store.listAll(prefix: "").map(\.key) == ["data", "manifest"])
      #expect(try await direct.getBytes("data", upTo: 1 << 20) == patternedBytes(100_000))
      #expect(try await direct.getBytes("manifest", upTo: 100) == patternedBytes(99))
      try await store.delete("data")
      #expect(try await direct.head("data") == nil)
      #expect(proxy.log.contains { $0.fault == fault })
    }
  }

  @Test func oneThatStaysIsATimeoutAndLeavesNothing() async throws {
    let rules = FaultRules()
    rules.add(.hang) { $0.query.contains("partNumber=2") }
    var policy = fastPolicy
    policy.maximumAttempts = 3
    try await withFaults(rules, policy: policy, idleTimeout: patience) { store, direct, _ async throws in
      await #expect {
        _ = try await withUpload(to: "data", in: store, options: UploadOptions(partSize: 5 << 20, concurrency: 2)) {
          try await $0.write(patternedBytes((5 << 20) + 1000))
        }
      } throws: { code($0) == .timeout && "\($0)".contains("given up after 3 attempts") }
      #expect(try await direct.listUploads(prefix: "").isEmpty)
      #expect(try await direct.head("data") == nil)
    }
  }

  @Test func aDownloadThatStallsGoesOn() async throws {
    let rules = FaultRules()
    let body = patternedBytes(300_000)
    try await withFaults(rules, idleTimeout: patience) { store, direct, _ in
      try await direct.put("a", body: body)
      rules.add(.stallAnswer(after: 70_000), times: 2) { $0.method == .GET }
      #expect(try await store.getBytes("a", upTo: 1 << 20) == body)
    }
  }
}

@Suite struct S3SeededFaultTests {
  /// 200 faults with a fixed seed on the wire: nothing lost, no false success, nothing left.
  @Test func twoHundredFaultsLoseNothing() async throws {
    let lie = Fault.replaceAnswer(200, body: "<Error><Code>InternalError</Code></Error>")
    let faults = SeededFaults(
      seed: 20_261_121, count: 200, probability: 0.35,
      faults: [
        .internalError, .slowDown, .tooManyRequests(retryAfter: 0), .answer(502), .resetRequest(after: 0),
        .resetRequest(after: 50_000), .loseAnswer, .replaceAnswer(500), .delay(.milliseconds(5)),
        S3FaultTests.wrongChecksum,
        .flipRequestByte(at: 10), .cutAnswer(after: 100), lie,
      ])
    try await withSeaweed { direct, configuration, server in
      let decide: @Sendable (ProxiedRequest) -> Fault? = { request in
        let fault = faults.fault(for: request)
        // S3 says 200 to what fails only when it completes an upload; elsewhere nobody could tell.
        return fault == lie && request.method != .POST ? .internalError : fault
      }
      try await withProxy(server.endpoint, decide: decide) { proxy in
        var configuration = configuration
        configuration.endpoint = proxy.endpoint
        try await S3Store.withStore(configuration) { flaky in
          let store = RetryingStore(
            flaky,
            policy: RetryPolicy(
              baseDelay: .milliseconds(2), maximumDelay: .milliseconds(20), deadline: .seconds(60), maximumAttempts: 50,
              budget: 1000))
          var round = 0
          while faults.remaining > 0, round < 200 {
            round += 1
            let body = patternedBytes((5 << 20) + 100_000, seed: UInt64(round))
            _ = try await withUpload(to: "data", in: store, options: UploadOptions(partSize: 5 << 20, concurrency: 2)) {
              try await $0.write(body)
            }
            #expect(try await direct.getBytes("data", upTo: 10 << 20) == body)
            let manifest = patternedBytes(500, seed: UInt64(round))
            try await store.put("manifest-\(round)", body: manifest, condition: .ifAbsent)
            #expect(try await direct.getBytes("manifest-\(round)", upTo: 1000) == manifest)
            #expect(try await store.getBytes("data", upTo: 10 << 20) == body)
            #expect(try await store.listAll(prefix: "manifest-").count == round)
          }
          #expect(faults.remaining == 0)
        }
      }
      // What a lost answer to the start of an upload left is found; the next run removes it.
      for upload in try await direct.listUploads(prefix: "") { try await direct.abortUpload(upload) }
      #expect(try await direct.listUploads(prefix: "").isEmpty)
    }
  }
}
