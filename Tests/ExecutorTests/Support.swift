import Age
import BackupFormat
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import Logging
import NIOCore
import ObjectStore
import SnapshotSource
import Synchronization

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

/// A wall clock that a test turns.
final class TestTime: Sendable {
  private let date: Mutex<Date>
  init(_ text: String = "2026-11-21T03:00:00Z") {
    date = Mutex((try? Date(text, strategy: .iso8601)) ?? .distantPast)
  }
  var now: Date { date.withLock { $0 } }
  func advance(_ seconds: TimeInterval) { date.withLock { $0 += seconds } }
  /// A second later each time, so that no two ids fall into one.
  func tick() -> Date {
    date.withLock { date in
      date += 1
      return date
    }
  }
}

struct FakeProcesses: ProcessTable {
  var current: ProcessIdentity?
  var gone: Set<ProcessIdentity> = []
  func isGone(_ process: ProcessIdentity) -> Bool { gone.contains(process) }

  static func process(_ pid: Int32) -> ProcessIdentity {
    ProcessIdentity(bootID: "boot", pidNamespace: "ns", pid: pid, startTicks: "1")
  }
}

/// Gives bytes that do not compress, and fails where it is told.
struct FakeSource: SnapshotSource {
  struct Broken: Error {}

  var name = "db"
  var kind = "fake"
  var fileExtension = "snap"
  var size = 40_000
  /// Bytes after which it fails; nil for never.
  var failsAfter: Int?
  var error: any Error = SnapshotSourceError(.truncated, operation: "GET snapshot", message: "it ended early")
  /// Key identifiers: who signed what is in here, and which authorities are in here.
  var signers: Set<String> = []
  var authorities: Set<String> = []
  /// Called before each piece with the bytes given so far.
  var onPiece: @Sendable (Int) async throws -> Void = { _ in }

  var content: [UInt8] {
    var generator = SeededGenerator(seed: UInt64(size))
    return (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  func capture(into sink: (ByteBuffer) async throws -> Void) async throws -> SnapshotFacts {
    let bytes = content
    var given = 0
    while given < bytes.count {
      try await onPiece(given)
      if let failsAfter, given >= failsAfter { throw error }
      let end = min(given + 1_000, bytes.count, failsAfter.map { max($0, given + 1) } ?? .max)
      try await sink(ByteBuffer(bytes: bytes[given..<end]))
      given = end
    }
    if failsAfter != nil { throw error }
    var facts = SnapshotFacts(
      ["clusterID": "c1"], warnings: name == "noisy" ? ["a warning"] : [],
      missing: name == "partial" ? ["widgets: Forbidden: no"] : [])
    facts.signers = signers
    facts.authorities = authorities
    return facts
  }
}

/// A store in which calls fail, before or after they took effect.
final class FaultyStore: ObjectStore {
  enum Fault: Sendable { case before, after }

  let base: MemoryStore
  private let calls = Mutex(0)
  private let plan: @Sendable (_ call: Int, _ name: String) -> Fault?

  init(_ base: MemoryStore, _ plan: @escaping @Sendable (_ call: Int, _ name: String) -> Fault?) {
    self.base = base
    self.plan = plan
  }

  var callCount: Int { calls.withLock { $0 } }
  var location: String { base.location }

  fileprivate func call<Value>(_ name: String, _ body: () async throws -> Value) async throws -> Value {
    let number = calls.withLock { calls in
      calls += 1
      return calls
    }
    let fault = plan(number, name)
    let error = ObjectStoreError(.serverError, operation: name, message: "call \(number) failed")
    if case .before? = fault { throw error }
    let value = try await body()
    if case .after? = fault { throw error }
    return value
  }

  func put(_ key: String, body: ByteBuffer, condition: WriteCondition) async throws {
    try await call("put \(key)") { try await base.put(key, body: body, condition: condition) }
  }

  func startUpload(_ key: String) async throws -> any MultipartUpload {
    try await call("start \(key)") { FaultyUpload(base: try await base.startUpload(key), store: self) }
  }

  func get(_ key: String, range: Range<Int64>?, consume: (ByteBuffer) async throws -> Void) async throws -> Int64 {
    try await call("get \(key)") { try await base.get(key, range: range, consume: consume) }
  }

  func head(_ key: String) async throws -> ObjectInfo? { try await call("head \(key)") { try await base.head(key) } }

  func list(prefix: String, startingAfter: String?) async throws -> ObjectPage {
    try await call("list") { try await base.list(prefix: prefix, startingAfter: startingAfter) }
  }

  func delete(_ key: String) async throws { try await call("delete \(key)") { try await base.delete(key) } }

  func listUploads(prefix: String) async throws -> [OpenUpload] {
    try await call("uploads") { try await base.listUploads(prefix: prefix) }
  }

  func abortUpload(_ upload: OpenUpload) async throws {
    try await call("abort") { try await base.abortUpload(upload) }
  }
}

private struct FaultyUpload: MultipartUpload {
  let base: any MultipartUpload
  let store: FaultyStore
  var key: String { base.key }

  func uploadPart(_ number: Int, body: ByteBuffer) async throws {
    try await store.call("part") { try await base.uploadPart(number, body: body) }
  }
  func complete() async throws { try await store.call("complete") { try await base.complete() } }
  func abort() async throws { try await store.call("abort") { try await base.abort() } }
}

/// One policy in one store.
struct World: Sendable {
  let time = TestTime()
  let memory: MemoryStore
  let identity = AgeIdentity.generate()
  var plan: Plan
  var runIdentity = RunIdentity()
  var settings = RunSettings(version: "test")
  var processes = FakeProcesses(current: FakeProcesses.process(1))
  var clock = StoreClock.continuous

  init(maxCount: Int? = nil, partSize: Int64 = 5_000) {
    let time = time
    memory = MemoryStore(now: { time.now })
    var target = Target(provider: .s3, bucket: "b", pathPrefix: "pre")
    target.partSize = .int(partSize)
    var spec = BackupPolicySpec(sources: [], target: target)
    spec.encryption = Encryption(age: Encryption.Age(recipients: [identity.recipient?.description ?? ""]))
    spec.retention = maxCount.map { Retention(maxCount: $0) }
    plan = Plan(policy: Plan.Policy(namespace: "ns", name: "pol"), spec: spec)
  }

  var layout: BucketLayout { BucketLayout(pathPrefix: "pre", namespace: "ns", policy: "pol") }

  func context(_ store: (any ObjectStore)? = nil) -> RunContext {
    let time = time
    return RunContext(
      plan: plan, store: store ?? memory, identity: runIdentity, settings: settings,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: { time.tick() }, clock: clock,
      processes: processes)
  }

  func backup(_ sources: [FakeSource] = [FakeSource()], store: (any ObjectStore)? = nil) async -> ExecutorResult {
    await BackupRun(context: context(store), sources: sources).run()
  }

  /// All keys, without what stands before the id.
  func keys() async throws -> [String] {
    try await memory.listAll(prefix: "").map { $0.key.replacingOccurrences(of: layout.policyPrefix, with: "") }
  }

  func uploads() async throws -> Int { try await memory.listUploads(prefix: "").count }

  func list() async throws -> [ListRun.Entry] { try await ListRun(context: context()).run() }

  /// Failures of all listed backups.
  func broken() async throws -> [String] {
    var failures: [String] = []
    try await VerifyRun(context: context(), identities: [identity]).run(.all) { verdict in
      if let failure = verdict.failure { failures.append("\(verdict.id): \(failure)") }
    }
    return failures
  }

  func put(_ key: String, _ text: String = "x") async throws {
    try await memory.put(key, body: ByteBuffer(string: text), condition: .none)
  }

  /// A lease of somebody else.
  func putLease(
    _ id: String, process: ProcessIdentity? = nil, job: String? = nil, pod: String? = nil, operation: String = "backup",
    phase: String = "running"
  ) async throws {
    var holder: [String: Any] = [:]
    if let process { holder["process"] = try JSONSerialization.jsonObject(with: JSONEncoder().encode(process)) }
    holder["job"] = job
    holder["pod"] = pod
    holder["namespace"] = "ns"
    let record: [String: Any] = [
      "leaseVersion": 1, "operation": operation, "phase": phase, "startedAt": "2026-11-21T00:00:00Z", "beat": 1,
      "holder": holder,
    ]
    try await put(
      layout.policyPrefix + id + "/.running",
      String(decoding: try JSONSerialization.data(withJSONObject: record), as: UTF8.self))
  }
}
