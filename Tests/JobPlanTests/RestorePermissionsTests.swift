import HoldfastAPI
import KubernetesModel
import Testing

@testable import JobPlan

/// What a restore may write, and where.
@Suite struct RestorePermissionsTests {
  private func grants(
    _ sources: [Source], origin: String = "shop", in namespace: String = "shop",
    _ change: (inout RestoreRequest.Spec) -> Void = { _ in }
  ) -> RestorePermissions {
    var request = RestoreRequest.Spec(from: RestoreRequest.From(backup: "b"))
    change(&request)
    return RestorePermissions(
      spec: BackupPolicySpec(sources: sources, target: Target()), origin: origin, request: request,
      namespace: namespace)
  }

  private func names(_ permissions: RestorePermissions) -> [String] {
    permissions.grants.map { "\($0.namespace ?? "*"):\($0.role.suffix)" }
  }

  private let pki = Source(name: "pki", certManager: Source.CertManager())
  private let objects = Source(name: "objects", resources: Source.Resources())
  private let bao = Source(name: "raft", openBao: Source.OpenBao(address: "https://bao:8200"))

  @Test func aSnapshotNeedsItsJournalAlone() {
    #expect(names(grants([bao])) == ["shop:results"])
    #expect(
      names(grants([bao, pki]) { $0.sources = [RestoreRequest.SourceSelection(name: "raft")] }) == ["shop:results"])
  }

  private let ziti = Source(name: "controller", openZiti: Source.OpenZiti(release: "ziti-controller"))

  @Test func aDatabaseOnAClaimNeedsItsWorkloadInTheRequestsNamespaceAlone() {
    #expect(names(grants([ziti], origin: "old", in: "new")) == ["new:openziti-restore", "new:results"])
    #expect(grants([ziti], origin: "old", in: "new").reach(beyond: "new") == nil)
    #expect(
      names(grants([ziti, pki]) { $0.sources = [.init(name: "pki")] }) == ["shop:certmanager-restore", "shop:results"])
    // Of a backup that this cluster knows by its place alone.
    let claim = RestoreRequest.OpenZitiDestination(persistentVolumeClaim: .init(claimName: "c"))
    #expect(
      names(grants([]) { $0.sources = [.init(name: "controller", openZiti: claim)] }) == [
        "shop:openziti-restore", "shop:results",
      ])
    let cluster = RestoreRequest.OpenZitiDestination(clustered: true)
    #expect(
      names(grants([ziti]) { $0.sources = [.init(name: "controller", openZiti: cluster)] }) == [
        "shop:exec", "shop:results",
      ])
  }

  /// The claim is written as the controller's user, near the controller, and near nobody once that is stopped.
  @Test func thePodOfADatabaseHasItsClaimAndPrefersTheControllersNode() throws {
    var request = RestoreRequest(
      metadata: ObjectMeta(name: "back", namespace: "shop", uid: "u"),
      spec: RestoreRequest.Spec(from: .init(backup: "b")))
    func job(_ absent: Set<String> = []) throws -> PodSpec {
      let objects = RestoreObjects(
        request: request, origin: Plan.Policy(namespace: "shop", name: "p"),
        spec: BackupPolicySpec(sources: [ziti], target: Target()), policy: "p", id: "i",
        defaults: ExecutorDefaults(image: "i"), clusterID: nil)
      return try objects.job(isDryRun: !absent.isEmpty, absentClaims: absent).spec.template.spec
    }
    let pod = try job()
    #expect(pod.securityContext?.runAsUser == 2171 && pod.securityContext?.runAsGroup == 2171)
    #expect(pod.securityContext?.fsGroup == 2171 && pod.securityContext?.fsGroupChangePolicy == "OnRootMismatch")
    let claim = try #require(pod.volumes?.first { $0.persistentVolumeClaim != nil }?.persistentVolumeClaim)
    #expect(claim.claimName == "ziti-controller" && claim.readOnly == nil)
    let affinity = pod.affinity?["podAffinity"]
    #expect(affinity?["requiredDuringSchedulingIgnoredDuringExecution"] == nil)
    let term = affinity?["preferredDuringSchedulingIgnoredDuringExecution"]?.arrayValue?.first
    #expect(term?["podAffinityTerm"]?["topologyKey"]?.stringValue == "kubernetes.io/hostname")
    // A dry run makes no claim, and cannot mount one that is not there.
    #expect(try job(["ziti-controller"]).volumes?.contains { $0.persistentVolumeClaim != nil } == false)
    request.spec.sources = [
      .init(name: "controller", openZiti: .init(release: "ziti-controller", runAsUser: 1000, runAsGroup: 3000))
    ]
    let other = try job().securityContext
    #expect(other?.runAsUser == 1000 && other?.fsGroup == 3000)
  }

  @Test func aClaimIsMadeAsTheRequestSaysAndOutlivesIt() throws {
    let claim = RestoreRequest.OpenZitiDestination.Claim(claimName: "c", create: .init(storage: "2Gi"))
    let request = RestoreRequest(
      metadata: ObjectMeta(name: "back", namespace: "shop", uid: "u"),
      spec: RestoreRequest.Spec(
        from: .init(backup: "b"), sources: [.init(name: "controller", openZiti: .init(persistentVolumeClaim: claim))]))
    let objects = RestoreObjects(
      request: request, origin: Plan.Policy(namespace: "shop", name: "p"),
      spec: BackupPolicySpec(sources: [], target: Target()), policy: nil, id: "i",
      defaults: ExecutorDefaults(image: "i"),
      clusterID: nil)
    #expect(objects.databaseClaims == [claim])
    let made = try #require(try objects.persistentVolumeClaim(claim))
    #expect(made.spec?.accessModes == ["ReadWriteOnce"] && made.spec?.storageClassName == nil)
    #expect(made.spec?.resources?["requests"]?["storage"]?.stringValue == "2Gi")
    #expect(made.metadata.ownerReferences == nil)
    #expect(try objects.persistentVolumeClaim(.init(claimName: "c")) == nil)
  }

  @Test func certificatesOfTheOwnNamespaceNeedNoTrust() {
    let permissions = grants([bao, pki])
    #expect(names(permissions) == ["shop:certmanager-restore", "shop:results"])
    #expect(permissions.reach(beyond: "shop") == nil)
  }

  @Test func aMappingMovesTheRights() {
    let moved = grants([pki], in: "new") { $0.namespaceMapping = ["shop": "new"] }
    #expect(names(moved) == ["new:certmanager-restore", "new:results"])
    #expect(moved.reach(beyond: "new") == nil)
    let elsewhere = grants([pki], in: "new")
    #expect(elsewhere.reach(beyond: "new") == "namespace shop")
  }

  @Test func whatIsInNoNamespaceAndObjectsOfEveryKindNeedTrust() {
    var wide = pki
    wide.certManager?.clusterIssuers = .all
    let permissions = grants([wide])
    #expect(
      Set(names(permissions)) == [
        "*:certmanager-cluster-restore", "cert-manager:certmanager-restore", "shop:certmanager-restore", "shop:results",
      ])
    #expect(permissions.reach(beyond: "shop") == "what is in no namespace")
    #expect(names(grants([objects])) == ["shop:restore", "shop:results"])
    #expect(grants([objects]).reach(beyond: "shop") == "objects of every kind")
  }

  /// Bindings are the request's, and name the account that the pod has.
  @Test func bindingsNameThePodsAccount() throws {
    let request = RestoreRequest(
      metadata: ObjectMeta(name: "back", namespace: "shop", uid: "u"),
      spec: RestoreRequest.Spec(from: RestoreRequest.From(backup: "b")))
    let objects = RestoreObjects(
      request: request, origin: Plan.Policy(namespace: "shop", name: "all"),
      spec: BackupPolicySpec(sources: [pki], target: Target()), policy: "all", id: "i",
      defaults: ExecutorDefaults(image: "i"), clusterID: nil)
    let bindings = try objects.bindings(isDryRun: false)
    let account = try #require(objects.serviceAccount?.metadata.name)
    #expect(try objects.job(isDryRun: false).spec.template.spec.serviceAccountName == account)
    #expect(bindings.everywhere.isEmpty && bindings.inNamespaces.count == 2)
    for binding in bindings.inNamespaces {
      #expect(binding.subjects?.map(\.name) == [account])
      #expect(binding.metadata.ownerReferences == nil, "a pod that is told to stop still needs them")
      #expect(binding.metadata.labels?[HoldfastAPI.restoreLabel] == "back")
      #expect((binding.metadata.name ?? "").utf8.count <= 63)
    }
  }

  @Test func aLongPlanKeepsWhatIsDone() throws {
    let actions = (0..<20_000).map {
      RestoreRequest.PlannedAction(
        source: "s", action: $0 % 10 == 0 ? "create" : "skip", object: "Secret shop/s\($0)",
        detail: "it is as in the backup")
    }
    var journal = RestoreJournal()
    journal.setPlan(actions)
    journal.progress = .init(done: 1, total: 2)
    #expect(journal.data.values.reduce(0) { $0 + $1.utf8.count } < 1_000_000)
    let read = try #require(RestoreJournal(data: journal.data))
    let plan = try #require(read.plan)
    #expect(plan.count { $0.action == "create" } == 2_000)
    #expect(plan.count <= 10_000 && plan.last?.detail?.contains("do not fit") == true)
    #expect(read.progress == .init(done: 1, total: 2))
    #expect(RestoreJournal(data: ["begun.json": "no"]) == nil && RestoreJournal(data: [:]) == nil)
  }
}
