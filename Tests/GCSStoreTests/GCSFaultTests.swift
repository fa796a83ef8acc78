import FakeGCS
import Foundation
import GCSStore
import NIOCore
import NIOHTTP1
import ObjectStore
import ObjectStoreTestKit
import StoreHTTP
import Synchronization
import TestServers
import Testing

/// Our fake behind a proxy that misbehaves.
@Suite(.serialized) struct GCSFaultTests {
  private let partSize = 2 << 20
  private let policy = RetryPolicy(
    baseDelay: .milliseconds(5), maximumDelay: .milliseconds(50), deadline: .seconds(60), maximumAttempts: 6)

  private func withFaults<Value: Sendable>(
    _ decide: @escaping @Sendable (ProxiedRequest) -> Fault?, policy: RetryPolicy? = nil,
    idleTimeout: Duration = .seconds(15), _ body: (RetryingStore, GCSStore, FaultProxy) async throws -> Value
  ) async throws -> Value {
    try await withFake { direct, fake, configuration in
      try await withProxy(fake.endpoint, decide: decide) { proxy in
        var configuration = configuration
        configuration.endpoint = proxy.endpoint
        configuration.http.idleTimeout = idleTimeout
        return try await GCSStore.withStore(configuration) { store in
          try await body(RetryingStore(store, policy: policy ?? self.policy), direct, proxy)
        }
      }
    }
  }

  private static func range(_ request: ProxiedRequest) -> String {
    request.headers.first(name: "content-range") ?? ""
  }

  static let passing: [Fault] = [
    .internalError, .slowDown, .tooManyRequests(retryAfter: 0), .answer(502), .answer(504), .hang, .hangAfter,
    .resetRequest(after: 0), .loseAnswer, .replaceAnswer(500), .delay(.milliseconds(20)), lie,
    .replaceAnswer(200, body: ""), .replaceAnswer(200, body: "{}"),
  ]
  static let lie = Fault.answer(200, body: "not what Google says")

  /// Short where the server falls silent; long enough for a busy machine elsewhere.
  private func idleTimeout(for fault: Fault) -> Duration {
    switch fault {
    case .hang, .hangAfter, .stallAnswer: .seconds(2)
    default: .seconds(15)
    }
  }

  /// Each fault once for each kind of request, then all is well: the object is whole.
  @Test(arguments: passing) func aFaultThatPassesIsSurvived(fault: Fault) async throws {
    let rules = FaultRules()
    let body = patternedBytes(2 * partSize + 1234)
    rules.add(fault, times: 1) { $0.query.contains("uploadType=resumable") && $0.method == .POST }
    for start in ["bytes 0-", "bytes 2097152-", "bytes 4194304-", "bytes */"] {
      rules.add(fault, times: 1) { Self.range($0).hasPrefix(start) }
    }
    rules.add(fault, times: 1) { $0.query.contains("uploadType=multipart") }
    rules.add(fault, times: 1) { $0.query.contains("prefix=") }
    // Nobody can tell that a server lies which says 200 to a deletion.
    if case .answer(200, _, _) = fault {} else { rules.add(fault, times: 1) { $0.method == .DELETE } }
    try await withFaults(rules.fault, idleTimeout: idleTimeout(for: fault)) { store, direct, _ in
      let (_, summary) = try await withUpload(
        to: "data", in: store, options: UploadOptions(partSize: partSize, concurrency: 2)
      ) { try await $0.write(body) }
      #expect(summary.partCount == 3)
      try await store.put("manifest", body: patternedBytes(99), condition: .ifAbsent)
      #expect(try await direct.getBytes("data", upTo: 20 << 20) == body)
      #expect(try await direct.getBytes("manifest", upTo: 100) == patternedBytes(99))
      #expect(try await store.listAll(prefix: "").map(\.key) == ["data", "manifest"])
      try await store.delete("data")
      #expect(try await direct.head("data") == nil)
    }
  }

  /// Bytes that change on the way to a session are found at its end, when the parts before are gone: a failure, and no
  /// object.
  @Test func aFlippedByteIsNeverAnObject() async throws {
    let rules = FaultRules()
    rules.add(.flipRequestByte(at: 1000), times: 1) { Self.range($0).hasPrefix("bytes 2097152-") }
    rules.add(.flipRequestByte(at: 1000), times: 1) { $0.query.contains("uploadType=multipart") }
    try await withFaults(rules.fault) { store, direct, _ in
      await #expect {
        _ = try await withUpload(to: "data", in: store, options: UploadOptions(partSize: partSize, concurrency: 2)) {
          try await $0.write(patternedBytes(3 * partSize))
        }
      } throws: { code($0) == .integrity }
      #expect(try await direct.head("data") == nil)
      // A small one is sent again.
      try await store.put("small", body: patternedBytes(200_000))
      #expect(try await direct.getBytes("small", upTo: 1 << 20) == patternedBytes(200_000))
    }
  }

  @Test(arguments: [
    (Fault.internalError, ObjectStoreError.Code.serverError), (.slowDown, .throttled),
    (.resetRequest(after: 0), .unreachable), (.hang, .timeout),
  ])
  func aFaultThatStaysIsAClearFailureAndLeavesNothing(fault: Fault, expected: ObjectStoreError.Code) async throws {
    let rules = FaultRules()
    rules.add(fault) { Self.range($0).hasPrefix("bytes 2097152-") }
    let short = RetryPolicy(
      baseDelay: .milliseconds(5), maximumDelay: .milliseconds(50), deadline: .seconds(60), maximumAttempts: 3)
    try await withFaults(rules.fault, policy: short, idleTimeout: idleTimeout(for: fault)) { store, direct, proxy in
      await #expect {
        _ = try await withUpload(to: "data", in: store, options: UploadOptions(partSize: partSize, concurrency: 2)) {
          try await $0.write(patternedBytes(5 * partSize))
        }
      } throws: { error in
        code(error) == expected && "\(error)".contains("given up after 3 attempts")
      }
      let left = try await direct.head("data")
      #expect(left == nil)
      // The session was told that nothing more comes.
      #expect(proxy.log.contains { $0.request.method == .DELETE && $0.status == 499 })
    }
  }

  @Test(arguments: [(Fault.accessDenied, ObjectStoreError.Code.accessDenied), (.answer(404), .notFound)])
  func refusalsAreNotRetried(fault: Fault, expected: ObjectStoreError.Code) async throws {
    let rules = FaultRules()
    rules.add(fault)
    try await withFaults(rules.fault) { store, _, proxy in
      try await FaultChecks(store, behind: proxy).refusalsAreNotRetried(expected)
    }
  }

  @Test(arguments: [
    Fault.cutAnswer(after: 70_000), .endAnswerEarly(after: 70_000), .stallAnswer(after: 70_000), .internalError,
    .loseAnswer,
  ])
  func aDownloadThatBreaksGoesOn(fault: Fault) async throws {
    let rules = FaultRules()
    try await withFaults(rules.fault, idleTimeout: idleTimeout(for: fault)) { store, direct, proxy in
      try await FaultChecks(store, behind: proxy).aDownloadGoesOn(after: fault, by: rules, past: direct) {
        $0.query.contains("alt=media")
      }
    }
  }

  @Test func cancellationEndsTheSession() async throws {
    let rules = FaultRules()
    rules.add(.hang) { Self.range($0).hasPrefix("bytes 2097152-") }
    try await withFaults(rules.fault) { store, direct, proxy in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { [partSize] in
          _ = try await withUpload(to: "a", in: store, options: UploadOptions(partSize: partSize)) { uploader in
            while true { try await uploader.write(patternedBytes(1 << 20)) }
          }
        }
        try await eventually("the second part is on its way") {
          proxy.log.contains { Self.range($0.request).hasPrefix("bytes 2097152-") }
        }
        group.cancelAll()
        await #expect(throws: CancellationError.self) { try await group.next() }
      }
      #expect(proxy.log.contains { $0.request.method == .DELETE && $0.status == 499 })
      #expect(try await direct.head("a") == nil)
    }
  }

  /// 200 faults with a fixed seed on the wire: nothing lost, no false success.
  @Test func twoHundredFaultsLoseNothing() async throws {
    let faults = SeededFaults(
      seed: 20_261_121, count: 200, probability: 0.35,
      faults: [
        .internalError, .slowDown, .tooManyRequests(retryAfter: 0), .answer(502), .resetRequest(after: 0),
        .resetRequest(after: 50_000), .loseAnswer, .replaceAnswer(500), .delay(.milliseconds(5)),
        .flipRequestByte(at: 400), .cutAnswer(after: 100), .replaceAnswer(200, body: "{}"), .answer(200, body: "lie"),
      ])
    let decide: @Sendable (ProxiedRequest) -> Fault? = { request in
      let fault = faults.fault(for: request)
      // An answer to a read is the object itself, and nobody could tell it from "lie" with that length; the same holds
      // for an empty list.
      switch fault {
      case .replaceAnswer(200, _, _), .answer(200, _, _):
        return request.method == .GET || request.method == .DELETE ? .internalError : fault
      default: return fault
      }
    }
    let patient = RetryPolicy(
      baseDelay: .milliseconds(2), maximumDelay: .milliseconds(20), deadline: .seconds(60), maximumAttempts: 50,
      budget: 1000)
    try await withFaults(decide, policy: patient) { store, direct, _ in
      var round = 0
      var failures = 0
      var last: ByteBuffer?
      while faults.remaining > 0, round < 300 {
        round += 1
        let body = patternedBytes(2 * partSize + 100_000, seed: UInt64(round))
        do {
          _ = try await withUpload(to: "data", in: store, options: UploadOptions(partSize: partSize, concurrency: 2)) {
            try await $0.write(body)
          }
          last = body
        } catch let error as ObjectStoreError where error.code == .integrity {
          // A byte of a session changed on the way, which shows at its end: the run fails, as it must.
          failures += 1
        }
        // What is there is what an upload that succeeded wrote.
        if let last {
          #expect(try await direct.getBytes("data", upTo: 10 << 20) == last)
          #expect(try await store.getBytes("data", upTo: 10 << 20) == last)
        } else {
          #expect(try await direct.head("data") == nil)
        }
        let manifest = patternedBytes(500, seed: UInt64(round))
        try await store.put("manifest-\(round)", body: manifest, condition: .ifAbsent)
        #expect(try await direct.getBytes("manifest-\(round)", upTo: 1000) == manifest)
        #expect(try await store.listAll(prefix: "manifest-").count == round)
      }
      #expect(faults.remaining == 0)
      #expect(failures < round / 2, "\(failures) of \(round) uploads failed")
    }
  }
}
