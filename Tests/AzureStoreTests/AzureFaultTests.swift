import AzureStore
import FakeAzure
import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import ObjectStoreTestKit
import StoreHTTP
import Synchronization
import TestServers
import Testing

/// The fake behind a proxy that misbehaves.
@Suite(.serialized) struct AzureFaultTests {
  /// Retries fast, and gives up within seconds.
  private let policy = RetryPolicy(
    baseDelay: .milliseconds(5), maximumDelay: .milliseconds(50), deadline: .seconds(60), maximumAttempts: 6)
  private static let part = 100_000
  private let options = UploadOptions(partSize: part, concurrency: 2)

  private func withFaults<Value: Sendable>(
    _ rules: FaultRules, policy: RetryPolicy? = nil, idleTimeout: Duration = .seconds(15),
    _ body: (RetryingStore, AzureStore, FaultProxy) async throws -> Value
  ) async throws -> Value {
    try await withAzure { direct, configuration, fake in
      try await withProxy(fake.origin, decide: rules.fault) { proxy in
        var configuration = configuration
        configuration.endpoint = "\(proxy.endpoint)/\(fake.account)"
        configuration.http.idleTimeout = idleTimeout
        return try await withStore(configuration) { store in
          try await body(RetryingStore(store, policy: policy ?? self.policy), direct, proxy)
        }
      }
    }
  }

  static func block(_ number: Int) -> @Sendable (ProxiedRequest) -> Bool {
    { request in
      guard let id = request.query.split(separator: "&").first(where: { $0.hasPrefix("blockid=") })?.dropFirst(8),
        let name = Data(base64Encoded: String(id)).map({ String(decoding: $0, as: UTF8.self) })
      else { return false }
      return name.hasSuffix(String(format: "-%06d", number))
    }
  }

  static let lie = Fault.answer(200, body: "not what Azure says")
  static let passing: [Fault] = [
    .internalError, .slowDown, .tooManyRequests(retryAfter: 0), .answer(502), .answer(504), .hang, .hangAfter,
    .resetRequest(after: 0), .loseAnswer, .replaceAnswer(500), .delay(.milliseconds(20)), lie,
    .replaceAnswer(200, body: ""),
    .answer(500, headers: ["x-ms-error-code": "OperationTimedOut"]),
    .answer(503, headers: ["x-ms-error-code": "ServerBusy", "retry-after": "0"]),
  ]

  /// Short where the server falls silent; long enough for a busy machine elsewhere.
  private func idleTimeout(for fault: Fault) -> Duration {
    switch fault {
    case .hang, .hangAfter, .stallAnswer: .seconds(3)
    default: .seconds(15)
    }
  }

  /// Each fault once for each kind of request, then all is well: the object is whole.
  @Test(arguments: passing) func aFaultThatPassesIsSurvived(fault: Fault) async throws {
    let rules = FaultRules()
    let content = patternedBytes(2 * Self.part + 17)
    for number in 0...2 { rules.add(fault, times: 1, where: Self.block(number)) }
    rules.add(fault, times: 1) { $0.query.contains("comp=blocklist") }
    rules.add(fault, times: 1) { $0.path.hasSuffix("/manifest") && $0.method == .PUT }
    rules.add(fault, times: 1) { $0.query.contains("comp=list") }
    rules.add(fault, times: 1) { $0.method == .HEAD }
    rules.add(fault, times: 1) { $0.method == .DELETE }
    try await withFaults(rules, idleTimeout: idleTimeout(for: fault)) { store, direct, proxy in
      let (_, summary) = try await withUpload(to: "data", in: store, options: options) { try await $0.write(content) }
      #expect(summary.partCount == 3)
      try await store.put("manifest", body: patternedBytes(99), condition: .ifAbsent)
      #expect(try await direct.getBytes("data", upTo: 1 << 20) == content)
      #expect(try await direct.getBytes("manifest", upTo: 100) == patternedBytes(99))
      #expect(try await store.listAll(prefix: "").map(\.key) == ["data", "manifest"])
      try await store.delete("data")
      #expect(try await direct.head("data") == nil)
      #expect(proxy.log.filter { $0.fault != nil }.count == 8)
    }
  }

  @Test(arguments: [
    Fault.flipRequestByte(at: 1000), .resetRequest(after: 50_000), .setHeader("x-ms-content-crc64", "AAAAAAAAAAA="),
  ])
  func aPartThatIsNotWhatWasSentIsSentAgain(fault: Fault) async throws {
    let rules = FaultRules()
    for number in 1...2 { rules.add(fault, times: 1, where: Self.block(number)) }
    rules.add(fault, times: 1) { $0.path.hasSuffix("/small") && $0.method == .PUT }
    let body = patternedBytes(2 * Self.part)
    try await withFaults(rules) { store, direct, proxy in
      _ = try await withUpload(to: "data", in: store, options: options) { try await $0.write(body) }
      try await store.put("small", body: patternedBytes(Self.part))
      #expect(try await direct.getBytes("data", upTo: 1 << 20) == body)
      #expect(try await direct.getBytes("small", upTo: 1 << 20) == patternedBytes(Self.part))
      // Two parts, both twice, and the upload's first block.
      #expect(proxy.log.filter { $0.request.query.contains("blockid") }.count == 5)
    }
  }

  @Test(arguments: [
    (Fault.internalError, ObjectStoreError.Code.serverError), (.slowDown, .throttled),
    (.resetRequest(after: 0), .unreachable), (.hang, .timeout),
    (.setHeader("x-ms-content-crc64", "AAAAAAAAAAA="), .integrity),
  ])
  func aFaultThatStaysIsAClearFailureAndLeavesNothing(fault: Fault, expected: ObjectStoreError.Code) async throws {
    let rules = FaultRules()
    rules.add(fault, where: Self.block(2))
    let short = RetryPolicy(
      baseDelay: .milliseconds(5), maximumDelay: .milliseconds(50), deadline: .seconds(60), maximumAttempts: 3)
    try await withFaults(rules, policy: short, idleTimeout: idleTimeout(for: fault)) { store, direct, proxy in
      await #expect {
        _ = try await withUpload(to: "data", in: store, options: options) {
          try await $0.write(patternedBytes(4 * Self.part))
        }
      } throws: { says($0, expected, "part 2 of", "given up after 3 attempts") }
      let left = try await direct.listUploads(prefix: "")
      #expect(left.isEmpty)
      #expect(try await direct.head("data") == nil)
      #expect(proxy.log.filter { Self.block(2)($0.request) }.count == 3)
    }
  }

  @Test func refusalsAreNotRetried() async throws {
    let rules = FaultRules()
    rules.add(.answer(403, headers: ["x-ms-error-code": "AuthorizationFailure"]))
    try await withFaults(rules) { store, _, proxy in
      try await FaultChecks(store, behind: proxy).refusalsAreNotRetried(.accessDenied)
    }
  }

  @Test(arguments: [
    Fault.cutAnswer(after: 70_000), .endAnswerEarly(after: 70_000), .stallAnswer(after: 70_000), .internalError,
    .loseAnswer,
  ])
  func aDownloadThatBreaksGoesOn(fault: Fault) async throws {
    let rules = FaultRules()
    try await withFaults(rules, idleTimeout: idleTimeout(for: fault)) { store, direct, proxy in
      try await FaultChecks(store, behind: proxy).aDownloadGoesOn(after: fault, by: rules, past: direct) {
        $0.method == .GET
      }
    }
  }

  /// The rest of a read comes from the version that it began with, or not at all.
  @Test func anObjectThatIsReplacedWhileItIsReadIsAnError() async throws {
    let rules = FaultRules()
    try await withFaults(rules) { store, direct, _ in
      try await direct.put("a", body: patternedBytes(300_000))
      rules.add(.cutAnswer(after: 70_000), times: 1) { $0.method == .GET }
      let isReplaced = Mutex(false)
      await #expect {
        try await store.get("a", range: nil) { _ in
          if !isReplaced.withLock({ done in
            defer { done = true }
            return done
          }) {
            try await direct.put("a", body: patternedBytes(300_000, seed: 2))
          }
        }
      } throws: { says($0, .integrity, "replaced") }
    }
  }

  @Test func cancellationDropsTheBlocks() async throws {
    let rules = FaultRules()
    rules.add(.hang, where: Self.block(2))
    try await withFaults(rules) { store, direct, proxy in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          _ = try await withUpload(to: "a", in: store, options: options) { uploader in
            while true { try await uploader.write(patternedBytes(Self.part)) }
          }
        }
        try await eventually("two parts are on their way") { proxy.log.contains { Self.block(2)($0.request) } }
        group.cancelAll()
        await #expect(throws: CancellationError.self) { try await group.next() }
      }
      #expect(try await direct.listUploads(prefix: "").isEmpty)
      #expect(try await direct.head("a") == nil)
    }
  }

  /// 200 faults with a fixed seed on the wire: nothing lost, no false success, nothing left.
  @Test func twoHundredFaultsLoseNothing() async throws {
    let faults = SeededFaults(
      seed: 20_261_121, count: 200, probability: 0.35,
      faults: [
        .internalError, .slowDown, .tooManyRequests(retryAfter: 0), .answer(502), .resetRequest(after: 0),
        .resetRequest(after: 50_000), .loseAnswer, .replaceAnswer(500), .delay(.milliseconds(5)),
        .setHeader("x-ms-content-crc64", "AAAAAAAAAAA="), .flipRequestByte(at: 10), .cutAnswer(after: 100), Self.lie,
        .replaceAnswer(200, body: ""), .answer(500, headers: ["x-ms-error-code": "OperationTimedOut"]),
      ])
    try await withAzure { direct, configuration, fake in
      try await withProxy(fake.origin, decide: faults.fault) { proxy in
        var configuration = configuration
        configuration.endpoint = "\(proxy.endpoint)/\(fake.account)"
        try await withStore(configuration) { flaky in
          let store = RetryingStore(
            flaky,
            policy: RetryPolicy(
              baseDelay: .milliseconds(2), maximumDelay: .milliseconds(20), deadline: .seconds(60), maximumAttempts: 50,
              budget: 1000))
          var round = 0
          while faults.remaining > 0, round < 200 {
            round += 1
            let body = patternedBytes(2 * Self.part + 1000, seed: UInt64(round))
            _ = try await withUpload(to: "data", in: store, options: options) { try await $0.write(body) }
            #expect(try await direct.getBytes("data", upTo: 1 << 20) == body)
            let manifest = patternedBytes(500, seed: UInt64(round))
            try await store.put("manifest-\(round)", body: manifest, condition: .ifAbsent)
            #expect(try await direct.getBytes("manifest-\(round)", upTo: 1000) == manifest)
            #expect(try await store.getBytes("data", upTo: 1 << 20) == body)
            #expect(try await store.listAll(prefix: "manifest-").count == round)
            let dropped = try await store.startUpload("dropped-\(round)")
            try await dropped.uploadPart(1, body: manifest)
            try await dropped.abort()
            #expect(try await direct.head("dropped-\(round)") == nil)
          }
          #expect(faults.remaining == 0)
        }
      }
      // What a request left that took effect late is found; the next run removes it.
      for upload in try await direct.listUploads(prefix: "") { try await direct.abortUpload(upload) }
      #expect(try await direct.listUploads(prefix: "").isEmpty)
      #expect(fake.keys("backups").allSatisfy { !$0.hasPrefix("dropped-") })
    }
  }
}
