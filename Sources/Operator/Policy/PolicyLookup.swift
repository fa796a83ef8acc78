import HoldfastAPI
import KubernetesClient
import KubernetesModel

/// A policy as somebody who needs it to act finds it.
enum PolicyLookup: Sendable {
  case missing
  /// With what is wrong, naming the field.
  case invalid(String)
  case valid(BackupPolicy)
}

extension KubernetesClient {
  func policy(_ name: String, in namespace: String) async throws -> PolicyLookup {
    do {
      guard let policy = try await find(BackupPolicy.self, name, in: namespace) else { return .missing }
      let issues = policy.validate()
      return issues.isEmpty ? .valid(policy) : .invalid("policy \(name) is not valid: \(issues.summary())")
    } catch let error as KubernetesError where error.code == .decoding {
      return .invalid("policy \(name) cannot be read: \(error.message)")
    }
  }
}
