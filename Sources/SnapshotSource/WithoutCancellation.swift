/// Runs `operation` to its end although the current task may be cancelled: for cleaning up what the task began, such as
/// revoking a login. `operation` must bound its own time.
///
/// It looks unstructured and is not: the inner task, which only exists because it does not inherit the cancellation, is
/// always awaited here.
public func withoutCancellation<Value: Sendable>(
  _ operation: @escaping @Sendable () async -> Value
) async -> Value {
  await Task { await operation() }.value
}
