import BackupFormat
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import Logging
import ObjectStore

/// A policy's target from this machine, with what the user may read.
struct TargetAccess: Sendable {
  let session: Session
  let policy: String
  /// In place of the policy's, where that is an address within the cluster.
  var endpoint: String?

  /// The plan of the policy: the operator's, or the policy itself where that is not to be had.
  func plan() async throws -> Plan {
    var plan = try await loaded()
    if let claim = plan.spec.target.filesystem?.persistentVolumeClaim?.claimName {
      let folder = BucketLayout(
        pathPrefix: plan.spec.target.pathPrefix, namespace: plan.policy.namespace, policy: plan.policy.name
      ).policyPrefix
      throw PluginFailure(
        "the target of BackupPolicy \(policy) is a volume: claim \(claim) in namespace \(session.namespace)",
        remedy:
          "copy the files out of a pod that mounts it: kubectl cp POD:/MOUNT/\(folder)ID . ; docs/format.md opens them")
    }
    if let endpoint { plan.spec.target.endpoint = endpoint }
    return plan
  }

  private func loaded() async throws -> Plan {
    let (client, namespace) = (session.client, session.namespace)
    do {
      let map = try await client.get(ConfigMap.self, name: ObjectNames.plan(policy: policy), namespace: namespace)
      if let text = map.data?[MountLayout.planFile] { return try PlanLoader.load(Data(text.utf8), for: .bucketOnly) }
    } catch let error as KubernetesError where [.notFound, .forbidden].contains(error.code) {
      // The policy says the same.
    } catch let error as InvalidPlan {
      throw PluginFailure("the plan of BackupPolicy \(policy) cannot be used: \(error)")
    }
    do {
      let json = try await client.get(BackupPolicy.resource, name: policy, namespace: namespace)
      return try PlanLoader.load(try json.serialized(), for: .bucketOnly)
    } catch let error as KubernetesError where error.code == .notFound && !error.isMissingResource {
      throw PluginFailure(
        "BackupPolicy \(policy) is gone, and with it the way to the bucket",
        remedy: "write a plan by hand and use 'holdfast list' and 'holdfast verify' with it: docs/format.md")
    } catch let error as InvalidPlan {
      throw PluginFailure("BackupPolicy \(policy) is not valid: \(error)")
    }
  }

  /// Fetches what the target names into `folder`, in the layout of an executor's mounts.
  func fetchInputs(of plan: Plan, into folder: String) async throws -> Mounts {
    let inputs = ExecutorInputs(spec: plan.spec, scope: .bucketOnly)
    for name in inputs.secrets {
      let secret = try await read(Secret.self, name)
      for (key, value) in secret.data ?? [:] where Self.isFileName(key) {
        try ScratchFolder.write(value, to: "\(folder)/\(MountLayout.secret(name))/\(key)")
      }
    }
    for name in inputs.configMaps {
      let map = try await read(ConfigMap.self, name)
      for (key, value) in map.data ?? [:] where Self.isFileName(key) {
        try ScratchFolder.write(Data(value.utf8), to: "\(folder)/\(MountLayout.configMap(name))/\(key)")
      }
    }
    return Mounts(root: folder)
  }

  /// An API server takes no other keys; this is for one that is none.
  private static func isFileName(_ key: String) -> Bool { !key.contains("/") && !key.hasPrefix("..") && key != "." }

  private func read<Object: KubernetesObject>(_ type: Object.Type, _ name: String) async throws -> Object {
    let kind = Object.resource.kind
    do {
      return try await session.client.get(type, name: name, namespace: session.namespace)
    } catch let error as KubernetesError where error.code == .forbidden {
      throw PluginFailure(
        "you may not read \(kind) \(name) in namespace \(session.namespace), which the target of BackupPolicy \(policy) names",
        remedy: "ask for the right to get it, or fetch the objects with a client and credentials of your own: "
          + "kubectl holdfast describe shows their keys")
    } catch let error as KubernetesError where error.code == .notFound {
      throw PluginFailure(
        "\(kind) \(name) in namespace \(session.namespace), which the target of BackupPolicy \(policy) names, does not exist",
        remedy: "create it again, with the keys that the provider reads: docs/stores/README.md")
    }
  }

  /// Opens the store, and closes it when `body` ends.
  func withStore<Value: Sendable>(
    _ plan: Plan, _ mounts: Mounts, _ use: StoreFactory.Use,
    _ body: @Sendable (any ObjectStore) async throws -> Value
  ) async throws -> Value {
    let opened = try StoreFactory(
      plan: plan, mounts: mounts, environment: ProcessInfo.processInfo.environment,
      logger: Logger(label: "download") { _ in SwiftLogNoOpLogHandler() }
    ).open(for: use)
    do {
      let value = try await body(opened.store)
      await opened.close()
      return value
    } catch {
      await opened.close()
      throw error
    }
  }
}

extension PluginFailure {
  /// A failure of the executor's code, run here.
  init(_ failure: RunFailure, endpoint: String?) {
    var remedy = ReasonRemedy.text(for: failure.reason.rawValue)
    if failure.reason == .endpointUnreachable {
      remedy =
        "an address within the cluster is not reachable from here: forward it (kubectl port-forward) and give "
        + "--endpoint http://127.0.0.1:PORT"
    }
    self.init("\(failure.reason): \(failure.message)", remedy: remedy)
  }
}
