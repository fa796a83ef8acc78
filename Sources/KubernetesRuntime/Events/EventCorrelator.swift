import Foundation
import KubernetesModel

/// Something to tell about an object.
struct EventNote: Sendable, Hashable {
  var object: ObjectReference
  var type: EventRecorder.EventType
  var reason: String
  var message: String
}

/// Decides what becomes of a note: a new Event, a higher count of an old one, or nothing. Pure; the rules and numbers are
/// those of client-go's `EventCorrelator`.
struct EventCorrelator: Sendable {
  enum Decision: Sendable, Hashable {
    case create(EventNote)
    /// - Parameter name: Of the Event that exists.
    case count(EventNote, name: String, count: Int32)
    /// The object has used up its allowance.
    case drop
  }

  struct Limits: Sendable {
    /// Notes about one object at once.
    var burst = 25.0
    /// Notes about one object a second after that: one in five minutes.
    var refillPerSecond = 1.0 / 300
    /// Different messages of one reason within `interval` after which they are combined.
    var similar = 10
    /// After this a note counts as new, in seconds.
    var interval: TimeInterval = 600
    /// Notes that are remembered.
    var capacity = 4_096
  }

  private struct Bucket {
    var tokens: Double
    var refilledAt: Date
  }

  private struct Group: Hashable {
    let object: ObjectReference
    let type: EventRecorder.EventType
    let reason: String
  }

  private struct Similar {
    var messages: Set<String>
    var lastAt: Date
  }

  private struct Known {
    var name: String
    var count: Int32
    var lastAt: Date
  }

  private let limits: Limits
  private var buckets: [ObjectReference: Bucket] = [:]
  private var similar: [Group: Similar] = [:]
  private var known: [EventNote: Known] = [:]

  init(limits: Limits = Limits()) { self.limits = limits }

  mutating func correlate(_ note: EventNote, now: Date) -> Decision {
    prune(now: now)
    guard takeToken(for: note.object, now: now) else { return .drop }
    let (identity, note) = combine(note, now: now)
    guard var entry = known[identity], now.timeIntervalSince(entry.lastAt) < limits.interval else {
      known[identity] = nil
      return .create(note)
    }
    entry.count += 1
    entry.lastAt = now
    known[identity] = entry
    return .count(note, name: entry.name, count: entry.count)
  }

  /// Tells that the Event for a note was created, so that the next one is counted.
  mutating func created(_ note: EventNote, name: String, now: Date) {
    known[identity(of: note)] = Known(name: name, count: 1, lastAt: now)
  }

  /// Tells that the Event that was to be counted is gone.
  mutating func lost(_ note: EventNote) { known[identity(of: note)] = nil }

  /// Entries of all tables, which are bounded.
  var rememberedCount: Int { known.count + similar.count + buckets.count }

  private static let combinedPrefix = "(combined from similar events): "

  private func identity(of note: EventNote) -> EventNote {
    guard note.message.hasPrefix(Self.combinedPrefix) else { return note }
    var identity = note
    identity.message = Self.combinedPrefix
    return identity
  }

  /// Gives all notes of a reason one identity, once there are too many that differ in their message alone.
  private mutating func combine(_ note: EventNote, now: Date) -> (identity: EventNote, note: EventNote) {
    let group = Group(object: note.object, type: note.type, reason: note.reason)
    var entry = similar[group] ?? Similar(messages: [], lastAt: now)
    if now.timeIntervalSince(entry.lastAt) >= limits.interval { entry.messages = [] }
    entry.lastAt = now
    // One above the limit is all that has to be known.
    if entry.messages.count <= limits.similar { entry.messages.insert(note.message) }
    let isKnown = entry.messages.contains(note.message)
    similar[group] = entry
    guard entry.messages.count > limits.similar, known[note] == nil || !isKnown else { return (note, note) }
    var combined = note
    combined.message = Self.combinedPrefix + note.message
    return (identity(of: combined), combined)
  }

  private mutating func takeToken(for object: ObjectReference, now: Date) -> Bool {
    var bucket = buckets[object] ?? Bucket(tokens: limits.burst, refilledAt: now)
    let elapsed = max(0, now.timeIntervalSince(bucket.refilledAt))
    bucket.tokens = min(limits.burst, bucket.tokens + elapsed * limits.refillPerSecond)
    bucket.refilledAt = now
    let isAllowed = bucket.tokens >= 1
    if isAllowed { bucket.tokens -= 1 }
    buckets[object] = bucket
    return isAllowed
  }

  /// Keeps memory bounded: forgets the older half of a table that is full.
  private mutating func prune(now: Date) {
    if known.count >= limits.capacity {
      let cut = known.values.map(\.lastAt).sorted()[limits.capacity / 2]
      known = known.filter { $0.value.lastAt > cut }
    }
    if similar.count >= limits.capacity {
      let cut = similar.values.map(\.lastAt).sorted()[limits.capacity / 2]
      similar = similar.filter { $0.value.lastAt > cut }
    }
    if buckets.count >= limits.capacity {
      let cut = buckets.values.map(\.refilledAt).sorted()[limits.capacity / 2]
      buckets = buckets.filter { $0.value.refilledAt > cut }
    }
  }
}
