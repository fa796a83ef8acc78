import Foundation
import KubernetesModel
import KubernetesRuntime
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import Operator

@Suite(.timeLimit(.minutes(2))) struct NotifierTests {
  /// A receiver that answers as told, one after the other; the last answer stands.
  final class Receiver: WebhookPoster {
    enum Answer: Sendable { case status(Int), failure, silence }
    struct Lost: Error { let url: String }

    private let answers: Mutex<[Answer]>
    private let received = Mutex<[(body: [UInt8], type: String, url: String)]>([])
    private let closed = Mutex(false)

    init(_ answers: Answer...) { self.answers = Mutex(answers) }

    var bodies: [JSONValue] { received.withLock { $0.compactMap { try? JSONValue(parsing: Data($0.body)) } } }
    var types: [String] { received.withLock { $0.map(\.type) } }
    var urls: [String] { received.withLock { $0.map(\.url) } }
    var isClosed: Bool { closed.withLock { $0 } }

    func post(_ body: [UInt8], contentType: String, to url: String) async throws -> Int {
      received.withLock { $0.append((body, contentType, url)) }
      let answer = answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
      switch answer {
      case .status(let status): return status
      case .failure: throw Lost(url: url)
      case .silence:
        // Until it is cancelled.
        try await Task.sleep(for: .seconds(3_600))
        return 200
      }
    }

    func close() async throws { closed.withLock { $0 = true } }
  }

  private static let url = "https://hooks.example.com/T0/secret-token"

  private func urlFile(_ text: String = url + "\n") throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "holdfast-webhook-\(UUID().uuidString)").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private func options(_ modify: (inout Notifier.Options) -> Void = { _ in }) throws -> Notifier.Options {
    var options = Notifier.Options(urlFile: try urlFile())
    options.firstPause = .milliseconds(1)
    options.timeout = .milliseconds(200)
    modify(&options)
    return options
  }

  private static let policy = ObjectReference(
    apiVersion: "holdfast.dev/v1alpha1", kind: "BackupPolicy", namespace: "ns", name: "bao", uid: "u")

  /// Runs the notifier until `condition`, then stops it gracefully.
  private func run(
    _ notifier: Notifier, logger: Logger = Logger(label: "t") { _ in SwiftLogNoOpLogHandler() },
    until condition: @escaping @Sendable () -> Bool
  ) async throws {
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(services: [.init(service: notifier)], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let deadline = ContinuousClock.now + .seconds(60)
      while !condition(), ContinuousClock.now < deadline { await Task.yield() }
      #expect(condition(), "it did not happen in time")
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  private func notifier(
    _ receiver: Receiver, _ options: Notifier.Options, logs: RecordedLog? = nil
  ) -> Notifier {
    Notifier(
      options, poster: receiver, cluster: { "cluster-1" }, now: { Scene.start },
      logger: Logger(label: "t") { _ in logs ?? RecordedLog() })
  }

  @Test func anEventIsToldAsASmallObject() async throws {
    let receiver = Receiver(.status(200))
    let notifier = notifier(receiver, try options())
    notifier.record(.warning, reason: "BackupFailed", message: "step upload: 403", about: Self.policy)
    try await run(notifier) { receiver.bodies.count == 1 }
    #expect(
      receiver.bodies == [
        [
          "version": 1, "time": "2026-11-21T12:00:00Z", "type": "Warning", "reason": "BackupFailed",
          "message": "step upload: 403", "kind": "BackupPolicy", "namespace": "ns", "name": "bao",
          "cluster": "cluster-1",
        ]
      ])
    #expect(receiver.urls == [Self.url] && receiver.isClosed)
  }

  @Test func slackAndCloudEventsGetTheirShape() throws {
    let notification = Notification(
      time: Timestamp(Scene.start), type: "Warning", reason: "Unprotected", message: "a < b & c", kind: "BackupPolicy",
      namespace: "ns", name: "bao")
    let slack = try JSONValue(parsing: Data(NotificationFormat.slack.body(of: notification, id: "1")))
    #expect(slack == ["text": ":warning: *Unprotected* BackupPolicy ns/bao: a &lt; b &amp; c"])
    let event = try JSONValue(parsing: Data(NotificationFormat.cloudevents.body(of: notification, id: "1")))
    #expect(event["specversion"] == "1.0" && event["id"] == "1" && event["type"] == "dev.holdfast.Unprotected")
    #expect(event["source"] == "/holdfast.dev/cluster" && event["subject"] == "backuppolicy/ns/bao")
    #expect(event["time"] == "2026-11-21T12:00:00Z" && event["data"]?["reason"] == "Unprotected")
    #expect(NotificationFormat.cloudevents.contentType.hasPrefix("application/cloudevents+json"))
  }

  @Test func aReceiverThatFailsIsAskedAgainWithTheSameID() async throws {
    let receiver = Receiver(.status(500), .failure, .silence, .status(503), .status(204))
    let notifier = notifier(receiver, try options { $0.format = .cloudevents })
    notifier.record(.warning, reason: "BackupFailed", message: "m", about: Self.policy)
    try await run(notifier) { receiver.bodies.count == 5 }
    #expect(Set(receiver.bodies.compactMap { $0["id"]?.stringValue }).count == 1)
  }

  @Test func oneThatNeverAnswersHoldsUpNothingForEver() async throws {
    let receiver = Receiver(.silence, .silence, .status(200))
    let notifier = notifier(receiver, try options { $0.attempts = 2 })
    notifier.record(.warning, reason: "BackupFailed", message: "first", about: Self.policy)
    notifier.record(.warning, reason: "BackupFailed", message: "second", about: Self.policy)
    try await run(notifier) { receiver.bodies.last?["message"] == "second" }
    #expect(receiver.bodies.map { $0["message"] } == ["first", "first", "second"])
  }

  @Test func whatTheReceiverDoesNotWantIsNotRepeated() async throws {
    let receiver = Receiver(.status(404), .status(429), .status(200))
    let notifier = notifier(receiver, try options())
    notifier.record(.warning, reason: "BackupFailed", message: "first", about: Self.policy)
    notifier.record(.warning, reason: "BackupFailed", message: "second", about: Self.policy)
    try await run(notifier) { receiver.bodies.count == 3 }
    #expect(receiver.bodies.map { $0["message"] } == ["first", "second", "second"])
  }

  @Test func onlyTheReasonsThatWereAskedForAndEachOnceInAWhile() async throws {
    let receiver = Receiver(.status(200))
    let notifier = notifier(
      receiver, try options { $0.reasons = NotificationReasons(["BackupFailed", "Unprotected"]) })
    notifier.record(.normal, reason: "BackupStarted", message: "m", about: Self.policy)
    for _ in 0..<5 { notifier.record(.warning, reason: "BackupFailed", message: "m", about: Self.policy) }
    notifier.record(.warning, reason: "Unprotected", message: "m", about: Self.policy)
    try await run(notifier) { receiver.bodies.last?["reason"] == "Unprotected" }
    #expect(receiver.bodies.map { $0["reason"] } == ["BackupFailed", "Unprotected"])
    #expect(NotificationReasons(["*"]).contains("Anything"))
  }

  @Test func aFullQueueDropsAndNeverWaits() async throws {
    let receiver = Receiver(.status(200))
    let notifier = notifier(receiver, try options { $0.queueLimit = 10 })
    // Nobody empties the queue yet.
    for index in 0..<1_000 {
      notifier.record(.warning, reason: "BackupFailed", message: "\(index)", about: Self.policy)
    }
    try await run(notifier) { receiver.bodies.count == 10 }
    #expect(receiver.bodies.map { $0["message"]?.stringValue } == (0..<10).map { "\($0)" })
  }

  /// The URL holds the receiver's token.
  @Test func noLogLineHoldsTheURL() async throws {
    let logs = RecordedLog()
    let receiver = Receiver(.failure, .status(500), .status(200))
    let notifier = notifier(receiver, try options(), logs: logs)
    notifier.record(.warning, reason: "BackupFailed", message: "m", about: Self.policy)
    try await run(notifier) { receiver.bodies.count == 3 }
    #expect(logs.text.contains("the receiver answered 500") && logs.text.contains("could not be reached"))
    #expect(!logs.text.contains("secret-token") && !logs.text.contains("hooks.example.com"), "\(logs.text)")
  }

  @Test(arguments: [
    ("", "holds no http"), ("ftp://x/secret-token", "holds no http"), ("secret-token", "holds no http"),
  ])
  func aBadFileIsToldWithoutItsContent(text: String, message: String) async throws {
    let file = try urlFile(text)
    let problem = #expect(throws: WebhookProblem.self) { try WebhookURL.read(file) }
    #expect(problem?.description.contains(message) == true && problem?.description.contains("secret-token") == false)
    let missing = #expect(throws: WebhookProblem.self) { try WebhookURL.read("/nonexistent/url") }
    #expect(missing?.description.contains("mount the Secret") == true)
  }

  @Test func aURLThatChangesIsTakenAtTheNextNotification() async throws {
    let receiver = Receiver(.status(200))
    let options = try options()
    let notifier = notifier(receiver, options)
    notifier.record(.warning, reason: "BackupFailed", message: "1", about: Self.policy)
    let other = "https://other.example.com/x"
    try await run(notifier) {
      if receiver.urls.count == 1 {
        try? other.write(toFile: options.urlFile, atomically: true, encoding: .utf8)
        notifier.record(.warning, reason: "BackupFailed", message: "2", about: Self.policy)
      }
      return receiver.urls.count == 2
    }
    #expect(receiver.urls == [Self.url, other])
  }
}

/// Everything that was logged.
final class RecordedLog: LogHandler {
  private let lines = Mutex<[String]>([])
  var text: String { lines.withLock { $0.joined(separator: "\n") } }

  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }
  var logLevel: Logger.Level {
    get { .trace }
    set {}
  }
  subscript(metadataKey _: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) { lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") } }
}
