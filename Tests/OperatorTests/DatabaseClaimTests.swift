import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

@testable import Operator

/// The claims that databases are restored to are there before the pod is that mounts them.
@Suite struct DatabaseClaimTests {
  private func scene(
    create: RestoreRequest.ClaimCreation? = nil, dryRun: Bool = false
  ) -> Scene {
    let scene = Scene()
    scene.cluster.put(
      Make.policy { $0.sources = [Source(name: "controller", openZiti: Source.OpenZiti(release: "ziti-controller"))] })
    scene.cluster.put(Make.done("one"))
    let destination = RestoreRequest.OpenZitiDestination(
      persistentVolumeClaim: .init(claimName: "data", create: create), workload: .init(kind: .deployment, name: "z"))
    let spec = RestoreRequest.Spec(
      from: .init(backup: "one"), sources: [.init(name: "controller", openZiti: destination)], safetyBackup: false,
      dryRun: dryRun)
    scene.cluster.put(
      RestoreRequest(metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"), spec: spec))
    return scene
  }

  private func claim(_ modes: [String]) -> PersistentVolumeClaim {
    PersistentVolumeClaim(
      metadata: ObjectMeta(name: "data", namespace: "ns"), spec: PersistentVolumeClaimSpec(accessModes: modes))
  }

  private func failure(_ scene: Scene) -> Backup.Failure? {
    scene.cluster.object(RestoreRequest.self, "back")?.status?.failure
  }

  private func mounted(_ scene: Scene) -> [String] {
    (scene.cluster.runJobs.first { $0.operation == .restore }?.spec.template.spec.volumes ?? []).compactMap {
      $0.persistentVolumeClaim?.claimName
    }
  }

  @Test func aClaimIsMadeBeforeTheJob() async throws {
    let scene = scene(create: .init(storage: "2Gi", storageClassName: "fast"))
    _ = try await scene.reconcileRestore()
    let writes = scene.cluster.writes
    let made = try #require(writes.firstIndex { $0.hasPrefix("create persistentvolumeclaims") })
    #expect(made < (try #require(writes.firstIndex { $0.hasPrefix("create jobs") })))
    #expect(scene.cluster.object(PersistentVolumeClaim.self, "data")?.spec?.storageClassName == "fast")
    #expect(mounted(scene) == ["data"])
    #expect(scene.cluster.all(RoleBinding.self).contains { $0.roleRef.name == ExecutorRole.openZitiRestore.name })
  }

  @Test func aDryRunMakesNoneAndDoesWithout() async throws {
    let scene = scene(create: .init(storage: "2Gi"), dryRun: true)
    _ = try await scene.reconcileRestore()
    #expect(scene.cluster.object(PersistentVolumeClaim.self, "data") == nil)
    #expect(scene.cluster.runJobs.count == 1 && mounted(scene).isEmpty)
  }

  @Test func oneThatIsThereStaysAsItIs() async throws {
    let scene = scene(create: .init(storage: "2Gi"))
    scene.cluster.put(claim(["ReadWriteOnce"]))
    _ = try await scene.reconcileRestore()
    #expect(!scene.cluster.writes.contains { $0.contains("persistentvolumeclaims") })
    #expect(mounted(scene) == ["data"])
  }

  @Test func oneThatIsNotThereIsNamed() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    #expect(failure(scene)?.message.contains("PersistentVolumeClaim data is not there") == true)
    #expect(scene.cluster.runJobs.isEmpty)
  }

  /// It can be mounted by one pod, and that is the controller's.
  @Test func oneForASinglePodIsRefusedWhileThatRuns() async throws {
    let scene = scene()
    scene.cluster.put(claim(["ReadWriteOncePod"]))
    let volume = Volume(name: "v", persistentVolumeClaim: PersistentVolumeClaimVolume(claimName: "data"))
    let spec = PodSpec(containers: [Container(name: "c", image: "i")], volumes: [volume])
    scene.cluster.put(Pod(metadata: ObjectMeta(name: "z-0", namespace: "ns"), spec: spec))
    _ = try await scene.reconcileRestore()
    let message = failure(scene)?.message ?? ""
    #expect(
      message.contains("ReadWriteOncePod") && message.contains("z-0") && message.contains("by hand"), "\(message)")
    #expect(scene.cluster.runJobs.isEmpty)
  }
}
