import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel

extension KubernetesClient {
  /// - Returns: nil where there is no such object.
  func find<Object: KubernetesObject>(_ type: Object.Type, _ name: String, in namespace: String) async throws -> Object?
  {
    try await absentIfNotFound { try await get(type, name: name, namespace: namespace) }
  }

  /// The objects with all these labels, but for those that cannot be read. Asks the server, since a decision about what to
  /// make must not rest on an old state.
  func all<Object: KubernetesObject>(
    _ type: Object.Type, in namespace: String, labels: [String: String] = [:]
  ) async throws -> [Object] {
    // No object has a label of more than 63 bytes, and the server refuses to look for one: a policy whose name is too
    // long must get as far as being told so.
    guard labels.values.allSatisfy({ $0.utf8.count <= 63 }) else { return [] }
    let selector = try LabelSelector(matchLabels: labels).selectorString()
    let options = ListOptions(labelSelector: selector.isEmpty ? nil : selector)
    return try await list(type, namespace: namespace, options: options).objects()
  }

  /// The Backups of a policy.
  func backups(of policy: String, in namespace: String) async throws -> [Backup] {
    try await all(Backup.self, in: namespace, labels: [HoldfastAPI.policyLabel: policy])
      .filter { $0.spec.policyRef.name == policy }
  }

  /// The Jobs of a policy, whatever they do and whoever made them, oldest first.
  func jobs(of policy: String, in namespace: String) async throws -> [Job] {
    try await all(Job.self, in: namespace, labels: [HoldfastAPI.policyLabel: policy])
      .sorted { ($0.metadata.created, $0.key) < ($1.metadata.created, $1.key) }
  }

  /// Those of them that take a backup.
  func backupJobs(of policy: String, in namespace: String) async throws -> [Job] {
    try await jobs(of: policy, in: namespace).filter { $0.operation == .backup }
  }

  /// Those that restore, or plan to restore, what the policy wrote.
  func restoreJobs(of policy: String, in namespace: String) async throws -> [Job] {
    try await jobs(of: policy, in: namespace).filter { $0.operation == .restore }
  }

  /// The pods that a Job made.
  func pods(of job: Job) async throws -> [Pod] {
    guard let name = job.metadata.name, let namespace = job.metadata.namespace else { return [] }
    return try await all(Pod.self, in: namespace, labels: ["batch.kubernetes.io/job-name": name])
      .filter { $0.metadata.controllerReference.map { $0.uid == job.metadata.uid } ?? true }
  }
}

extension ObjectMeta {
  var created: Date { creationTimestamp?.date ?? .distantPast }
}
