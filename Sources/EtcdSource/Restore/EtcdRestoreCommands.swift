/// The commands that make data directories of a snapshot, as a person types them. Pure.
///
/// https://etcd.io/docs/v3.6/op-guide/recovery/#restoring-a-cluster
public struct EtcdRestoreCommands: Sendable, Hashable {
  public struct Member: Sendable, Hashable {
    public var name: String
    public var peerURL: String

    public init(name: String, peerURL: String) {
      self.name = name
      self.peerURL = peerURL
    }
  }

  /// Far more than a cluster writes between a snapshot and its loss; etcd's own example.
  public static let bump = 1_000_000_000

  /// Of the cluster to be; empty where nobody told.
  public var members: [Member]
  public var token: String?
  public var dataDir: String

  public init(members: [Member] = [], token: String? = nil, dataDir: String = "/var/lib/etcd-restored") {
    self.members = members
    self.token = token
    self.dataDir = dataDir
  }

  /// For a cluster of one member.
  public func oneMember(file: String) -> String {
    guard members.count == 1, let member = members.first else {
      return line(file, token.map { ["--initial-cluster-token", $0] } ?? [])
    }
    return command(file, for: member)
  }

  /// For a cluster of several, by the name of the member to run it on; empty where the members are not known.
  public func severalMembers(file: String) -> [(member: String, command: String)] {
    members.count > 1 ? members.map { ($0.name, command(file, for: $0)) } : []
  }

  /// The form of a command for several members that are not known.
  public func form(file: String) -> String {
    line(file, [])
      + " --name NAME --initial-cluster NAME=https://IP:2380,… --initial-advertise-peer-urls https://IP:2380"
      + " --initial-cluster-token TOKEN"
  }

  public static let advice =
    "for the etcd of a Kubernetes cluster, with etcdutl 3.6: add --bump-revision \(bump) --mark-compacted, so that no watcher "
    + "takes a revision for one that it has seen; stop all API servers before, and start them again after"

  private func command(_ file: String, for member: Member) -> String {
    var arguments = [
      "--name", member.name, "--initial-cluster", members.map { "\($0.name)=\($0.peerURL)" }.joined(separator: ","),
      "--initial-advertise-peer-urls", member.peerURL,
    ]
    if let token { arguments += ["--initial-cluster-token", token] }
    return line(file, arguments)
  }

  private func line(_ file: String, _ arguments: [String]) -> String {
    (["etcdutl", "snapshot", "restore", file, "--data-dir", dataDir] + arguments).map(Self.quoted)
      .joined(separator: " ")
  }

  /// As a shell takes it for one word.
  private static func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "-_./:=,@%+".utf8.contains(byte)
    }
    return plain && !text.isEmpty
      ? text
      : "'"
        + text.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }
}
