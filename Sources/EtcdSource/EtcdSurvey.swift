import SnapshotSource

/// Asks all endpoints how they are, at the same time.
struct EtcdSurvey: Sendable {
  struct Answers: Sendable {
    var members: [EtcdMember] = []
    var failures: [(endpoint: EtcdEndpoint, error: SnapshotSourceError)] = []
  }

  let configuration: EtcdConfiguration

  func ask(_ endpoints: [EtcdEndpoint]) async -> Answers {
    await withTaskGroup(of: (Int, Result<EtcdMember, any Error>).self) { group in
      for (index, endpoint) in endpoints.enumerated() {
        group.addTask {
          do { return (index, .success(try await ask(endpoint))) } catch { return (index, .failure(error)) }
        }
      }
      var results: [(Int, Result<EtcdMember, any Error>)] = []
      for await result in group { results.append(result) }
      var answers = Answers()
      for (index, result) in results.sorted(by: { $0.0 < $1.0 }) {
        switch result {
        case .success(let member): answers.members.append(member)
        case .failure(let error):
          let endpoint = endpoints[index]
          let failure =
            error as? SnapshotSourceError
            ?? SnapshotSourceError(.unreachable, operation: "status of \(endpoint)", message: "\(error)", cause: error)
          answers.failures.append((endpoint, failure))
        }
      }
      return answers
    }
  }

  private func ask(_ endpoint: EtcdEndpoint) async throws -> EtcdMember {
    let limit = configuration.timeouts.call
    return try await withThrowingTaskGroup(of: EtcdMember.self) { group in
      group.addTask {
        try await withConnection(to: endpoint, configuration) { connection in
          let token = try await configuration.login(connection)
          return try await connection.status(token: token)
        }
      }
      group.addTask {
        try await Task.sleep(for: limit)
        throw SnapshotSourceError(
          .unreachable, operation: "status of \(endpoint)", message: "\(endpoint) did not answer within \(limit)")
      }
      defer { group.cancelAll() }
      guard let member = try await group.next() else { throw CancellationError() }
      return member
    }
  }
}

extension EtcdConfiguration {
  func login(_ connection: any EtcdConnection) async throws -> String? {
    guard let user else { return nil }
    return try await connection.authenticate(user)
  }
}

/// A connection for the time of `body`.
func withConnection<Value: Sendable>(
  to endpoint: EtcdEndpoint, _ configuration: EtcdConfiguration,
  _ body: @escaping @Sendable (any EtcdConnection) async throws -> Value
) async throws -> Value {
  switch configuration.api {
  case .grpc: try await GRPCEtcdConnection.with(endpoint, configuration, body)
  case .gateway: try await GatewayEtcdConnection.with(endpoint, configuration, body)
  }
}
