public import NIOCore
public import SnapshotSource

/// The snapshot of an etcd cluster, from one of its members: `Maintenance/Snapshot`, checked as it passes.
///
/// The bytes are those of `etcdctl snapshot save`: the member's database and, in the last 32 bytes, its SHA-256.
/// https://etcd.io/docs/v3.5/op-guide/recovery/
public struct EtcdSource: SnapshotSource {
  public let name: String
  public let kind = "etcd"
  public let fileExtension = "db"
  private let configuration: EtcdConfiguration

  public init(name: String, configuration: EtcdConfiguration) {
    self.name = name
    self.configuration = configuration
  }

  public func capture(into sink: (ByteBuffer) async throws -> Void) async throws -> SnapshotFacts {
    let endpoints = try parseEndpoints()
    let survey = await EtcdSurvey(configuration: configuration).ask(endpoints)
    try Task.checkCancellation()
    let choice = try choose(survey)
    let stream = try await SnapshotStream().run(configuration, at: choice.member.endpoint, into: sink)
    let facts = stream.values.merging(choice.member.facts) { checked, _ in checked }
    return SnapshotFacts(facts, warnings: choice.warnings + stream.warnings)
  }

  private func parseEndpoints() throws -> [EtcdEndpoint] {
    let endpoints = try configuration.endpoints.map { try EtcdEndpoint($0) }
    guard !endpoints.isEmpty else {
      throw SnapshotSourceError(.configuration, operation: "connect to etcd", message: "there are no endpoints")
    }
    return endpoints
  }

  private func choose(_ survey: EtcdSurvey.Answers) throws -> MemberChoice.Outcome {
    let operation = "choice of an etcd member"
    do {
      return try MemberChoice.choose(
        survey.members, unreachable: survey.failures.map { ($0.endpoint, "\($0.error.message)") })
    } catch .none {
      // All fail for one reason as a rule; the first names it.
      guard let first = survey.failures.first else { throw CancellationError() }
      var error = first.error
      if survey.failures.count > 1 {
        error.message = "none of \(survey.failures.count) endpoints answered; the first: \(error.message)"
      }
      throw error
    } catch .severalClusters(let ids) {
      throw SnapshotSourceError(
        .configuration, operation: operation,
        message:
          "the endpoints belong to different clusters (\(ids.map(EtcdMember.hex).joined(separator: ", "))); name the "
          + "members of one")
    } catch .onlyLearnersOrCorrupt {
      throw SnapshotSourceError(
        .failed, operation: operation,
        message: "every member that answers is a learner or has the alarm CORRUPT; name a voting, healthy member")
    }
  }
}
