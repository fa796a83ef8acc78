import Testing

@testable import EtcdSource

/// Which member gives the snapshot.
@Suite struct MemberChoiceTests {
  private func member(
    _ id: UInt64, leader: UInt64? = 1, applied: UInt64 = 100, cluster: UInt64 = 7, isLearner: Bool = false,
    errors: [String] = []
  ) throws -> EtcdMember {
    EtcdMember(
      endpoint: try EtcdEndpoint("http://10.0.0.\(id):2379"), clusterID: cluster, memberID: id, version: "3.5.1",
      databaseSize: 1, leader: leader, raftTerm: 2, raftAppliedIndex: applied, isLearner: isLearner, errors: errors)
  }

  @Test func theLeaderIsTakenEvenWhereAnotherSeemsAhead() throws {
    let members = [try member(2, applied: 105), try member(1, applied: 100), try member(3)]
    for order in [members, members.reversed()] {
      #expect(try MemberChoice.choose(order, unreachable: []).member.memberID == 1)
    }
  }

  @Test func withoutTheLeaderTheOneThatAppliedMostIsTaken() throws {
    let members = [try member(2, applied: 105), try member(3, applied: 110), try member(4, applied: 110)]
    for order in [members, members.reversed()] {
      #expect(try MemberChoice.choose(order, unreachable: []).member.memberID == 3)
    }
  }

  @Test func learnersAndCorruptMembersAreLeftOut() throws {
    let corrupt = try member(1, errors: ["memberID:1 alarm:CORRUPT"])
    let learner = try member(2, applied: 999, isLearner: true)
    let choice = try MemberChoice.choose([corrupt, learner, try member(3)], unreachable: [])
    #expect(choice.member.memberID == 3)
    #expect(choice.warnings.contains { $0.contains("CORRUPT") && $0.contains("10.0.0.1") })
    #expect(throws: MemberChoice.Refusal.onlyLearnersOrCorrupt) {
      try MemberChoice.choose([corrupt, learner], unreachable: [])
    }
  }

  @Test func whatIsWrongIsAWarningAndNoRefusal() throws {
    let down = try EtcdEndpoint("http://10.0.0.9:2379")
    let choice = try MemberChoice.choose(
      [try member(2, leader: nil, errors: ["etcdserver: no leader", "NOSPACE"])], unreachable: [(down, "refused")])
    #expect(choice.warnings.count == 3, "\(choice.warnings)")
    #expect(choice.warnings.contains { $0.contains("no leader") })
    #expect(choice.warnings.contains { $0.contains("NOSPACE") })
    #expect(choice.warnings.contains { $0.contains("10.0.0.9") })
  }

  @Test func twoClustersOrNoneAreRefused() throws {
    #expect(throws: MemberChoice.Refusal.none) { try MemberChoice.choose([], unreachable: []) }
    #expect(throws: MemberChoice.Refusal.severalClusters([7, 8])) {
      try MemberChoice.choose([try member(1), try member(2, cluster: 8)], unreachable: [])
    }
  }

  @Test(arguments: [
    ("https://10.0.0.1:2379", "https://10.0.0.1:2379"), ("etcd-0.etcd:2379", "http://etcd-0.etcd:2379"),
    ("https://[fd00::1]:2380/", "https://[fd00::1]:2380"), ("HTTPS://host", "https://host:2379"),
  ])
  func endpointsAreReadAsEtcdctlDoes(_ text: String, _ result: String) throws {
    #expect(try EtcdEndpoint(text).description == result)
  }

  @Test(arguments: ["", "ftp://a:1", "https://", "http://a:1/v3", "http://u:p@a", "http://a:b"])
  func otherEndpointsAreRefused(_ text: String) {
    #expect(throws: (any Error).self) { try EtcdEndpoint(text) }
  }
}
