internal import ObjectStore
internal import SnapshotSource

struct DeadlineExceeded: Error, CustomStringConvertible {
  var limit: Duration
  var description: String { "not done within \(limit)" }
}

/// Runs `body` and ends it where it takes longer than `limit`.
func withDeadline<Value: Sendable>(
  _ limit: Duration, clock: StoreClock, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value.self) { group in
    defer { group.cancelAll() }
    group.addTask { try await body() }
    group.addTask {
      try await clock.sleep(limit)
      throw DeadlineExceeded(limit: limit)
    }
    guard let value = try await group.next() else { throw CancellationError() }
    return value
  }
}

/// Cleans up although the task may be cancelled, and no longer than `limit`.
///
/// - Returns: What went wrong, or nil.
func cleaningUp(
  within limit: Duration, clock: StoreClock, _ body: @escaping @Sendable () async throws -> Void
) async -> (any Error)? {
  await withoutCancellation {
    do {
      try await withDeadline(limit, clock: clock, body)
      return nil
    } catch {
      return error
    }
  }
}
