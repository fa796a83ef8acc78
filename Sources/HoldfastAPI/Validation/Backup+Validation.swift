import KubernetesModel

extension Backup {
  /// Everything that this one object can tell is wrong; empty where it is valid.
  public func validate() -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("metadata.name", ObjectName.problem(metadata.name ?? ""))
    issues.add("spec.policyRef.name", ObjectName.problem(spec.policyRef.name))
    return issues
  }
}
