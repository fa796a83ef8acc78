import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Logging

/// What the operator does for the gate, which is the API server's: it tells of broken glass, of labels that name no policy,
/// and of workloads that lack the label. It reads workloads and writes none, and only where the gate is enabled.
struct UpgradeGate: Sendable {
  let context: OperatorContext
  private var client: KubernetesClient { context.client }

  /// - Returns: What `status.breakGlass` should be; nil where nothing is looked at.
  func breakGlass(
    of policy: BackupPolicy, now: Date
  ) async throws -> (all: [BackupPolicyStatus.BreakGlass], news: [any GatedWorkload])? {
    guard context.configuration.preUpgradeGate else { return nil }
    let told = policy.status?.breakGlass ?? []
    var all: [BackupPolicyStatus.BreakGlass] = []
    var news: [any GatedWorkload] = []
    for workload in try await workloads(of: policy.key) {
      guard let reason = workload.breakGlassReason else { continue }
      let (kind, name) = (type(of: workload).resource.kind, workload.key.name)
      if let known = told.first(where: { ($0.kind, $0.name, $0.reason) == (kind, name, reason) }) {
        all.append(known)
      } else {
        all.append(.init(kind: kind, name: name, reason: reason, time: Timestamp(now)))
        news.append(workload)
      }
    }
    return (all, news)
  }

  /// Once for each reason, after the status that remembers it is written.
  func tell(_ policy: BackupPolicy, _ news: [any GatedWorkload]) {
    for workload in news {
      let kind = type(of: workload).resource.kind
      let message =
        "\(kind) \(workload.key.name) carries \(HoldfastAPI.breakGlassAnnotation): \(workload.breakGlassReason ?? ""); the "
        + "request that set it was let through whether or not BackupPolicy \(policy.key.name) had a fresh backup; which one "
        + "that was, and whose, is in the API server's audit log"
      context.events.record(
        .warning, reason: EventReason.breakGlass.rawValue, message: message, about: workload.reference)
      context.events.warning(.breakGlass, message, about: policy)
      context.logger.warning(
        "A workload carries a reason to break the glass.",
        metadata: ["policy": "\(policy.key)", "workload": "\(kind) \(workload.key)"])
    }
  }

  /// Of labels that name a policy which is not there: nothing holds these back.
  func tellOfMissingPolicy(_ key: ObjectKey) async throws {
    guard context.configuration.preUpgradeGate else { return }
    for workload in try await workloads(of: key) {
      context.events.record(
        .warning, reason: EventReason.gateWithoutPolicy.rawValue,
        message:
          "the label \(HoldfastAPI.preUpgradeLabel) names BackupPolicy \(key.name), which is not in this namespace: "
          + "unless it is in preUpgrade.gate.policies, nothing holds upgrades back; correct the label, or create the policy",
        about: workload.reference)
    }
  }

  /// - Returns: What the policy's `Ready` message says of workloads in `spec.preUpgrade.workloads`; empty where all is well.
  func note(on policy: BackupPolicy) async throws -> String {
    let wanted = policy.spec.preUpgrade?.workloads ?? []
    guard !wanted.isEmpty else { return "" }
    guard context.configuration.preUpgradeGate else {
      return
        "; whether spec.preUpgrade.workloads are gated is not looked at (--pre-upgrade-gate is off; preUpgrade.gate in "
        + "the chart's values)"
    }
    let labelled = try await workloads(of: policy.key).map { "\(type(of: $0).resource.kind) \($0.key.name)" }
    let missing = wanted.filter { !labelled.contains("\($0.kind) \($0.name)") }
    guard let first = missing.first else { return "" }
    let names = missing.map { "\($0.kind) \($0.name)" }.joined(separator: ", ")
    return
      "; nothing holds upgrades back of \(names) (spec.preUpgrade.workloads), since the label is missing: kubectl label "
      + "\(first.kind.lowercased()) \(first.name) -n \(policy.metadata.namespace ?? "") "
      + "\(HoldfastAPI.preUpgradeLabel)=\(policy.key.name)"
  }

  /// In a fixed order. Asks the server: what is told must not rest on an old state.
  private func workloads(of policy: ObjectKey) async throws -> [any GatedWorkload] {
    let namespace = policy.namespace ?? ""
    let labels = [HoldfastAPI.preUpgradeLabel: policy.name]
    let deployments = try await client.all(GatedDeployment.self, in: namespace, labels: labels)
    let statefulSets = try await client.all(GatedStatefulSet.self, in: namespace, labels: labels)
    let daemonSets = try await client.all(GatedDaemonSet.self, in: namespace, labels: labels)
    return deployments.sorted { $0.key < $1.key } + statefulSets.sorted { $0.key < $1.key }
      + daemonSets.sorted { $0.key < $1.key }
  }
}
