import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Logging
import Metrics
import ServiceLifecycle
import Synchronization

/// Tells a webhook of Events.
///
/// ``record(_:reason:message:about:)`` never waits, throws or fails its caller: what it takes goes into a bounded queue, which
/// ``run()`` empties one by one. A delivery that fails is tried again with growing pauses, five times at most; then it is
/// dropped and counted, so that a dead receiver holds up nothing but the notifications behind it. The same Event within an
/// hour is told once. At least once: a receiver whose answer got lost gets the notification again, with the same id.
final class Notifier: EventSink, Service {
  struct Options: Sendable {
    /// The file that holds the URL.
    var urlFile: String
    var format = NotificationFormat.json
    var reasons = NotificationReasons(NotificationReasons.usual)
    var queueLimit = 256
    var attempts = 5
    /// Before the second attempt; doubled for each one after it.
    var firstPause = Duration.seconds(1)
    /// Of one attempt.
    var timeout = Duration.seconds(10)
    /// How long what waits is delivered after a graceful shutdown began.
    var drainTime = Duration.seconds(5)
    var quietTime: TimeInterval = 3_600
  }

  private let options: Options
  private let post: any WebhookPoster
  private let cluster: @Sendable () async -> String?
  private let now: @Sendable () -> Date
  private let clock: ErasedClock
  private let logger: Logger
  private let queue: AsyncStream<Notification>
  private let buffer: AsyncStream<Notification>.Continuation
  private let told = Mutex(ToldNotifications())
  private let stop = StopTime()

  /// - Parameter cluster: The cluster's id for receivers that hear of several; nil where it is not known.
  init(
    _ options: Options, poster: any WebhookPoster, cluster: @escaping @Sendable () async -> String? = { nil },
    clock: some Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Date = { Date() }, logger: Logger
  ) {
    self.options = options
    post = poster
    self.cluster = cluster
    self.now = now
    self.clock = ErasedClock(clock)
    self.logger = logger
    (queue, buffer) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(options.queueLimit))
  }

  func record(_ type: EventRecorder.EventType, reason: String, message: String, about object: ObjectReference) {
    guard options.reasons.contains(reason) else { return }
    let notification = Notification(
      time: Timestamp(now()), type: type.rawValue, reason: reason, message: message, kind: object.kind ?? "",
      namespace: object.namespace, name: object.name ?? "")
    guard told.withLock({ $0.isNew(notification, now: now(), quietTime: options.quietTime) }) else { return }
    if case .dropped = buffer.yield(notification) { Self.count("dropped") }
  }

  func run() async throws {
    await withGracefulShutdownHandler {
      for await notification in queue {
        if Task.isCancelled || stop.isOver(clock.now) { break }
        await deliver(notification)
      }
    } onGracefulShutdown: { [buffer, clock, options, stop] in
      stop.set(clock.now + options.drainTime)
      buffer.finish()
    }
    try await post.close()
    try Task.checkCancellation()
  }

  private func deliver(_ notification: Notification) async {
    var notification = notification
    notification.cluster = await cluster()
    let id = UUID().uuidString.lowercased()
    var pause = options.firstPause
    for attempt in 1...max(1, options.attempts) {
      let problem = await attemptOnce(notification, id)
      guard let problem else { return Self.count("delivered") }
      let isOver = attempt == options.attempts || !problem.isWorthARetry || stop.isSet || Task.isCancelled
      // The URL is a secret: it holds the receiver's token.
      logger.info(
        "A notification could not be delivered.",
        metadata: [
          "notification": "\(notification.reason)", "object": "\(notification.object)", "attempt": "\(attempt)",
          "problem": "\(problem)", "retry": "\(!isOver)",
        ])
      if isOver { break }
      try? await clock.sleep(for: pause)
      pause *= 2
    }
    Self.count("failed")
  }

  /// - Returns: nil where it was delivered.
  private func attemptOnce(_ notification: Notification, _ id: String) async -> WebhookProblem? {
    do {
      let url = try WebhookURL.read(options.urlFile)
      let body = try options.format.body(of: notification, id: id)
      let status = try await withTimeout(options.timeout, clock: clock) { [post, options] in
        try await post.post(body, contentType: options.format.contentType, to: url)
      }
      return (200..<300).contains(status) ? nil : WebhookProblem(status: status)
    } catch let problem as WebhookProblem {
      return problem
    } catch {
      return WebhookProblem(error)
    }
  }

  private static func count(_ result: String) {
    Counter(label: "holdfast_notifications_total", dimensions: [("result", result)]).increment()
  }
}

/// Until when what waits is delivered, once a shutdown began.
private final class StopTime: Sendable {
  private let time = Mutex<Duration?>(nil)

  var isSet: Bool { time.withLock { $0 } != nil }
  func set(_ at: Duration) { time.withLock { $0 = at } }
  func isOver(_ now: Duration) -> Bool { time.withLock { $0.map { $0 <= now } ?? false } }
}

/// What was told lately.
private struct ToldNotifications {
  private static let limit = 1_000
  private var times: [Notification: Date] = [:]

  mutating func isNew(_ notification: Notification, now: Date, quietTime: TimeInterval) -> Bool {
    var key = notification
    key.time = Timestamp(Date(timeIntervalSince1970: 0))
    if let last = times[key], now.timeIntervalSince(last) < quietTime { return false }
    if times.count >= Self.limit {
      times = times.filter { now.timeIntervalSince($0.value) < quietTime }
      // A storm of different ones: what is told twice then is the lesser harm.
      if times.count >= Self.limit { times = [:] }
    }
    times[key] = now
    return true
  }
}

/// Tells several of each Event.
struct EventSinks: EventSink {
  var sinks: [any EventSink]

  func record(_ type: EventRecorder.EventType, reason: String, message: String, about object: ObjectReference) {
    for sink in sinks { sink.record(type, reason: reason, message: message, about: object) }
  }
}
