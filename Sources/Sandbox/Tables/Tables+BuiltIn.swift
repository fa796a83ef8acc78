import Foundation
import KubernetesModel

/// The columns that kubectl users know (k8s.io/kubernetes/pkg/printers/internalversion).
extension Tables {
  static let builtIn: [String: [TableColumn]] = [
    "pods": pods,
    "jobs.batch": jobs,
    "cronjobs.batch": cronJobs,
    "namespaces": [.name, .text("Status", "status", "phase", fallback: "Active"), .age],
    "configmaps": [.name, count("Data", "data", "binaryData"), .age],
    "secrets": [.name, .text("Type", "type", fallback: "Opaque"), count("Data", "data"), .age],
    "serviceaccounts": [.name, count("Secrets", "secrets"), .age],
    "events": events,
    "events.events.k8s.io": events,
    "nodes": [
      .name, TableColumn("Status") { node, _ in node.hasCondition("Ready") ? "Ready" : "NotReady" },
      TableColumn("Roles") { _, _ in "<none>" }, .age, .text("Version", "status", "nodeInfo", "kubeletVersion"),
    ],
    "services": [
      .name, .text("Type", "spec", "type", fallback: "ClusterIP"),
      .text("Cluster-IP", "spec", "clusterIP", fallback: "<none>"),
      TableColumn("External-IP") { _, _ in "<none>" },
      TableColumn("Port(s)") { service, _ in
        let ports = service[path: "spec", "ports"]?.arrayValue ?? []
        let texts = ports.map { "\($0["port"]?.integerValue ?? 0)/\($0["protocol"]?.stringValue ?? "TCP")" }
        return .string(texts.isEmpty ? "<none>" : texts.joined(separator: ","))
      },
      .age,
    ],
    "persistentvolumeclaims": [
      .name, .text("Status", "status", "phase", fallback: "Pending"), .text("Volume", "spec", "volumeName"),
      .text("Capacity", "status", "capacity", "storage"),
      TableColumn("Access Modes") { claim, _ in
        let short = ["ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"]
        let modes = claim[path: "spec", "accessModes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return .string(modes.map { short[$0] ?? $0 }.joined(separator: ","))
      },
      .text("StorageClass", "spec", "storageClassName"), .age,
    ],
    "deployments.apps": [
      .name, ready, .text("Up-to-date", "status", "updatedReplicas", fallback: "0"),
      .text("Available", "status", "availableReplicas", fallback: "0"), .age,
    ],
    "statefulsets.apps": [.name, ready, .age],
    "leases.coordination.k8s.io": [.name, .text("Holder", "spec", "holderIdentity"), .age],
    "customresourcedefinitions.apiextensions.k8s.io": [.name, createdAt],
    "roles.rbac.authorization.k8s.io": [.name, createdAt],
    "clusterroles.rbac.authorization.k8s.io": [.name, createdAt],
    "rolebindings.rbac.authorization.k8s.io": [.name, role, .age],
    "clusterrolebindings.rbac.authorization.k8s.io": [.name, role, .age],
    "networkpolicies.networking.k8s.io": [.name, selector("Pod-Selector", ["spec", "podSelector"]), .age],
  ]

  private static let createdAt = TableColumn.text("Created At", "metadata", "creationTimestamp")

  private static let role = TableColumn("Role") { binding, _ in
    let reference = binding["roleRef"]
    return .string("\(reference?["kind"]?.stringValue ?? "")/\(reference?["name"]?.stringValue ?? "")")
  }

  private static let ready = TableColumn("Ready") { object, _ in
    let wanted = object[path: "spec", "replicas"]?.integerValue ?? 1
    return .string("\(object[path: "status", "readyReplicas"]?.integerValue ?? 0)/\(wanted)")
  }

  private static let pods: [TableColumn] = [
    .name,
    TableColumn("Ready") { pod, _ in
      let statuses = pod[path: "status", "containerStatuses"]?.arrayValue ?? []
      let total = pod[path: "spec", "containers"]?.arrayValue?.count ?? 0
      return .string("\(statuses.filter { $0["ready"]?.boolValue == true }.count)/\(total)")
    },
    TableColumn("Status") { pod, _ in .string(podStatus(pod)) },
    TableColumn("Restarts") { pod, _ in
      let statuses = pod[path: "status", "containerStatuses"]?.arrayValue ?? []
      return .string(String(statuses.reduce(0) { $0 + ($1["restartCount"]?.integerValue ?? 0) }))
    },
    .age,
    .text("IP", "status", "podIP", fallback: "<none>", priority: 1),
    .text("Node", "spec", "nodeName", fallback: "<none>", priority: 1),
    .text("Nominated Node", "status", "nominatedNodeName", fallback: "<none>", priority: 1),
    TableColumn("Readiness Gates", priority: 1) { _, _ in "<none>" },
  ]

  /// The phase, or what is more telling: why a container waits or how it ended.
  private static func podStatus(_ pod: JSONValue) -> String {
    var text = pod[path: "status", "reason"]?.stringValue ?? pod.phase ?? "Unknown"
    for status in pod[path: "status", "initContainerStatuses"]?.arrayValue ?? [] {
      if let reason = status[path: "state", "waiting", "reason"]?.stringValue, reason != "PodInitializing" {
        return "Init:\(reason)"
      }
      if let code = status[path: "state", "terminated", "exitCode"]?.integerValue, code != 0 { return "Init:Error" }
    }
    for status in (pod[path: "status", "containerStatuses"]?.arrayValue ?? []).reversed() {
      if let reason = status[path: "state", "waiting", "reason"]?.stringValue, !reason.isEmpty {
        text = reason
      } else if let reason = status[path: "state", "terminated", "reason"]?.stringValue, !reason.isEmpty {
        text = reason
      }
    }
    return pod.isBeingDeleted ? "Terminating" : text
  }

  private static let jobs: [TableColumn] = [
    .name,
    TableColumn("Status") { job, _ in
      if job.hasCondition("Complete") { return "Complete" }
      if job.hasCondition("Failed") { return "Failed" }
      if job.isBeingDeleted { return "Terminating" }
      if job.hasCondition("Suspended") { return "Suspended" }
      if job.hasCondition("FailureTarget") { return "FailureTarget" }
      if job.hasCondition("SuccessCriteriaMet") { return "SuccessCriteriaMet" }
      return "Running"
    },
    TableColumn("Completions") { job, _ in
      let done = job[path: "status", "succeeded"]?.integerValue ?? 0
      if let wanted = job[path: "spec", "completions"]?.integerValue { return .string("\(done)/\(wanted)") }
      let parallelism = job[path: "spec", "parallelism"]?.integerValue ?? 1
      return .string(parallelism > 1 ? "\(done)/1 of \(parallelism)" : "\(done)/1")
    },
    TableColumn("Duration") { job, now in
      guard let start = job.time("status", "startTime") else { return "" }
      let end = job.time("status", "completionTime") ?? now
      return .string(HumanDuration.text(end.timeIntervalSince(start)))
    },
    .age, containers(["spec", "template"]), images(["spec", "template"]),
    selector("Selector", ["spec", "selector"], 1),
  ]

  private static let cronJobs: [TableColumn] = [
    .name, .text("Schedule", "spec", "schedule"), .text("Timezone", "spec", "timeZone", fallback: "<none>"),
    TableColumn("Suspend") { cronJob, _ in cronJob[path: "spec", "suspend"]?.boolValue == true ? "True" : "False" },
    TableColumn("Active", type: "integer") { cronJob, _ in
      .integer(Int64(cronJob[path: "status", "active"]?.arrayValue?.count ?? 0))
    },
    TableColumn("Last Schedule") { cronJob, now in
      guard let time = cronJob.time("status", "lastScheduleTime") else { return "<none>" }
      return .string(HumanDuration.since(time, now: now))
    },
    .age, containers(["spec", "jobTemplate", "spec", "template"]), images(["spec", "jobTemplate", "spec", "template"]),
    TableColumn("Selector", priority: 1) { _, _ in "<none>" },
  ]

  private static let events: [TableColumn] = [
    TableColumn("Last Seen") { event, now in
      let time =
        event.time("series", "lastObservedTime") ?? event.time("lastTimestamp")
        ?? event.time("deprecatedLastTimestamp") ?? event.time("eventTime")
      return .string(HumanDuration.since(time, now: now))
    },
    .text("Type", "type"), .text("Reason", "reason"),
    TableColumn("Object") { event, _ in
      let object = event["involvedObject"] ?? event["regarding"]
      return .string("\((object?["kind"]?.stringValue ?? "").lowercased())/\(object?["name"]?.stringValue ?? "")")
    },
    .text("Subobject", "involvedObject", "fieldPath", priority: 1),
    TableColumn("Source", priority: 1) { event, _ in
      event[path: "source", "component"] ?? event["reportingComponent"] ?? event["reportingController"] ?? ""
    },
    TableColumn("Message") { event, _ in
      let text = event["message"]?.stringValue ?? event["note"]?.stringValue ?? ""
      return .string(String(text.drop { $0.isWhitespace }))
    },
    TableColumn("First Seen", priority: 1) { event, now in
      .string(HumanDuration.since(event.time("firstTimestamp") ?? event.time("eventTime"), now: now))
    },
    TableColumn("Count", type: "integer", priority: 1) { event, _ in
      event["series"]?["count"] ?? event["count"] ?? event["deprecatedCount"] ?? 1
    },
    TableColumn("Name", format: "name", priority: 1) { event, _ in .string(event.objectName) },
  ]

  private static func count(_ name: String, _ members: String...) -> TableColumn {
    TableColumn(name, type: "integer") { object, _ in
      .integer(
        Int64(members.reduce(0) { $0 + (object[$1]?.objectValue?.count ?? object[$1]?.arrayValue?.count ?? 0) }))
    }
  }

  private static func containers(_ template: [String]) -> TableColumn { podColumn("Containers", template, "name") }
  private static func images(_ template: [String]) -> TableColumn { podColumn("Images", template, "image") }

  private static func podColumn(_ name: String, _ template: [String], _ member: String) -> TableColumn {
    TableColumn(name, priority: 1) { object, _ in
      var current: JSONValue? = object
      for key in template + ["spec", "containers"] { current = current?[key] }
      return .string((current?.arrayValue ?? []).compactMap { $0[member]?.stringValue }.joined(separator: ","))
    }
  }

  private static func selector(_ name: String, _ path: [String], _ priority: Int64 = 0) -> TableColumn {
    TableColumn(name, priority: priority) { object, _ in
      var current: JSONValue? = object
      for key in path { current = current?[key] }
      let labels = current?["matchLabels"]?.objectValue ?? [:]
      let texts = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.stringValue ?? "")" }
      return .string(texts.isEmpty ? "<none>" : texts.joined(separator: ","))
    }
  }
}
