import UnixSignals

private enum InterruptibleEvent<Value: Sendable>: Sendable {
  case done(Value)
  case told
}

/// Runs `body`, and cancels it at SIGTERM or SIGINT.
///
/// - Returns: What `body` returned, and whether a signal came before that.
func interruptible<Value: Sendable>(
  _ body: @escaping @Sendable () async -> Value
) async -> (value: Value, wasTold: Bool) {
  await withTaskGroup(of: InterruptibleEvent<Value>.self) { group in
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    group.addTask { .done(await body()) }
    group.addTask {
      for await _ in signals { break }
      return .told
    }
    var wasTold = false
    for await event in group {
      switch event {
      case .told:
        wasTold = true
        group.cancelAll()
      case .done(let value):
        group.cancelAll()
        return (value, wasTold)
      }
    }
    // The body's event always comes.
    fatalError("a task group ended without its task")
  }
}
