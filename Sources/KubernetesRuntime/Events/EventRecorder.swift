public import Foundation
public import KubernetesClient
public import KubernetesModel
public import Logging
import Metrics
public import ServiceLifecycle
import Synchronization

/// Tells people what happens to objects, as Events (core/v1; needs `create` and `patch` on `events`).
///
/// ``record(_:reason:message:about:)`` never waits, throws or fails its caller: notes go into a buffer, which ``run()``
/// sends. Equal notes raise a count, notes that differ in their message alone are combined after the tenth, and an object
/// that causes too many is cut off for a while. A note that cannot be sent is dropped and counted
/// (`kubernetes_events_dropped_total`). On graceful shutdown what is buffered is sent for up to five seconds.
public final class EventRecorder: Service {
  public enum EventType: String, Sendable, Hashable { case normal = "Normal", warning = "Warning" }

  private static let drainTime = Duration.seconds(5)
  private static let sendLimit = Duration.seconds(10)

  private let client: KubernetesClient
  private let component: String
  private let instance: String
  private let logger: Logger
  private let clock: ErasedClock
  private let wallClock: @Sendable () -> Date
  private let notes: AsyncStream<EventNote>
  private let buffer: AsyncStream<EventNote>.Continuation
  private let lastSuffix = Mutex<UInt64>(0)

  /// - Parameters:
  ///   - component: What tells, for example `backup-operator`.
  ///   - instance: Which process of it.
  public init(
    _ client: KubernetesClient, component: String, instance: String, logger: Logger,
    clock: some Clock<Duration> = ContinuousClock(), wallClock: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.client = client
    self.component = component
    self.instance = instance
    self.logger = logger
    self.clock = ErasedClock(clock)
    self.wallClock = wallClock
    (notes, buffer) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(512))
  }

  /// Notes something.
  /// - Parameters:
  ///   - reason: A CamelCase word, at most 128 characters.
  ///   - message: For people; cut at 1,024 bytes. No secrets.
  ///   - object: What it is about, for example ``KubernetesModel/KubernetesObject/reference``.
  public func record(_ type: EventType, reason: String, message: String, about object: ObjectReference) {
    let note = EventNote(
      object: object, type: type, reason: String(reason.prefix(128)), message: Self.cut(message, toBytes: 1_024))
    if case .dropped = buffer.yield(note) { Self.countDropped("buffer full") }
  }

  public func run() async throws {
    let stopAt = Locked<Duration?>(nil)
    var correlator = EventCorrelator()
    await withGracefulShutdownHandler {
      for await note in notes {
        let limit = stopAt.withLock { $0 }.map { $0 - clock.now } ?? Self.sendLimit
        if Task.isCancelled || limit <= .zero { break }
        await deliver(note, with: &correlator, limit: min(limit, Self.sendLimit))
      }
    } onGracefulShutdown: { [buffer, clock] in
      stopAt.withLock { $0 = clock.now + Self.drainTime }
      buffer.finish()
    }
    try Task.checkCancellation()
  }

  private func deliver(_ note: EventNote, with correlator: inout EventCorrelator, limit: Duration) async {
    let decision = correlator.correlate(note, now: wallClock())
    do {
      switch decision {
      case .drop:
        Self.countDropped("rate")
      case .create(let note):
        try await create(note, with: &correlator, limit: limit)
      case .count(let note, let name, let count):
        do {
          try await raise(note, name: name, count: count, limit: limit)
        } catch let error as KubernetesError where error.code == .notFound {
          // Events expire after an hour or so; this one starts anew.
          correlator.lost(note)
          try await create(note, with: &correlator, limit: limit)
        }
      }
    } catch {
      Self.countDropped("error")
      logger.info("An event could not be written.", metadata: ["reason": "\(note.reason)", "error": "\(error)"])
    }
  }

  private func create(_ note: EventNote, with correlator: inout EventCorrelator, limit: Duration) async throws {
    let now = wallClock()
    let event = event(for: note, now: now)
    let created = try await withTimeout(limit, clock: clock) { [client] in try await client.create(event) }
    correlator.created(note, name: created.metadata.name ?? "", now: now)
  }

  private func raise(_ note: EventNote, name: String, count: Int32, limit: Duration) async throws {
    let change: JSONValue = [
      "count": .integer(Int64(count)), "lastTimestamp": .string(Timestamp(wallClock()).description),
      "message": .string(note.message),
    ]
    let namespace = Self.namespace(of: note.object)
    try await withTimeout(limit, clock: clock) { [client] in
      _ = try await client.patch(Event.resource, name: name, namespace: namespace, .merge(change))
    }
  }

  private func event(for note: EventNote, now: Date) -> Event {
    let time = Timestamp(now)
    // Microseconds, as names of Events usually are; one more where two fall into the same.
    let number = lastSuffix.withLock { last in
      last = max(last + 1, UInt64(max(0, now.timeIntervalSince1970 * 1e6)))
      return last
    }
    return Event(
      metadata: ObjectMeta(
        name: Self.name(object: note.object.name ?? "unknown", suffix: String(number, radix: 16)),
        namespace: Self.namespace(of: note.object)),
      involvedObject: note.object, reason: note.reason, message: note.message, type: note.type.rawValue,
      source: EventSource(component: component, host: instance), firstTimestamp: time, lastTimestamp: time, count: 1,
      reportingComponent: component, reportingInstance: instance)
  }

  // Events about cluster-scoped objects live in `default`, where kubectl looks for them.
  private static func namespace(of object: ObjectReference) -> String { object.namespace ?? "default" }

  /// At most 253 characters, with a letter or digit before each dot, as names have to be.
  static func name(object: String, suffix: String) -> String {
    var prefix = object.prefix(253 - suffix.count - 1)
    while let last = prefix.last, !(last.isLetter || last.isNumber) { prefix.removeLast() }
    return "\(prefix).\(suffix)"
  }

  private static func cut(_ text: String, toBytes limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var bytes = 0
    let kept = text.prefix { character in
      bytes += character.utf8.count
      return bytes <= limit - 3
    }
    return kept + "..."
  }

  private static func countDropped(_ why: String) {
    Counter(label: "kubernetes_events_dropped_total", dimensions: [("why", why)]).increment()
  }
}
