import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import NIOCore
import SnapshotSource
import Synchronization
import Testing
import ZitiStandIn

@testable import OpenZitiSource

/// A database goes onto a claim while its controller is at zero (promise 7: whatever fails, nothing is half done).
@Suite struct ClaimRestoreTests {
  struct Injected: Error {}

  /// A claim's folder, and an API server with the workload. A task plays the controller managers and the kubelet.
  final class Place: Sendable {
    static let deployments = ResourceType(group: "apps", version: "v1", kind: "Deployment", plural: "deployments")
    static let key = ObjectKey(namespace: "z", name: "ziti-controller")

    let api = InMemoryAPI()
    let folder: URL
    let hasStopped = Mutex(false)
    /// Pods stay although nobody wants them.
    let isStuck: Bool

    init(
      replicas: Int? = 1, image: String = "openziti/ziti-controller:2.0.1", database: String? = "ctrl-live-copy.db",
      isStuck: Bool = false
    ) throws {
      self.isStuck = isStuck
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("claim-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      if let database {
        try FileManager.default.copyItem(at: StandIn.fixture(database), to: folder.appendingPathComponent("ctrl.db"))
      }
      guard let replicas else { return }
      try api.put(
        Self.deployments,
        [
          "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "ziti-controller", "namespace": "z"],
          "spec": [
            "replicas": .integer(Int64(replicas)), "selector": ["matchLabels": ["app": "ziti"]],
            "template": ["spec": ["containers": [["name": "ziti-controller", "image": .string(image)]]]],
          ],
        ])
      for number in 0..<replicas { try addPod(number) }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func addPod(_ number: Int) throws {
      try putPod("ziti-\(number)", labels: ["app": "ziti"])
    }

    func putPod(_ name: String, labels: [String: String], phase: String = "Running") throws {
      let labels = labels.mapValues { JSONValue.string($0) }
      try api.put(
        Pod.resource,
        [
          "apiVersion": "v1", "kind": "Pod",
          "metadata": ["name": .string(name), "namespace": "z", "labels": .object(labels)],
          "spec": [
            "containers": [["name": "ziti-controller"]],
            "volumes": [["name": "v", "persistentVolumeClaim": ["claimName": "ziti-controller"]]],
          ],
          "status": ["phase": .string(phase), "conditions": [["type": "Ready", "status": "True"]]],
        ])
    }

    /// One look of the controllers.
    func act() throws {
      guard let replicas = api.object(Self.deployments, Self.key)?["spec"]?["replicas"]?.integerValue else { return }
      let pods = api.objects(Pod.resource).compactMap(\.name).filter { $0.hasPrefix("ziti-") }
      if replicas == 0 { hasStopped.withLock { $0 = true } }
      if replicas < pods.count, !isStuck {
        for name in pods { try api.remove(Pod.resource, ObjectKey(namespace: "z", name: name)) }
      }
      for number in pods.count..<max(pods.count, Int(replicas)) { try addPod(number) }
    }

    var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() }
    var deployment: JSONValue? { api.object(Self.deployments, Self.key) }
    var replicas: Int64? { deployment?["spec"]?["replicas"]?.integerValue }
    var notes: [String] { (deployment?["metadata"]?["annotations"]?.objectValue ?? [:]).keys.sorted() }

    func content(_ name: String = "ctrl.db") throws -> Data {
      try Data(contentsOf: folder.appendingPathComponent(name))
    }

    func destination(
      proof: OpenZitiDestinationConfiguration.Proof = .init(endpoint: nil, isRequired: false, reason: "none is set"),
      workload: Bool = true, folder: String? = nil, timeout: Duration = .seconds(30),
      fault: @escaping @Sendable (DatabaseFile.Step) throws -> Void = { _ in }
    ) throws -> OpenZitiDestination {
      let claim = OpenZitiDestinationConfiguration.Claim(
        name: "ziti-controller", folder: folder ?? self.folder.path, path: "ctrl.db", creation: "with 2Gi")
      let configuration = OpenZitiDestinationConfiguration(
        namespace: "z",
        way: .claim(claim, workload: workload ? .init(kind: .deployment, name: "ziti-controller") : nil),
        proof: proof, timeout: timeout, ownPod: "executor", request: "z/back", pause: .milliseconds(10))
      return try OpenZitiDestination(
        name: "controller", configuration: configuration, client: api.client, fault: fault)
    }

    /// Runs `body` beside the task that plays the controllers.
    func playing<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
      try await withThrowingTaskGroup(of: Value?.self) { group in
        defer { group.cancelAll() }
        group.addTask {
          while !Task.isCancelled {
            try self.act()
            try? await Task.sleep(for: .milliseconds(5))
          }
          return nil
        }
        group.addTask { try await body() }
        while let value = try await group.next() { if let value { return value } }
        throw CancellationError()
      }
    }
  }

  static let facts = ["schemaVersion": "44", "identities": "514"]

  static func snapshot(_ name: String = "ctrl-schema44.db") throws -> (
    pieces: AsyncStream<ByteBuffer>, size: Int64, bytes: Data
  ) {
    let bytes = try Data(contentsOf: StandIn.fixture(name))
    let pieces = AsyncStream<ByteBuffer> { continuation in
      for start in stride(from: 0, to: bytes.count, by: 300_000) {
        continuation.yield(ByteBuffer(bytes: bytes[start..<min(start + 300_000, bytes.count)]))
      }
      continuation.finish()
    }
    return (pieces, Int64(bytes.count), bytes)
  }

  func restore(
    _ place: Place, _ destination: OpenZitiDestination, _ name: String = "ctrl-schema44.db",
    didBegin: @escaping @Sendable () async throws -> Void = {}
  ) async throws -> SnapshotFacts {
    let (pieces, size, _) = try Self.snapshot(name)
    return try await place.playing {
      _ = try await destination.restore(from: pieces, size: size, force: false, didBegin: didBegin)
      return try await destination.verify()
    }
  }

  func failure(
    _ place: Place, _ destination: OpenZitiDestination, _ name: String = "ctrl-schema44.db",
    didBegin: @escaping @Sendable () async throws -> Void = {}
  ) async -> SnapshotSourceError? {
    do {
      _ = try await restore(place, destination, name, didBegin: didBegin)
      return nil
    } catch {
      return error as? SnapshotSourceError ?? SnapshotSourceError(.failed, operation: "other", message: "\(error)")
    }
  }

  // MARK: As it should be

  @Test func theDatabaseIsReplacedWhileTheControllerIsStopped() async throws {
    let place = try Place()
    let old = try place.content()
    let began = Mutex(0)
    let facts = try await restore(place, try place.destination()) {
      // Nothing was touched until here, and what comes is whole already.
      let content = try place.content()
      #expect(content == old && place.replicas == 1)
      #expect(place.files == ["ctrl.db", "ctrl.db.holdfast-restore"])
      began.withLock { $0 += 1 }
    }
    #expect(began.withLock { $0 } == 1)
    #expect(place.hasStopped.withLock { $0 })
    #expect(try place.content() == Self.snapshot().bytes)
    let kept = try #require(place.files.first { $0.hasPrefix("ctrl.db.holdfast-") })
    #expect(place.files.count == 2 && kept.hasSuffix("Z"), "\(place.files)")
    #expect(try place.content(kept) == old)
    #expect(place.replicas == 1 && place.notes.isEmpty)
    let proof = try #require(facts.values[SnapshotFacts.proof])
    #expect(proof.contains("Deployment ziti-controller is back at 1, ready"), "\(proof)")
    #expect(proof.contains("none is set") && proof.contains("514 identities") && proof.contains(kept), "\(proof)")
  }

  @Test func theFileGetsTheOwnerAndModeOfTheOneThatIsThere() async throws {
    let place = try Place()
    let path = place.folder.appendingPathComponent("ctrl.db").path
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    _ = try await restore(place, try place.destination())
    #expect(try FileStep.status(path)?.mode == 0o640)
    let fresh = try Place(database: nil)
    _ = try await restore(fresh, try fresh.destination())
    let status = try #require(try FileStep.status(fresh.folder.appendingPathComponent("ctrl.db").path))
    #expect(status.mode == 0o600)
    // Only root can give it to the controller's user; anybody else has to be that.
    #expect(geteuid() != 0 || status.user == 2171 && status.group == 2171)
  }

  @Test func aPlanNamesDatabaseWorkloadAndWarnings() async throws {
    let place = try Place()
    let (_, size, _) = try Self.snapshot()
    let preview = try await place.destination().preflight(of: CapturedSnapshot(size: size, facts: Self.facts))
    #expect(preview.object == "PersistentVolumeClaim ziti-controller: ctrl.db")
    #expect(preview.detail.contains("schema 44, 2097152 bytes, 514 identities"), "\(preview.detail)")
    #expect(preview.detail.contains("replaces the database (schema"), "\(preview.detail)")
    #expect(preview.entries.map(\.action) == ["replace", "warning"], "\(preview.entries)")
    #expect(preview.entries[0].detail.contains("from 1 to 0"))
    #expect(place.files == ["ctrl.db"] && place.replicas == 1, "nothing was touched")
  }

  /// The old file alone says what it was; the plan of a claim that is not there says that it is made.
  @Test func aNewClusterHasNeitherClaimNorWorkload() async throws {
    let place = try Place(replicas: nil, database: nil)
    let missing = try place.destination(folder: place.folder.path + "/absent")
    let preview = try await missing.preflight(of: CapturedSnapshot(size: 10, facts: Self.facts))
    #expect(preview.entries.map(\.action) == ["create", "warning", "warning"], "\(preview.entries)")
    #expect(preview.entries[1].detail.contains("v1.7.2 or newer"), "\(preview.entries)")
    #expect(preview.entries[2].detail.contains("persistence.existingClaim=ziti-controller"), "\(preview.entries)")

    let facts = try await restore(place, try place.destination())
    #expect(try place.content() == Self.snapshot().bytes && place.files == ["ctrl.db"])
    #expect(facts.values[SnapshotFacts.proof]?.contains("nothing has opened it yet") == true)
  }

  @Test func aControllerAtZeroStaysThere() async throws {
    let place = try Place(replicas: 0)
    let destination = try place.destination()
    let preview = try await destination.preflight(of: CapturedSnapshot(size: 10, facts: Self.facts))
    #expect(preview.entries.first?.action == "skip")
    let facts = try await restore(place, destination)
    #expect(place.replicas == 0 && place.notes.isEmpty)
    #expect(facts.values[SnapshotFacts.proof]?.contains("scale up or install Deployment ziti-controller") == true)
  }

  /// A run that was killed left the workload at zero, with a note; the next one starts it again.
  @Test func whatAKilledRunStoppedIsStartedAgain() async throws {
    let place = try Place(replicas: 0)
    var deployment = try #require(place.deployment)
    deployment["metadata"]?["annotations"] = [
      ControllerWorkload.replicasAnnotation: "2", ControllerWorkload.requestAnnotation: "z/earlier",
    ]
    try place.api.put(Place.deployments, deployment)
    try Data("half".utf8).write(to: place.folder.appendingPathComponent("ctrl.db.holdfast-restore"))
    let destination = try place.destination()
    let preview = try await destination.preflight(of: CapturedSnapshot(size: 10, facts: Self.facts))
    #expect(
      preview.entries.contains { $0.action == "warning" && $0.detail.contains("z/earlier") }, "\(preview.entries)")
    _ = try await restore(place, destination)
    #expect(place.replicas == 2 && place.notes.isEmpty && !place.files.contains("ctrl.db.holdfast-restore"))
  }

  // MARK: Proof

  private func proof(_ standIn: StandIn, password: String = "admin-password", isRequired: Bool = true)
    -> OpenZitiDestinationConfiguration.Proof
  {
    .init(
      endpoint: ManagementEndpoint(
        url: standIn.url, login: .password(user: "admin", password: password), caCertificates: standIn.certificate),
      isRequired: isRequired)
  }

  @Test func theAPIProvesThatTheRestoredDataIsServed() async throws {
    let place = try Place(image: "own/build:latest")
    let standIn = try await StandIn.start(.init(), in: place.folder, mountPath: "/persistent")
    standIn.behaviour.withLock { $0.version = "v1.7.2" }
    let facts = try await restore(place, try place.destination(proof: proof(standIn)))
    let text = try #require(facts.values[SnapshotFacts.proof])
    #expect(text.contains("v1.7.2") && text.contains("514 identities") && text.contains("login"), "\(text)")
    #expect(standIn.openSessions == 0)
    await standIn.stop()
  }

  @Test func anotherPasswordThanTheRestoredOneFailsTheProofThatSomebodyAskedFor() async throws {
    let place = try Place()
    let standIn = try await StandIn.start(.init(), in: place.folder, mountPath: "/persistent")
    let failed = await failure(place, try place.destination(proof: proof(standIn, password: "other")))
    #expect(failed?.code == .unauthorized, "\(String(describing: failed))")
    // It serves all the same: the restore is not undone by a proof.
    #expect(place.replicas == 1)
    let second = try Place()
    let facts = try await restore(
      second, try second.destination(proof: proof(standIn, password: "other", isRequired: false)))
    #expect(facts.values[SnapshotFacts.proof]?.contains("not proved") == true)
    await standIn.stop()
  }

  @Test func aControllerThatServesOtherDataFailsTheProof() async throws {
    let place = try Place()
    // Its disk is another one.
    let standIn = try await StandIn.start()
    let failed = await failure(place, try place.destination(proof: proof(standIn)))
    #expect(
      failed?.code == .failed && failed?.message.contains("works on another database") == true,
      "\(String(describing: failed))")
    await standIn.stop()
  }
}
