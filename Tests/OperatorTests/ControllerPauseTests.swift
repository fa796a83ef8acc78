import HoldfastAPI
import JobPlan
import KubernetesModel
import KubernetesRuntime
import Testing

@testable import Operator

/// cert-manager's controller does not stay at zero because a restore's Job died.
@Suite struct ControllerPauseTests {
  private func scene(namespace: String? = nil, trusted: Set<String> = ["ns"]) -> Scene {
    let scene = Scene(trustedNamespaces: trusted)
    scene.cluster.put(Make.policy { $0.sources = [Source(name: "pki", certManager: Source.CertManager())] })
    scene.cluster.put(Make.done("one"))
    let destination = RestoreRequest.ObjectDestination(
      pauseControllers: true, controller: namespace.map { .init(namespace: $0) })
    scene.cluster.put(
      RestoreRequest(
        metadata: ObjectMeta(name: "back", namespace: "ns", uid: "uid-back"),
        spec: .init(
          from: .init(backup: "one"), sources: [.init(name: "pki", certManager: destination)], safetyBackup: false)))
    return scene
  }

  private func status(_ scene: Scene) -> RestoreRequest.Status? {
    scene.cluster.object(RestoreRequest.self, "back")?.status
  }

  private func job(_ scene: Scene, _ operation: JobOperation) -> Job? {
    scene.cluster.all(Job.self).first { $0.operation == operation }
  }

  private func bindings(_ scene: Scene) -> [String] {
    scene.cluster.all(RoleBinding.self).map { "\($0.metadata.namespace ?? ""): \($0.roleRef.name)" }.sorted()
  }

  @Test func theRightIsGivenForTheTimeOfTheJob() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    #expect(bindings(scene).contains("cert-manager: holdfast-executor-controllers"))
    #expect(scene.cluster.refused == [], "the installed roles are not enough")
    scene.cluster.complete(try #require(self.job(scene, .restore)).key.name, with: Make.result(.restore))
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .completed)
    #expect(job(scene, .unpause) == nil, "it put it back itself")
    #expect(bindings(scene) == [])
  }

  @Test func onlyTrustedNamespacesMayPauseInAnother() async throws {
    let scene = scene(trusted: [])
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.failure?.reason == "NotTrusted")
    #expect(status(scene)?.failure?.message.contains("namespace cert-manager") == true)
    #expect(scene.cluster.all(Job.self).isEmpty && bindings(scene) == [])
    let own = self.scene(namespace: "ns", trusted: [])
    _ = try await own.reconcileRestore()
    #expect(job(own, .restore) != nil)
  }

  @Test func aKilledJobIsFollowedByOneThatPutsItBack() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    let restore = try #require(self.job(scene, .restore))
    scene.cluster.complete(restore.key.name, with: nil, code: 137)
    #expect(try await scene.reconcileRestore() == .requeue(after: .seconds(5)))
    let unpause = try #require(self.job(scene, .unpause))
    #expect(unpause.spec.template.spec.containers[0].args?.first == "unpause")
    #expect(unpause.metadata.controllerReference?.uid == "uid-back" && unpause.spec.activeDeadlineSeconds == 300)
    #expect(status(scene)?.phase == .restoring && !bindings(scene).isEmpty, "the rights stay until it is done")
    // A restarted operator finds it.
    _ = try await scene.reconcileRestore()
    #expect(scene.cluster.all(Job.self).count { $0.operation == .unpause } == 1)
    scene.cluster.complete(
      unpause.key.name,
      with: Make.result(.unpause) { $0.warnings = ["Deployment cert-manager/cert-manager is scaled back to 1"] })
    _ = try await scene.reconcileRestore()
    #expect(status(scene)?.phase == .failed)
    #expect(
      status(scene)?.failure?.message.contains("afterwards Deployment cert-manager/cert-manager is scaled back to 1")
        == true)
    #expect(bindings(scene) == [])
  }

  @Test func whereThatFailsToApersonIsToldTheCommand() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    scene.cluster.complete(
      try #require(self.job(scene, .restore)).key.name,
      with: Make.result(.restore, .failed) {
        $0.failure = .init(step: "restore", reason: "RestoreFailed", message: "no")
      }, code: 1)
    _ = try await scene.reconcileRestore()
    scene.cluster.complete(
      try #require(self.job(scene, .unpause)).key.name,
      with: Make.result(.unpause, .failed) {
        $0.failure = .init(step: "restore", reason: "ControllerPaused", message: "the API server is away")
      }, code: 1)
    _ = try await scene.reconcileRestore()
    let message = try #require(status(scene)?.failure?.message)
    #expect(status(scene)?.phase == .failed)
    #expect(message.contains("kubectl -n cert-manager scale deployment cert-manager --replicas=1"), "\(message)")
    #expect(message.contains("the API server is away"))
  }

  @Test func aDeletedRequestKeepsItsRightsWhileItsPodPutsThingsBack() async throws {
    let scene = scene()
    _ = try await scene.reconcileRestore()
    let restore = try #require(self.job(scene, .restore))
    scene.cluster.put(
      Make.pod("pod-1", of: restore) {
        $0.status = PodStatus(phase: "Running", containerStatuses: [Make.running])
        $0.metadata.deletionTimestamp = Timestamp(scene.clock.now)
      })
    scene.cluster.remove(RestoreRequest.self, "back")
    #expect(try await scene.reconcileRestore() == .requeue(after: .seconds(5)))
    #expect(!bindings(scene).isEmpty)
    // It never ends: the node is gone.
    scene.clock.advance(61)
    _ = try await scene.reconcileRestore()
    #expect(bindings(scene) == [])
  }
}
