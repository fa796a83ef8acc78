import Foundation
import HoldfastAPI
import KubernetesModel

/// What the doctor judges, apart from how it is fetched. Absent values were not to be had.
enum ClusterFacts {
  /// A right, and what it is for.
  struct Right: Sendable, Hashable {
    var verb: String
    var resource: String
    var group: String
    var subresource: String?
    var command: String

    static let all: [Right] = [
      Right(verb: "list", resource: "backuppolicies", group: HoldfastAPI.group, command: "status"),
      Right(verb: "list", resource: "backups", group: HoldfastAPI.group, command: "list"),
      Right(verb: "watch", resource: "backups", group: HoldfastAPI.group, command: "backup --wait"),
      Right(verb: "create", resource: "backups", group: HoldfastAPI.group, command: "backup"),
      Right(verb: "patch", resource: "backups", group: HoldfastAPI.group, command: "verify, hold, unhold"),
      Right(verb: "create", resource: "restorerequests", group: HoldfastAPI.group, command: "restore plan, start"),
      Right(verb: "patch", resource: "restorerequests", group: HoldfastAPI.group, command: "restore resume, abandon"),
      Right(verb: "get", resource: "pods", group: "", subresource: "log", command: "logs"),
      Right(verb: "get", resource: "secrets", group: "", command: "download"),
    ]

    var text: String { "\(verb) \(resource)\(subresource.map { "/\($0)" } ?? "")" }
  }

  /// How far this machine's clock is from the server's.
  /// - Parameters:
  ///   - server: The Date header, which has whole seconds.
  ///   - sent: When the call began, and `received` when its answer was there.
  static func clock(server: Date, sent: Date, received: Date) -> Finding {
    // The header was written somewhen between the two, and is cut to seconds.
    let early = server.timeIntervalSince(received)
    let late = server.timeIntervalSince(sent) + 1
    let skew = early > 0 ? early : (late < 0 ? late : 0)
    let text = "this machine's clock differs from the API server's by \(Int(abs(skew).rounded(.up))) s"
    switch abs(skew) {
    case ..<5: return Finding("api", .ok, "the clocks of this machine and of the API server agree")
    case ..<60:
      return Finding("api", .warning, text, remedy: "ages in tables are off by that; repair the time synchronisation")
    default:
      return Finding(
        "api", .problem, text, remedy: "repair the time synchronisation: tokens and certificates depend on it")
    }
  }

  /// The HTTP date of RFC 9110, section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
  static func httpDate(_ text: String) -> Date? {
    let parts = text.split(separator: " ").map(String.init)
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard parts.count == 6, let month = months.firstIndex(of: parts[2]) else { return nil }
    let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
    return RFC3339.parse("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
  }

  /// One definition against what this program knows.
  static func definition(_ name: String, _ definition: JSONValue, known: [String: Set<String>]) -> Finding {
    let versions = definition[path: "spec", "versions"]?.arrayValue ?? []
    let served = versions.filter { $0["served"]?.boolValue == true }
    guard let own = served.first(where: { $0["name"]?.stringValue == HoldfastAPI.version }) else {
      let names = served.compactMap { $0["name"]?.stringValue }.joined(separator: ", ")
      return Finding(
        "definitions", .problem,
        "\(name) serves \(names.isEmpty ? "nothing" : names), and this program knows \(HoldfastAPI.version)",
        remedy: "use the kubectl-holdfast of the installed release")
    }
    let conditions = definition[path: "status", "conditions"]?.arrayValue ?? []
    let established = conditions.first { $0["type"]?.stringValue == "Established" }
    guard established?["status"]?.stringValue == "True" else {
      return Finding(
        "definitions", .problem,
        "\(name) is not Established: \(established?["message"]?.stringValue ?? "no reason given")",
        remedy: "apply the chart's crds/ again")
    }
    var missing: [String] = []
    var unknown: [String] = []
    for (part, fields) in known.sorted(by: { $0.key < $1.key }) {
      let properties = own["schema"]?[path: "openAPIV3Schema", "properties"]?[part]?["properties"]?.objectValue ?? [:]
      missing += fields.subtracting(properties.keys).sorted().map { "\(part).\($0)" }
      unknown += Set(properties.keys).subtracting(fields).sorted().map { "\(part).\($0)" }
    }
    if !missing.isEmpty {
      return Finding(
        "definitions", .problem, "\(name) is older than this program: it lacks \(missing.joined(separator: ", "))",
        remedy: "update them: kubectl apply --server-side -f charts/holdfast/crds (helm upgrade does not)")
    }
    if !unknown.isEmpty {
      return Finding(
        "definitions", .warning, "\(name) is newer than this program: it has \(unknown.joined(separator: ", "))",
        remedy: "use the kubectl-holdfast of the installed release")
    }
    return Finding("definitions", .ok, "\(name) \(HoldfastAPI.version) is as this program knows it")
  }

  /// Names of the members that a type can have, set or not.
  static func fields(of value: Any) -> Set<String> { Set(Mirror(reflecting: value).children.compactMap(\.label)) }

  /// An operator's Deployment and the lease of its name.
  static func operatorDeployment(
    _ deployment: JSONValue, lease: Lease?, leaseIsKnown: Bool, version: String, now: Date
  ) -> [Finding] {
    let name = "Deployment \(deployment.key)"
    let wanted = deployment[path: "spec", "replicas"]?.integerValue ?? 1
    let available = deployment[path: "status", "availableReplicas"]?.integerValue ?? 0
    var findings: [Finding] = []
    if wanted == 0 {
      findings.append(
        Finding(
          "operator", .problem, "\(name) is scaled to zero: schedules and retention go on, nothing else does",
          remedy: "kubectl scale deployment \(deployment.name ?? "") -n \(deployment.namespace ?? "") --replicas=1"))
    } else if available == 0 {
      findings.append(
        Finding(
          "operator", .problem, "\(name) has no available pod",
          remedy: "kubectl describe pods -n \(deployment.namespace ?? "") -l app.kubernetes.io/component=operator"))
    } else {
      findings.append(Finding("operator", .ok, "\(name) has \(available) of \(wanted) pods available"))
    }
    if let image = image(of: deployment), let tag = tag(of: image), tag != version, tag.first?.isNumber ?? false {
      findings.append(
        Finding(
          "operator", .warning, "it runs version \(tag), and this program is \(version)",
          remedy: "use the same release of both"))
    }
    guard wanted > 0, leaseIsKnown else { return findings }
    return findings + [Self.lease(lease, now: now)]
  }

  private static func lease(_ lease: Lease?, now: Date) -> Finding {
    guard let renewed = lease?.spec?.renewTime?.date else {
      return Finding(
        "operator", .problem, "no operator has taken the lease: none is at work", remedy: "read the operator's log")
    }
    let age = now.timeIntervalSince(renewed)
    let patience = Double(lease?.spec?.leaseDurationSeconds ?? 15) * 2
    let holder = lease?.spec?.holderIdentity ?? "?"
    guard age > patience else { return Finding("operator", .ok, "\(holder) holds the lease") }
    return Finding(
      "operator", .problem,
      "\(holder) renewed the lease \(HumanText.age(seconds: Int(age))) ago: no operator is at work",
      remedy: "read the operator's log")
  }

  private static func image(of deployment: JSONValue) -> String? {
    deployment[path: "spec", "template", "spec", "containers"]?.arrayValue?.first?["image"]?.stringValue
  }

  static func tag(of image: String) -> String? {
    guard !image.contains("@"), let last = image.split(separator: "/").last, let colon = last.lastIndex(of: ":") else {
      return nil
    }
    return String(last[last.index(after: colon)...])
  }
}
