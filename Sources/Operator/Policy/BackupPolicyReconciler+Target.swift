import Foundation
import HoldfastAPI
import KubernetesModel

/// The conditions `TargetReachable` and `TLSVerified`.
extension BackupPolicyReconciler {
  static func setTarget(
    _ status: inout BackupPolicyStatus, of policy: BackupPolicy, _ tracking: TargetTracking, now: Timestamp
  ) {
    let finding = tracking.finding
    status.target = tracking.check
    status.conditions.set(
      "TargetReachable", finding.status, finding.reason, finding.message, generation: policy.metadata.generation,
      now: now)
    if policy.spec.target.insecureSkipVerify == true {
      status.conditions.set(
        "TLSVerified", .false, .verificationDisabled,
        "spec.target.insecureSkipVerify is true: whoever is between the pods and the store can read the credentials; set "
          + "spec.target.caBundle in its place", generation: policy.metadata.generation, now: now)
    } else {
      status.conditions?.removeAll { $0.type == "TLSVerified" }
    }
  }

  /// Once for each change, and never for what is not known yet.
  func tellTarget(_ policy: BackupPolicy, from old: BackupPolicyStatus?, to new: BackupPolicyStatus) {
    if let tls = new.conditions["TLSVerified"], old?.conditions["TLSVerified"] == nil {
      context.events.warning(.tlsNotVerified, tls.message, about: policy)
    }
    guard let target = new.conditions["TargetReachable"], target.reason != Reason.notChecked.rawValue else { return }
    let before = old?.conditions["TargetReachable"]
    guard target.status != before?.status || target.reason != before?.reason else { return }
    switch target.status {
    case .true: context.events.normal(.targetReachable, target.message, about: policy)
    case .false: context.events.warning(.targetUnreachable, "\(target.reason): \(target.message)", about: policy)
    default: context.events.warning(.targetCheckFailed, "\(target.reason): \(target.message)", about: policy)
    }
  }
}
