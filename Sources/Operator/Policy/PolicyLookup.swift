import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

/// A policy as somebody who needs it to act finds it.
enum PolicyLookup: Sendable {
  case missing
  /// With what is wrong, naming the field.
  case invalid(String)
  case valid(BackupPolicy)
}

extension OperatorContext {
  /// - Parameter needsTrust: false where no source of the policy is captured: what is in the bucket is the policy's own. Such a
  ///   policy must be given neither rights nor the plan that runs mount: ``PolicyApplier/applyPlan(_:)`` is for the others.
  func policy(_ name: String, in namespace: String, needsTrust: Bool) async throws -> PolicyLookup {
    do {
      guard let policy = try await client.find(BackupPolicy.self, name, in: namespace) else { return .missing }
      var issues = policy.validate()
      if issues.isEmpty, needsTrust { issues = trustIssues(of: policy) }
      return issues.isEmpty ? .valid(policy) : .invalid("policy \(name) is not valid: \(issues.summary())")
    } catch let error as KubernetesError where error.code == .decoding {
      return .invalid("policy \(name) cannot be read: \(error.message)")
    }
  }
}

extension OperatorContext {
  func isTrusted(_ namespace: String?) -> Bool { configuration.trustedNamespaces.contains(namespace ?? "") }

  /// What the policy asks for beyond its namespace, where that is not trusted.
  func trustIssues(of policy: BackupPolicy) -> [ValidationIssue] {
    let namespace = policy.metadata.namespace ?? ""
    return isTrusted(namespace) ? [] : SourceTrust.issues(of: policy.spec, in: namespace)
  }
}
