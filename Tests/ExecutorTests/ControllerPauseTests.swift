import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import Synchronization
import Testing

@testable import Executor

/// cert-manager's controller is away while objects are written, and is back whatever happens.
@Suite struct ControllerPauseTests {
  static let deployments = ResourceType(group: "apps", version: "v1", kind: "Deployment", plural: "deployments")
  static let key = KubernetesModel.ObjectKey(namespace: "cert-manager", name: "cert-manager")

  /// An API server with a Deployment, and a controller that follows what is asked for at each look.
  private func cluster(
    _ name: String = "cert-manager", replicas: JSONValue = 2, labels: JSONValue = [:], obeys: Bool = true
  ) throws -> (api: InMemoryAPI, tick: @Sendable (Duration) async throws -> Void) {
    let api = InMemoryAPI()
    let key = KubernetesModel.ObjectKey(namespace: "cert-manager", name: name)
    try api.put(
      Self.deployments,
      [
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": ["name": .string(name), "namespace": "cert-manager", "labels": labels, "generation": 1],
        "spec": ["replicas": replicas, "selector": ["matchLabels": ["app": "cm"]]],
        "status": ["replicas": replicas, "observedGeneration": 1],
      ])
    try api.put(
      Pod.resource,
      [
        "apiVersion": "v1", "kind": "Pod",
        "metadata": ["name": "cm-1", "namespace": "cert-manager", "labels": ["app": "cm"]],
        "status": ["phase": "Running"],
      ])
    let tick: @Sendable (Duration) async throws -> Void = { _ in
      guard obeys, var live = api.object(Self.deployments, key) else { return }
      guard live["status"]?["replicas"] != live["spec"]?["replicas"] else {
        try? api.remove(Pod.resource, KubernetesModel.ObjectKey(namespace: "cert-manager", name: "cm-1"))
        return
      }
      let wanted = live["spec"]?["replicas"] ?? 1
      live["status"]?["replicas"] = wanted
      try? api.put(Self.deployments, live)
    }
    return (api, tick)
  }

  private func pause(
    _ cluster: (api: InMemoryAPI, tick: @Sendable (Duration) async throws -> Void), name: String? = nil,
    holder: String = "ns/r/uid-1"
  ) -> ControllerPause {
    ControllerPause(
      namespace: "cert-manager", name: name, holder: holder, client: cluster.api.client, sleep: cluster.tick)
  }

  private func live(_ api: InMemoryAPI, _ name: String = "cert-manager") throws -> (replicas: Int64?, marks: [String]) {
    let object = try #require(
      api.object(Self.deployments, KubernetesModel.ObjectKey(namespace: "cert-manager", name: name)))
    return (
      object[path: "spec", "replicas"]?.integerValue,
      [HoldfastAPI.pausedReplicasAnnotation, HoldfastAPI.pausedByAnnotation].compactMap { object.annotations[$0] }
    )
  }

  @Test func itIsGoneWhenPauseReturnsAndBackAfterwards() async throws {
    let cluster = try cluster()
    let pause = pause(cluster)
    #expect(try await pause.preview().detail == "scaled from 2 to 0 while objects are written, and back")
    try await pause.pause()
    #expect(try live(cluster.api).replicas == 0 && live(cluster.api).marks == ["2", "ns/r/uid-1"])
    #expect(cluster.api.objects(Pod.resource).isEmpty, "it waits for the pods")
    try await pause.pause()
    #expect(try live(cluster.api).marks == ["2", "ns/r/uid-1"], "twice is once")
    #expect(try await pause.resume() == "Deployment cert-manager/cert-manager is scaled back to 2")
    #expect(try live(cluster.api).replicas == 2 && live(cluster.api).marks == [])
    #expect(try await pause.resume() == nil)
  }

  @Test func theNextRequestTakesOverWhatADeadOneLeft() async throws {
    let cluster = try cluster()
    try await pause(cluster).pause()
    // Killed here. Another request comes.
    let next = pause(cluster, holder: "ns/r2/uid-2")
    try await next.pause()
    #expect(try live(cluster.api).marks == ["2", "ns/r2/uid-2"])
    #expect(try await pause(cluster).resume() == nil, "the first one has lost it")
    #expect(try live(cluster.api).replicas == 0)
    _ = try await next.resume()
    #expect(try live(cluster.api).replicas == 2)
  }

  @Test func whatAPersonHasScaledStaysAsItIs() async throws {
    let atZero = try cluster(replicas: 0)
    try await pause(atZero).pause()
    #expect(try live(atZero.api).marks == [])
    #expect(try await pause(atZero).resume() == nil)
    #expect(try live(atZero.api).replicas == 0)

    let cluster = try cluster()
    try await pause(cluster).pause()
    var changed = try #require(cluster.api.object(Self.deployments, Self.key))
    changed["spec"]?["replicas"] = 5
    try cluster.api.put(Self.deployments, changed)
    #expect(try await pause(cluster).resume() == nil)
    #expect(try live(cluster.api).replicas == 5 && live(cluster.api).marks == [])
  }

  @Test func itIsFoundByItsLabels() async throws {
    let labels: JSONValue = ["app.kubernetes.io/name": "cert-manager", "app.kubernetes.io/component": "controller"]
    let cluster = try cluster("cm-controller", labels: labels)
    try await pause(cluster).pause()
    #expect(try live(cluster.api, "cm-controller").replicas == 0)
    _ = try await pause(cluster).resume()
    #expect(try live(cluster.api, "cm-controller").replicas == 2)
  }

  @Test func oneThatIsNotThereIsToldBeforeAnything() async throws {
    let cluster = try cluster("other")
    do {
      _ = try await pause(cluster).preview()
      Issue.record("no error")
    } catch {
      #expect(
        "\(error)".contains("there is no Deployment cert-manager/cert-manager") && "\(error)".contains("controller"))
    }
    do {
      _ = try await pause(cluster, name: "mine").preview()
      Issue.record("no error")
    } catch {
      #expect("\(error)".contains("cert-manager/mine"))
    }
  }

  @Test func oneThatDoesNotGoIsPutBack() async throws {
    let cluster = try cluster(obeys: false)
    let pause = pause(cluster)
    await #expect(throws: (any Error).self) { try await pause.pause() }
    _ = try await pause.resume()
    #expect(try live(cluster.api).replicas == 2 && live(cluster.api).marks == [])
  }

  @Test func aServerThatFailsForAWhileIsAskedAgain() async throws {
    let cluster = try cluster()
    let pause = pause(cluster)
    try await pause.pause()
    let failures = Mutex(4)
    cluster.api.onRequest { request in
      guard request.method == .patch else { return nil }
      return failures.withLock { left in
        left -= 1
        return left >= 0 ? .status(500) : nil
      }
    }
    #expect(try await pause.resume() != nil)
    #expect(try live(cluster.api).replicas == 2)
  }

  @Test func whereItCannotBePutBackTheCommandIsSaid() async throws {
    let cluster = try cluster()
    let pause = pause(cluster)
    try await pause.pause()
    cluster.api.onRequest { $0.method == .patch ? .status(403, reason: "Forbidden") : nil }
    do {
      _ = try await pause.resume()
      Issue.record("no error")
    } catch {
      #expect("\(error)".contains("kubectl -n cert-manager scale deployment cert-manager --replicas=2"), "\(error)")
    }
  }
}
