internal import Foundation
internal import HoldfastAPI
internal import JobPlan
internal import KubernetesClient
internal import KubernetesModel
import Synchronization

/// Leaves a restore's plan and how far it is in a ConfigMap. A convenience: where it cannot be written, the restore goes on.
public final class RestoreResultMap: Sendable {
  private static let interval: TimeInterval = 3

  private let client: KubernetesClient
  private let map: ConfigMap
  private let plan = Mutex<[RestoreRequest.PlannedAction]>([])
  private let lastWrite = Mutex(Date.distantPast)

  init(client: KubernetesClient, namespace: String, job: String, restore: Plan.Restore) {
    self.client = client
    var metadata = ObjectMeta(name: ObjectNames.result(job: job), namespace: namespace)
    if let uid = restore.uid {
      metadata.ownerReferences = [
        OwnerReference(
          apiVersion: RestoreRequest.resource.apiVersion, kind: RestoreRequest.resource.kind, name: restore.request,
          uid: uid)
      ]
    }
    map = ConfigMap(metadata: metadata)
  }

  func write(_ actions: [RestoreRequest.PlannedAction]) async {
    plan.withLock { $0 = actions }
    await write(RestoreResult(plan: actions))
  }

  /// At most every few seconds, and at the end.
  func write(done: Int, total: Int, now: Date) async {
    let isDue = lastWrite.withLock { last in
      guard done == total || now.timeIntervalSince(last) >= Self.interval else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    await write(
      RestoreResult(plan: plan.withLock { $0 }, progress: .init(done: Int64(done), total: Int64(total))))
  }

  private func write(_ result: RestoreResult) async {
    var map = map
    guard let data = try? result.encoded() else { return }
    map.data = data
    do {
      _ = try await client.create(map)
    } catch let error as KubernetesError where error.code == .alreadyExists {
      _ = try? await client.update(map)
    } catch {
      return
    }
  }
}
