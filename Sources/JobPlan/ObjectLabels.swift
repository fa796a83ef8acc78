public import HoldfastAPI

/// Labels that every object made for a policy or a request carries.
public enum ObjectLabels {
  /// - Parameters:
  ///   - policy: nil for a restore from a bucket that no policy of this cluster names.
  ///   - operation: On Jobs and pods; nil on everything else.
  public static func of(
    policy: String?, operation: JobOperation? = nil, backup: String? = nil, restore: String? = nil
  ) -> [String: String] {
    var labels = ["app.kubernetes.io/name": "holdfast", "app.kubernetes.io/managed-by": HoldfastAPI.fieldManager]
    if operation != nil { labels["app.kubernetes.io/component"] = "executor" }
    labels[HoldfastAPI.policyLabel] = policy.map(value)
    labels[HoldfastAPI.operationLabel] = operation?.rawValue
    labels[HoldfastAPI.backupLabel] = backup.map(value)
    labels[HoldfastAPI.restoreLabel] = restore.map(value)
    return labels
  }

  /// A name as a label's value, which ends at 63 characters while a name may have 253.
  public static func value(_ name: String) -> String {
    ObjectNames.limited(name, suffix: "", to: ObjectNames.labelLimit)
  }
}
