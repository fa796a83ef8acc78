public import Foundation
public import HoldfastAPI
public import JobPlan

/// The plan is not usable: everything that is wrong with it. The command line ends with code 2.
public struct InvalidPlan: Error, Sendable, CustomStringConvertible {
  public var issues: [ValidationIssue]
  public init(issues: [ValidationIssue]) { self.issues = issues }
  public var description: String { issues.map { "plan: \($0)" }.joined(separator: "\n") }
}

/// Reads a plan as the operator writes it, or as a person does, who may leave out what has a default.
public enum PlanLoader {
  /// What is going to be done with the plan, which decides what it must hold.
  public enum Purpose: Sendable, Hashable {
    case backup, restore
    /// list, verify, prune, delete: a target is enough.
    case bucketOnly
  }

  /// - Throws: ``InvalidPlan``.
  public static func load(_ data: Data, for purpose: Purpose) throws -> Plan {
    var plan = try decode(data)
    var issues = nameIssues(plan)
    issues += plan.spec.validate(seed: "\(plan.policy.namespace)/\(plan.policy.name)", isPlan: true).filter {
      isRelevant($0, purpose)
    }
    guard issues.isEmpty else { throw InvalidPlan(issues: issues) }
    plan.spec = plan.spec.defaulted(namespace: plan.policy.namespace, name: plan.policy.name)
    return plan
  }

  private static func isRelevant(_ issue: ValidationIssue, _ purpose: Purpose) -> Bool {
    let field = issue.field
    switch purpose {
    case .backup: return true
    // Of a restore from a bare location the policy is not known.
    case .restore: return field.hasPrefix("spec.target") || field.hasPrefix("spec.sources[")
    case .bucketOnly: return field.hasPrefix("spec.target") || field.hasPrefix("spec.retention")
    }
  }

  private static func decode(_ data: Data) throws -> Plan {
    let object: Any
    do {
      object = try JSONSerialization.jsonObject(with: data)
    } catch {
      throw InvalidPlan(issues: [ValidationIssue(field: "", message: "the plan is not JSON")])
    }
    guard let members = object as? [String: Any] else {
      throw InvalidPlan(issues: [ValidationIssue(field: "", message: "the plan is not a JSON object")])
    }
    if let version = members["planVersion"] as? Int, version != Plan.currentVersion {
      throw InvalidPlan(issues: [
        ValidationIssue(
          field: "planVersion",
          message: "is \(version), and this executor reads \(Plan.currentVersion); use the operator's version of it")
      ])
    }
    do {
      let whole = try JSONSerialization.data(withJSONObject: completed(members))
      return try JSONDecoder().decode(Plan.self, from: whole)
    } catch {
      throw InvalidPlan(issues: [ValidationIssue(decodingError: error)])
    }
  }

  /// Fills in what a person leaves out. A BackupPolicy as it is applied to a cluster is a plan too.
  private static func completed(_ members: [String: Any]) -> [String: Any] {
    var plan = members
    if plan["kind"] as? String == "BackupPolicy", let metadata = plan["metadata"] as? [String: Any] {
      plan["policy"] =
        plan["policy"] ?? ["namespace": metadata["namespace"] ?? "default", "name": metadata["name"] ?? ""]
    }
    plan["planVersion"] = plan["planVersion"] ?? Plan.currentVersion
    if var policy = plan["policy"] as? [String: Any] {
      policy["namespace"] = policy["namespace"] ?? "default"
      plan["policy"] = policy
    }
    if var spec = plan["spec"] as? [String: Any] {
      spec["sources"] = spec["sources"] ?? [Any]()
      plan["spec"] = spec
    }
    if var restore = plan["restore"] as? [String: Any] {
      restore["request"] = restore["request"] ?? "by-hand"
      restore["origin"] = restore["origin"] ?? plan["policy"]
      restore["dryRun"] = restore["dryRun"] ?? false
      restore["force"] = restore["force"] ?? false
      plan["restore"] = restore
    }
    return plan
  }

  /// The names become parts of keys.
  private static func nameIssues(_ plan: Plan) -> [ValidationIssue] {
    var names = [("policy.namespace", plan.policy.namespace), ("policy.name", plan.policy.name)]
    if let origin = plan.restore?.origin {
      names += [("restore.origin.namespace", origin.namespace), ("restore.origin.name", origin.name)]
    }
    return names.filter { !isName($0.1) }.map { field, name in
      ValidationIssue(
        field: field,
        message: name.isEmpty
          ? "is required" : "'\(name.prefix(80))' must be lower-case letters, digits, '-' and '.', as in Kubernetes")
    }
  }

  private static func isName(_ text: String) -> Bool {
    func isAlphanumeric(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
    guard let first = text.utf8.first, let last = text.utf8.last, text.utf8.count <= 253 else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E }
  }
}
