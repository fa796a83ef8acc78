import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

@testable import Operator

/// Executors get what their sources need, and beyond their namespace only where it is trusted.
struct PermissionsTests {
  static func resources(_ namespaces: [String]? = nil, clusterScoped: Bool? = nil) -> BackupPolicy {
    Make.policy {
      $0.sources = [Source(name: "all", resources: .init(namespaces: namespaces, clusterScoped: clusterScoped))]
    }
  }

  private func bindings(_ scene: Scene) -> [String] {
    scene.cluster.all(RoleBinding.self).map { "\($0.metadata.namespace ?? ""): \($0.roleRef.name)" }.sorted()
      + scene.cluster.all(ClusterRoleBinding.self).map { "*: \($0.roleRef.name)" }.sorted()
  }

  private func readiness(_ scene: Scene) -> Condition? {
    scene.cluster.object(BackupPolicy.self, "bao")?.status?.conditions["Ready"]
  }

  @Test func aSourceOverHTTPGetsNothing() async throws {
    let scene = Scene()
    scene.cluster.put(Make.policy())
    _ = try await scene.reconcilePolicy()
    #expect(bindings(scene) == [])
    #expect(scene.cluster.object(ServiceAccount.self, "bao-backup") == nil)
    #expect(scene.cluster.refused == [])
  }

  @Test func theOwnNamespaceNeedsNoTrust() async throws {
    let scene = Scene()
    scene.cluster.put(Self.resources())
    _ = try await scene.reconcilePolicy()
    #expect(bindings(scene) == ["ns: holdfast-executor-resources"])
    let binding = try #require(scene.cluster.all(RoleBinding.self).first)
    #expect(binding.subjects == [Subject(kind: "ServiceAccount", name: "bao-backup", namespace: "ns")])
    #expect(binding.metadata.controllerReference?.uid == "uid-bao")
    #expect(scene.cluster.object(ServiceAccount.self, "bao-backup") != nil)
    #expect(scene.cluster.refused == [], "the installed roles are not enough")
    scene.cluster.clearWrites()
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [])
  }

  @Test func anAccountOfThePolicysOwnIsBound() async throws {
    let scene = Scene()
    var policy = Self.resources()
    policy.spec.executor = ExecutorTemplate(serviceAccountName: "backup-writer")
    scene.cluster.put(policy)
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.all(RoleBinding.self).first?.subjects?.first?.name == "backup-writer")
    #expect(scene.cluster.object(ServiceAccount.self, "bao-backup") == nil)
  }

  @Test func withoutTrustNothingBeyondIsGranted() async throws {
    let scene = Scene()
    scene.cluster.put(Self.resources(["ns", "other"], clusterScoped: true))
    _ = try await scene.reconcilePolicy()
    #expect(bindings(scene) == [])
    let ready = try #require(readiness(scene))
    #expect(ready.status == .false && ready.reason == "NotTrusted")
    #expect(ready.message.contains("--trusted-namespace ns") && ready.message.contains("(other)"), "\(ready.message)")
    #expect(ready.message.contains("spec.sources[0].resources.clusterScoped"))
    #expect(scene.cluster.all(CronJob.self).isEmpty)
    #expect(scene.events.reasons.contains("PolicyInvalid"))
  }

  @Test func aTrustedNamespaceReachesBeyondAndLeavesNothingBehind() async throws {
    let scene = Scene(trustedNamespaces: ["ns"])
    scene.cluster.put(Self.resources(["ns", "other"]))
    _ = try await scene.reconcilePolicy()
    #expect(
      bindings(scene) == [
        "ns: holdfast-executor-resources", "other: holdfast-executor-resources", "*: holdfast-executor-definitions",
      ])
    #expect(scene.cluster.refused == [], "the installed roles are not enough")
    scene.cluster.clearWrites()
    _ = try await scene.reconcilePolicy()
    #expect(scene.cluster.writes == [], "a second call writes")

    // A namespace that is no longer asked for.
    scene.cluster.change(BackupPolicy.self, "bao") { $0.spec.sources[0].resources?.namespaces = ["ns"] }
    _ = try await scene.reconcilePolicy()
    #expect(bindings(scene) == ["ns: holdfast-executor-resources", "*: holdfast-executor-definitions"])

    // The policy is gone: its own namespace is the garbage collector's.
    scene.cluster.remove(BackupPolicy.self, "bao")
    _ = try await scene.reconcilePolicy()
    #expect(bindings(scene) == ["ns: holdfast-executor-resources"])
  }

  @Test func trustThatIsWithdrawnIsTakenBack() async throws {
    let trusting = Scene(trustedNamespaces: ["ns"])
    trusting.cluster.put(Self.resources(["other"], clusterScoped: true))
    _ = try await trusting.reconcilePolicy()
    #expect(
      bindings(trusting) == ["*: holdfast-executor-definitions", "*: holdfast-executor-resources"],
      "what is granted everywhere is not granted twice")
    trusting.cluster.setTrust(false)
    let context = OperatorContext(
      client: trusting.cluster.client,
      configuration: OperatorConfiguration(executor: ExecutorDefaults(image: "i")), events: trusting.events,
      logger: trusting.context.logger)
    _ = try await BackupPolicyReconciler(context: context).reconcile(Scene.key("bao"))
    #expect(bindings(trusting) == [])
    #expect(readiness(trusting)?.reason == "NotTrusted")
  }

  @Test func aBindingThatSomebodyChangedIsRepaired() async throws {
    let scene = Scene(trustedNamespaces: ["ns"])
    scene.cluster.put(Self.resources(["other"]))
    _ = try await scene.reconcilePolicy()
    let name = try #require(scene.cluster.all(RoleBinding.self).first?.metadata.name)
    scene.cluster.change(RoleBinding.self, name, in: "other") {
      $0.subjects = [Subject(kind: "ServiceAccount", name: "thief", namespace: "ns")]
    }
    _ = try await scene.reconcilePolicy()
    let binding = scene.cluster.object(RoleBinding.self, name, in: "other")
    #expect(binding?.subjects?.map(\.name) == ["bao-backup"])
    #expect(scene.events.reasons.contains("DriftRepaired"))
  }

  @Test func aBindingBeyondThatSomebodyChangedIsRepaired() async throws {
    let scene = Scene(trustedNamespaces: ["ns"])
    scene.cluster.put(Self.resources(clusterScoped: true))
    _ = try await scene.reconcilePolicy()
    let name = try #require(scene.cluster.all(ClusterRoleBinding.self).first?.metadata.name)
    var changed = try #require(scene.cluster.all(ClusterRoleBinding.self).first { $0.metadata.name == name })
    changed.subjects = []
    scene.cluster.put(changed)
    _ = try await scene.reconcilePolicy()
    let binding = scene.cluster.all(ClusterRoleBinding.self).first { $0.metadata.name == name }
    #expect(binding?.subjects?.map(\.name) == ["bao-backup"])
    #expect(scene.cluster.refused == [], "the installed roles are not enough")
  }

  @Test func aBindingOfSomebodyElseIsLeftAlone() async throws {
    let scene = Scene(trustedNamespaces: ["ns"])
    let name = ObjectNames.foreignBinding(policy: "bao", namespace: "ns", role: .resources)
    let theirs = RoleBinding(
      metadata: ObjectMeta(name: name, namespace: "other"),
      roleRef: RoleReference(kind: "ClusterRole", name: "view"))
    scene.cluster.put(theirs)
    scene.cluster.put(Self.resources(["other"]))
    _ = try await scene.reconcilePolicy()
    #expect(readiness(scene)?.reason == "NameConflict")
    #expect(scene.cluster.object(RoleBinding.self, name, in: "other")?.roleRef.name == "view")
  }
}
