public import KubernetesModel

/// Where the database of one source goes: what a request says of it, and for the rest what the policy's source says of where
/// it came from. Pure; the operator and the executor come to the same.
public struct OpenZitiPlace: Sendable, Hashable {
  public enum Way: Sendable, Hashable {
    /// Onto a claim, with the workload at zero meanwhile. `path` is from the root of the volume.
    case claim(
      RestoreRequest.OpenZitiDestination.Claim, path: String, workload: RestoreRequest.OpenZitiDestination.Workload?)
    /// Through the agent of a running cluster's leader.
    case cluster(podSelector: LabelSelector, container: String, databasePath: String, command: [String])
    /// A file of this machine.
    case file(String)
  }

  public static let defaultFile = "ctrl.db"
  /// What a clustered controller calls its database. Beside it is the log of its changes, which would be played onto it again.
  public static let clusteredFile = "ctrl-ha.db"
  /// Of both the user and the group: https://github.com/openziti/ziti, dist/docker-images/ziti-controller, and the chart's
  /// `podSecurityContext.fsGroup`.
  public static let defaultUser: Int64 = 2_171
  public static let defaultMode: UInt16 = 0o600

  public var source: String
  public var way: Way
  /// The controller's pods, beside which a claim can be mounted; a guess by the chart's name where nobody says.
  public var podSelector: LabelSelector
  public var managementAPI: Source.OpenZiti.ManagementAPI?
  /// The request names the management API: the proof then has to succeed, and else is made where it can.
  public var needsProof: Bool
  public var runAsUser: Int64?
  public var runAsGroup: Int64?
  public var fileMode: UInt16?
  public var timeout: Duration

  /// - Parameters:
  ///   - destination: Of the request.
  ///   - source: Of the policy, where that is known.
  /// - Throws: ``ValidationIssue`` where nobody says where it goes.
  public init(
    source name: String, destination: RestoreRequest.OpenZitiDestination?, origin: Source.OpenZiti?
  ) throws(ValidationIssue) {
    let given = destination ?? RestoreRequest.OpenZitiDestination()
    let preset = (given.release ?? origin?.release).map(OpenZitiPreset.init)
    source = name
    way = try Self.way(name, given, origin, preset)
    podSelector =
      given.podSelector ?? preset?.podSelector ?? origin?.podSelector
      ?? LabelSelector(matchLabels: ["app.kubernetes.io/name": "ziti-controller"])
    needsProof = destination?.managementAPI != nil
    let presets = preset?.managementAPI
    managementAPI =
      given.managementAPI.map { $0.filled(from: presets) } ?? origin?.managementAPI.map { $0.filled(from: presets) }
      ?? presets
    runAsUser = given.runAsUser
    runAsGroup = given.runAsGroup ?? given.runAsUser
    fileMode = given.fileMode.flatMap { UInt16($0, radix: 8) }
    timeout = given.timeout.flatMap { try? DurationText.parse($0) } ?? Source.OpenZiti.defaultTimeout
  }

  private static func way(
    _ name: String, _ given: RestoreRequest.OpenZitiDestination, _ origin: Source.OpenZiti?, _ preset: OpenZitiPreset?
  ) throws(ValidationIssue) -> Way {
    if let host = given.host { return .file(host.path) }
    let databasePath = origin?.resolvedDatabasePath ?? Source.OpenZiti.defaultDatabasePath
    let isClustered =
      given.clustered ?? (given.persistentVolumeClaim == nil && lastName(databasePath) == clusteredFile)
    if isClustered {
      guard let selector = given.podSelector ?? origin?.podSelector ?? preset?.podSelector else {
        throw ValidationIssue(
          field: "restore of \(name)",
          message:
            "does not say which pods are the controllers; set openZiti.podSelector or openZiti.release for this source")
      }
      let path = lastName(databasePath) == clusteredFile ? databasePath : "/persistent/raft/\(clusteredFile)"
      return .cluster(
        podSelector: selector,
        container: given.container ?? origin?.resolvedContainer ?? Source.OpenZiti.defaultContainer,
        databasePath: path, command: origin?.agent?.command ?? ["ziti"])
    }
    if let claim = given.persistentVolumeClaim ?? claim(origin, preset) {
      let workload = given.workload ?? preset.map { .init(kind: .deployment, name: $0.fullName) }
      return .claim(claim, path: claim.path ?? path(databasePath, origin), workload: workload)
    }
    if let host = origin?.host {
      // Snapshots are written beside the database.
      let snapshot = host.hostPath ?? host.snapshotPath
      return .file(String(snapshot.dropLast(lastName(snapshot).count)) + lastName(databasePath))
    }
    throw ValidationIssue(
      field: "restore of \(name)",
      message: "nobody says which claim it goes to; set openZiti.persistentVolumeClaim and openZiti.workload, or "
        + "openZiti.release, for this source")
  }

  private static func claim(
    _ origin: Source.OpenZiti?, _ preset: OpenZitiPreset?
  ) -> RestoreRequest.OpenZitiDestination.Claim? {
    guard origin?.host == nil else { return nil }
    return (origin?.persistentVolumeClaim ?? preset?.persistentVolumeClaim).map { .init(claimName: $0.claimName) }
  }

  /// In the claim: what follows the controller's mount. A clustered one's file never goes onto a claim.
  private static func path(_ databasePath: String, _ origin: Source.OpenZiti?) -> String {
    let mount = origin?.persistentVolumeClaim?.mountPath ?? Source.OpenZiti.defaultClaimMountPath
    let root = mount.hasSuffix("/") ? mount : mount + "/"
    guard databasePath.hasPrefix(root), lastName(databasePath) != clusteredFile else { return defaultFile }
    return String(databasePath.dropFirst(root.count))
  }

  static func lastName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The claim that is written, and how to make it.
  public var claim: RestoreRequest.OpenZitiDestination.Claim? {
    guard case .claim(let claim, _, _) = way else { return nil }
    return claim
  }
}

extension OpenZitiPlace {
  /// Which sources of kind `openZiti` a restore brings back, with what is known of each. What is chosen by name and not
  /// known to be one is none.
  public static func chosen(
    _ sources: [Source], by selections: [RestoreRequest.SourceSelection]?
  ) -> [(name: String, destination: RestoreRequest.OpenZitiDestination?, origin: Source.OpenZiti?)] {
    let known = sources.compactMap { source in source.openZiti.map { (source.name, $0) } }
    guard let selections else { return known.map { ($0.0, nil, $0.1) } }
    return selections.compactMap { selection in
      let origin = known.first { $0.0 == selection.name }?.1
      guard origin != nil || selection.openZiti != nil else { return nil }
      return (selection.name, selection.openZiti, origin)
    }
  }

  /// Those whose place is known; the executor says of the others what is missing.
  public static func all(
    _ sources: [Source], by selections: [RestoreRequest.SourceSelection]?
  ) -> [OpenZitiPlace] {
    chosen(sources, by: selections).compactMap {
      try? OpenZitiPlace(source: $0.name, destination: $0.destination, origin: $0.origin)
    }
  }
}
