public import HoldfastAPI
internal import KubernetesModel

/// A data directory made of a restored snapshot with etcd's own tool, in the executor's pod. Pure.
///
/// Three containers work one after the other: the executor restores (an init container), the tool makes the directory under
/// a name that begins with `.holdfast-` (another one), and the executor checks it and gives it its name. So a directory
/// appears only whole, and the pod's result is that of its only container, as ever.
public struct EtcdRestoreStep: Sendable, Hashable {
  /// The executor's first part.
  public static let firstContainer = "restore"
  public static let toolContainer = "etcd-restore"
  /// Where the first part leaves its result for the last one; in the pod's own `/tmp`.
  public static let handover = "/tmp/handover.json"

  public let source: String
  public let claim: String
  /// The snapshot's file and the data directory, the claim's root being `/`.
  public let file: String
  public let dataDir: String
  let destination: RestoreRequest.EtcdDestination
  let settings: RestoreRequest.EtcdDestination.RunRestore

  /// nil where the request asks for none.
  public init?(_ sources: [RestoreRequest.SourceSelection]?) {
    for selection in sources ?? [] {
      guard let etcd = selection.etcd, let claim = etcd.persistentVolumeClaim, let settings = etcd.runRestore else {
        continue
      }
      source = selection.name
      self.claim = claim.claimName
      file = etcd.resolvedPath(source: selection.name)
      dataDir = settings.resolvedDataDir(source: selection.name)
      destination = etcd
      self.settings = settings
      return
    }
    return nil
  }

  /// The data directory's name until it is known to be whole.
  public var temporaryDataDir: String {
    let parts = dataDir.split(separator: "/").map(String.init)
    return "/" + (parts.dropLast() + [".holdfast-\(parts.last ?? "")"]).joined(separator: "/")
  }

  /// The tool's command. https://etcd.io/docs/v3.6/op-guide/recovery/
  var arguments: [String] {
    let volume = "\(MountLayout.defaultRoot)/\(MountLayout.volume(claim: claim))"
    var arguments =
      settings.resolvedCommand
      + [
        "snapshot", "restore", volume + file, "--data-dir", volume + temporaryDataDir, "--name", settings.resolvedName,
      ]
    let members = destination.members ?? []
    let own = members.first { $0.name == settings.resolvedName }?.peerURL
    let known = members.isEmpty ? nil : members.map { "\($0.name)=\($0.peerURL)" }.joined(separator: ",")
    let urls = settings.initialAdvertisePeerURLs?.joined(separator: ",") ?? own
    // Without a word on the cluster etcd's default names the member `default`.
    let fallback =
      settings.resolvedName == "default" && urls == nil
      ? nil : "\(settings.resolvedName)=\(urls ?? "http://localhost:2380")"
    if let cluster = settings.initialCluster ?? known ?? fallback { arguments += ["--initial-cluster", cluster] }
    if let urls { arguments += ["--initial-advertise-peer-urls", urls] }
    if let token = settings.initialClusterToken ?? destination.initialClusterToken {
      arguments += ["--initial-cluster-token", token]
    }
    if let bump = settings.bumpRevision { arguments += ["--bump-revision", "\(bump)"] }
    if settings.markCompacted == true { arguments.append("--mark-compacted") }
    return arguments
  }

  /// - Parameter mounts: Of the executor; the tool sees the claim alone.
  func container(mounts: [VolumeMount], resources: ResourceRequirements, securityContext: SecurityContext) -> Container
  {
    let path = "\(MountLayout.defaultRoot)/\(MountLayout.volume(claim: claim))"
    return Container(
      name: Self.toolContainer, image: settings.image, command: arguments,
      // What etcdctl of 3.4 and earlier needs to know snapshots.
      env: [EnvironmentVariable(name: "ETCDCTL_API", value: "3")], resources: resources,
      volumeMounts: mounts.filter { $0.mountPath == path }, securityContext: securityContext,
      terminationMessagePolicy: "FallbackToLogsOnError")
  }
}
