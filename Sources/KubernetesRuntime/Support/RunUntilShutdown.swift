import ServiceLifecycle

/// Runs a loop that ends only by cancellation, and ends it without an error on graceful shutdown.
func runUntilShutdown(_ loop: @escaping @Sendable () async throws -> Void) async throws {
  try await cancelWhenGracefulShutdown {
    do {
      try await loop()
    } catch is CancellationError where Task.isShuttingDownGracefully {
      return
    }
  }
}
