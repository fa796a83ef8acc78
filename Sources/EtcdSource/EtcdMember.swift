/// What a member says of itself.
struct EtcdMember: Sendable, Hashable {
  var endpoint: EtcdEndpoint
  var clusterID: UInt64
  var memberID: UInt64
  var version: String
  /// Bytes of its database's file.
  var databaseSize: Int64
  /// nil where the cluster has none.
  var leader: UInt64?
  var raftTerm: UInt64
  var raftAppliedIndex: UInt64
  var isLearner: Bool
  /// Alarms and other troubles, in etcd's words.
  var errors: [String]

  var isLeader: Bool { leader == memberID }
  /// A member that knows its own database to differ from the others'.
  var isCorrupt: Bool { errors.contains { $0.uppercased().contains("CORRUPT") } }

  var facts: [String: String] {
    [
      "version": version, "clusterID": Self.hex(clusterID), "memberID": Self.hex(memberID), "dbSize": "\(databaseSize)",
      "leader": "\(isLeader)", "raftTerm": "\(raftTerm)", "raftIndex": "\(raftAppliedIndex)",
    ]
  }

  /// As etcdctl prints ids.
  static func hex(_ id: UInt64) -> String { String(id, radix: 16) }
}

/// Which member gives the snapshot.
enum MemberChoice {
  struct Outcome: Sendable {
    var member: EtcdMember
    var warnings: [String]
  }

  enum Refusal: Error, Hashable {
    case none
    /// Endpoints of different clusters, by their ids.
    case severalClusters([UInt64])
    case onlyLearnersOrCorrupt
  }

  /// The leader where it is among them, since nobody is ahead of it; else the one that has applied most.
  ///
  /// A cluster without a leader has lost its quorum: its members can still be saved, and that is when it matters most, so
  /// that it is a warning and no refusal.
  static func choose(_ members: [EtcdMember], unreachable: [(endpoint: EtcdEndpoint, reason: String)]) throws(Refusal)
    -> Outcome
  {
    guard !members.isEmpty else { throw .none }
    let clusters = Set(members.map(\.clusterID))
    guard clusters.count == 1 else { throw .severalClusters(clusters.sorted()) }
    let usable = members.filter { !$0.isLearner && !$0.isCorrupt }
    let best = usable.max { first, second in
      (first.isLeader ? 1 : 0, first.raftAppliedIndex, second.memberID)
        < (second.isLeader ? 1 : 0, second.raftAppliedIndex, first.memberID)
    }
    guard let best else { throw .onlyLearnersOrCorrupt }

    var warnings = unreachable.map { "the member at \($0.endpoint) did not answer: \($0.reason)" }
    for member in members where member.isCorrupt {
      warnings.append("the member at \(member.endpoint) has the alarm CORRUPT and was left out")
    }
    if best.leader == nil {
      warnings.append("the cluster has no leader: what its lost members alone had is not in this snapshot")
    }
    for error in best.errors where !error.contains("no leader") {
      warnings.append("the member at \(best.endpoint) reports \(error)")
    }
    return Outcome(member: best, warnings: warnings)
  }
}
