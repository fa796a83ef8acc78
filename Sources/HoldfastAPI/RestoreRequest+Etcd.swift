extension RestoreRequest {
  /// Where the snapshot of an etcd cluster is laid down, and what is made of it. A restore makes a new cluster; it never
  /// touches one that runs.
  public struct EtcdDestination: Codable, Sendable, Hashable {
    public struct Claim: Codable, Sendable, Hashable {
      public var claimName: String
      public var create: ClaimCreation?
      /// The snapshot's file, `/` being the claim's root. Default `/<source>.db`.
      public var path: String?

      public init(claimName: String, create: ClaimCreation? = nil, path: String? = nil) {
        self.claimName = claimName
        self.create = create
        self.path = path
      }
    }

    /// A member of the cluster to be, for the commands that the plan shows.
    public struct Member: Codable, Sendable, Hashable {
      public var name: String
      /// For example `https://10.0.0.11:2380`.
      public var peerURL: String

      public init(name: String, peerURL: String) {
        self.name = name
        self.peerURL = peerURL
      }
    }

    /// Makes a data directory in the claim with an etcd image, in the same pod.
    public struct RunRestore: Codable, Sendable, Hashable {
      /// Of the version that the cluster is going to run.
      public var image: String
      /// The program. Default `etcdutl`; `etcdctl` where the image's tag is below 3.5.
      public var command: [String]?
      /// This member's name. Default `default`, as etcd's.
      public var name: String?
      /// `name=URL` of all members, with commas. Default: `members`, else etcd's own default for one member.
      public var initialCluster: String?
      /// Default: the URL of the member of this name in `members`, else etcd's own.
      public var initialAdvertisePeerURLs: [String]?
      /// Default: that of the destination.
      public var initialClusterToken: String?
      /// The data directory, `/` being the claim's root; must not exist. Default `/<source>-data`.
      public var dataDir: String?
      /// Added to the revision, so that watchers see no old one again; with `markCompacted` as etcd advises for Kubernetes
      /// (https://etcd.io/docs/v3.6/op-guide/recovery/). Needs etcd 3.6.
      public var bumpRevision: Int64?
      public var markCompacted: Bool?

      public init(
        image: String, command: [String]? = nil, name: String? = nil, initialCluster: String? = nil,
        initialAdvertisePeerURLs: [String]? = nil, initialClusterToken: String? = nil, dataDir: String? = nil,
        bumpRevision: Int64? = nil, markCompacted: Bool? = nil
      ) {
        self.image = image
        self.command = command
        self.name = name
        self.initialCluster = initialCluster
        self.initialAdvertisePeerURLs = initialAdvertisePeerURLs
        self.initialClusterToken = initialClusterToken
        self.dataDir = dataDir
        self.bumpRevision = bumpRevision
        self.markCompacted = markCompacted
      }
    }

    public var persistentVolumeClaim: Claim?
    /// A file of the machine that `holdfast restore` runs on; not in a cluster.
    public var path: String?
    /// What to do where another file is there. Default: that of the request.
    public var conflictPolicy: ConflictPolicy?
    public var members: [Member]?
    /// Default: etcd's own, `etcd-cluster`.
    public var initialClusterToken: String?
    public var runRestore: RunRestore?

    public init(
      persistentVolumeClaim: Claim? = nil, path: String? = nil, conflictPolicy: ConflictPolicy? = nil,
      members: [Member]? = nil, initialClusterToken: String? = nil, runRestore: RunRestore? = nil
    ) {
      self.persistentVolumeClaim = persistentVolumeClaim
      self.path = path
      self.conflictPolicy = conflictPolicy
      self.members = members
      self.initialClusterToken = initialClusterToken
      self.runRestore = runRestore
    }
  }
}

extension RestoreRequest.EtcdDestination {
  /// The snapshot's file in the claim.
  public func resolvedPath(source: String) -> String { persistentVolumeClaim?.path ?? "/\(source).db" }
}

extension RestoreRequest.EtcdDestination.RunRestore {
  public func resolvedDataDir(source: String) -> String { dataDir ?? "/\(source)-data" }
  public var resolvedName: String { name ?? "default" }

  /// The tools of 3.4 and earlier have no etcdutl, those of 3.6 no restore in etcdctl.
  public var resolvedCommand: [String] {
    if let command { return command }
    return (imageVersion.map { $0 < (3, 5) } ?? false) ? ["etcdctl"] : ["etcdutl"]
  }

  /// Major and minor number from a tag such as `3.5.21-0` or `v3.4.27`; nil where it has none.
  var imageVersion: (Int, Int)? {
    let name = image.split(separator: "@", maxSplits: 1).first.map(String.init) ?? image
    guard let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") else { return nil }
    var tag = name[name.index(after: colon)...]
    if tag.first == "v" { tag = tag.dropFirst() }
    let parts = tag.split(separator: ".")
    guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1].prefix { $0.isNumber }) else {
      return nil
    }
    return (major, minor)
  }
}
