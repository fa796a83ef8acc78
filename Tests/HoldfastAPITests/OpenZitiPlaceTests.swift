import KubernetesModel
import Testing

@testable import HoldfastAPI

/// Where a database goes: what the request says, and for the rest where the policy says that it came from.
@Suite struct OpenZitiPlaceTests {
  private func place(
    _ destination: RestoreRequest.OpenZitiDestination? = nil, _ origin: Source.OpenZiti? = nil
  ) throws -> OpenZitiPlace {
    try OpenZitiPlace(source: "controller", destination: destination, origin: origin)
  }

  @Test func aReleaseSaysEverything() throws {
    let place = try place(nil, Source.OpenZiti(release: "ziti-controller"))
    #expect(
      place.way
        == .claim(
          .init(claimName: "ziti-controller"), path: "ctrl.db",
          workload: .init(kind: .deployment, name: "ziti-controller")))
    #expect(place.managementAPI?.adminSecretRef?.name == "ziti-controller-admin-secret")
    #expect(!place.needsProof)
  }

  @Test func theRequestIsStrongerThanThePolicy() throws {
    let place = try place(
      .init(
        persistentVolumeClaim: .init(claimName: "new", create: .init(storage: "2Gi"), path: "data/ctrl.db"),
        workload: .init(kind: .statefulSet, name: "w"),
        managementAPI: .init(url: "https://new:443", adminSecretRef: .init(name: "admin"))),
      Source.OpenZiti(release: "old", databasePath: "/persistent/other.db"))
    #expect(
      place.way
        == .claim(
          .init(claimName: "new", create: .init(storage: "2Gi"), path: "data/ctrl.db"), path: "data/ctrl.db",
          workload: .init(kind: .statefulSet, name: "w")))
    #expect(place.managementAPI?.url == "https://new:443" && place.needsProof)
    // What it does not name is as in the policy: the trusted certificates of the release.
    #expect(place.managementAPI?.caBundle?.configMapRef?.name == "old-controller-ctrl-plane-cas")
  }

  @Test func aClaimWithoutAPolicyIsEnough() throws {
    let place = try place(
      .init(
        persistentVolumeClaim: .init(claimName: "ziti-controller", create: .init(storage: "2Gi")),
        workload: .init(kind: .deployment, name: "ziti-controller")))
    guard case .claim(_, let path, let workload) = place.way else {
      Issue.record("\(place.way)")
      return
    }
    #expect(path == "ctrl.db" && workload?.name == "ziti-controller")
    #expect(place.managementAPI == nil)
  }

  @Test func aPathBelowTheMountIsFoundInTheClaim() throws {
    let origin = Source.OpenZiti(
      podSelector: LabelSelector(matchLabels: ["a": "b"]), databasePath: "/data/db/ctrl.db",
      persistentVolumeClaim: SourceClaim(claimName: "c", mountPath: "/data"))
    #expect(try place(nil, origin).way == .claim(.init(claimName: "c"), path: "db/ctrl.db", workload: nil))
  }

  /// A file under a clustered controller's name would be overwritten by its log.
  @Test func aClusteredControllerIsRestoredThroughItsLeader() throws {
    var origin = Source.OpenZiti(release: "ctrl1-controller", databasePath: "/persistent/raft/ctrl-ha.db")
    guard case .cluster(let selector, let container, let path, _) = try place(nil, origin).way else {
      Issue.record("no cluster")
      return
    }
    #expect(selector.matchLabels?["app.kubernetes.io/instance"] == "ctrl1-controller")
    #expect(container == "ziti-controller" && path == "/persistent/raft/ctrl-ha.db")
    // Onto a claim it becomes what a new cluster is made from.
    origin.release = nil
    let claim = try place(.init(persistentVolumeClaim: .init(claimName: "c")), origin)
    #expect(claim.way == .claim(.init(claimName: "c"), path: "ctrl.db", workload: nil))
  }

  @Test func aHostsDatabaseIsBesideItsSnapshots() throws {
    let host = Source.OpenZiti.Host(
      command: ["x"], snapshotPath: "/persistent/ctrl.db", hostPath: "/volumes/z/snapshot.db")
    #expect(try place(nil, Source.OpenZiti(host: host)).way == .file("/volumes/z/ctrl.db"))
    #expect(try place(.init(host: .init(path: "/a/b.db"))).way == .file("/a/b.db"))
  }

  @Test func whoSaysNothingIsToldWhatToSay() {
    let origin = Source.OpenZiti(podSelector: LabelSelector(matchLabels: ["a": "b"]))
    #expect { try place(nil, origin) } throws: { "\($0)".contains("openZiti.persistentVolumeClaim") }
    #expect { try place(.init(clustered: true)) } throws: { "\($0)".contains("openZiti.podSelector") }
  }

  @Test func onlyChosenSourcesOfTheKindAreWritten() {
    let sources = [
      Source(name: "controller", openZiti: Source.OpenZiti(release: "r")), Source(name: "pki", certManager: .init()),
    ]
    #expect(OpenZitiPlace.all(sources, by: nil).map(\.source) == ["controller"])
    #expect(OpenZitiPlace.all(sources, by: [.init(name: "pki")]).isEmpty)
    #expect(OpenZitiPlace.all(sources, by: [.init(name: "controller")]).count == 1)
    #expect(OpenZitiPlace.all([], by: [.init(name: "x", openZiti: .init(release: "r"))]).count == 1)
  }
}
