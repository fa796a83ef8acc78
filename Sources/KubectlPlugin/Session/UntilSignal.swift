import UnixSignals

private enum SignalEvent<Value: Sendable>: Sendable {
  case done(Result<Value, any Error>)
  case signal(CommandExit)
}

/// Runs `body`, and cancels it at SIGINT, SIGTERM or SIGHUP (a terminal that is closed), so that what it made is removed.
///
/// - Throws: What `body` throws; ``PluginFailure`` with the signal's exit status where one came.
func untilSignal<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
  return try await withThrowingTaskGroup(of: SignalEvent<Value>.self) { group in
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
    group.addTask {
      do { return .done(.success(try await body())) } catch { return .done(.failure(error)) }
    }
    group.addTask {
      for await signal in signals { return .signal(signal == .sigint ? .interrupted : .terminated) }
      return .signal(.interrupted)
    }
    var told: CommandExit?
    for try await event in group {
      switch event {
      case .signal(let exit):
        told = told ?? exit
        group.cancelAll()
      case .done(let result):
        group.cancelAll()
        if case .failure = result, let told { throw PluginFailure("stopped; nothing half-done is left", exit: told) }
        return try result.get()
      }
    }
    throw CancellationError()
  }
}
