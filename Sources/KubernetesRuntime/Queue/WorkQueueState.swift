/// The rules of a ``WorkQueue`` as a pure value; times are durations since any fixed origin.
struct WorkQueueState<Key: Hashable & Sendable>: Sendable {
  /// In the order in which they are handed out.
  private var ready: [Key] = []
  /// Are in `ready`, or have to be once they are no longer in `active`.
  private var waiting: Set<Key> = []
  /// Are being worked on.
  private(set) var active: Set<Key> = []
  private var dueTimes: [Key: Duration] = [:]
  private var failures: [Key: Int] = [:]
  private(set) var isShutDown = false

  /// Keys ready to be handed out.
  var depth: Int { ready.count }

  /// When the next delayed key is due. Looks at all delayed keys, of which a controller has one for each object at most.
  var nextDue: Duration? { dueTimes.values.min() }

  /// Wants `key` to be worked on as soon as it is not; several calls are as good as one. Takes the place of a delayed one.
  mutating func add(_ key: Key) {
    guard !isShutDown else { return }
    dueTimes[key] = nil
    guard waiting.insert(key).inserted, !active.contains(key) else { return }
    ready.append(key)
  }

  /// Wants `key` to be worked on at `due`. Of several times the earliest counts; one that is already waiting stays so.
  mutating func add(_ key: Key, at due: Duration) {
    guard !isShutDown, !(waiting.contains(key) && !active.contains(key)) else { return }
    if let earlier = dueTimes[key], earlier <= due { return }
    dueTimes[key] = due
  }

  /// Moves what is due by `now` to those that are ready, the earliest first.
  mutating func promote(now: Duration) {
    let due = dueTimes.filter { $0.value <= now }.sorted { $0.value < $1.value }
    for (key, _) in due { add(key) }
  }

  /// Hands out a key; it is worked on until ``finish(_:)``.
  mutating func take() -> Key? {
    guard !ready.isEmpty else { return nil }
    let key = ready.removeFirst()
    waiting.remove(key)
    active.insert(key)
    return key
  }

  mutating func finish(_ key: Key) {
    active.remove(key)
    if waiting.contains(key) { ready.append(key) }
  }

  /// - Returns: The failures in a row, this one included.
  mutating func countFailure(_ key: Key) -> Int {
    failures[key, default: 0] += 1
    return failures[key, default: 0]
  }

  mutating func forget(_ key: Key) { failures[key] = nil }

  /// Takes no more keys and drops those that nobody works on.
  mutating func shutDown() {
    isShutDown = true
    ready = []
    waiting = []
    dueTimes = [:]
  }
}
