/// A server that is started at its first use and then serves the whole test run.
///
///     static let shared = SharedServer { try await SeaweedServer.start() }
///     let server = try await Self.shared.get()
public actor SharedServer<Server: Sendable> {
  private let start: @Sendable () async throws -> Server
  // A task of its own: the first test to ask must not take the server with it when it is cancelled.
  private var starting: Task<Server, any Error>?

  public init(_ start: @escaping @Sendable () async throws -> Server) {
    self.start = start
  }

  public func get() async throws -> Server {
    let task = starting ?? Task { [start] in try await start() }
    starting = task
    return try await task.value
  }
}
