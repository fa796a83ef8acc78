import Foundation
import KubernetesModel
import ServiceLifecycle

/// Makes Jobs from CronJobs at their times
/// (https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/): time zones, suspension, starting
/// deadlines, the three concurrency policies and the history limits.
struct CronJobController: Service {
  let cluster: any ClusterAccess
  var now: @Sendable () -> Date = { Date() }

  private var events: EventWriter { EventWriter(cluster: cluster, component: "cronjob-controller") }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await runSyncLoop(on: [.cronJobs, .jobs], of: cluster) {
        await sync()
        return .seconds(1)
      }
    }
  }

  func sync() async {
    guard let cronJobs = try? await cluster.list(.cronJobs, namespace: nil),
      let jobs = try? await cluster.list(.jobs, namespace: nil)
    else { return }
    for cronJob in cronJobs where !cronJob.isBeingDeleted {
      let owned = jobs.filter { $0.controllerUID == cronJob.objectUID && $0.namespace == cronJob.namespace }
      await sync(cronJob, owned: owned)
    }
  }

  private func sync(_ cronJob: JSONValue, owned: [JSONValue]) async {
    var status = cronJob["status"] ?? .object([:])
    let listed = Set(status["active"]?.arrayValue?.compactMap { $0["uid"]?.stringValue } ?? [])
    var active = owned.filter { listed.contains($0.objectUID) && !$0.isFinishedJob }
    if let success = owned.filter({ $0.hasCondition("Complete") })
      .compactMap({ $0.time("status", "completionTime") }).max()
    {
      status["lastSuccessfulTime"] = .string(Timestamp(success).description)
    }
    await removeHistory(of: cronJob, owned: owned)
    if let due = dueTime(of: cronJob), await mayStart(cronJob, due: due, active: &active) {
      if let job = await start(cronJob, due: due) { active.append(job) }
      status["lastScheduleTime"] = .string(Timestamp(due).description)
    }
    let references = active.map { job -> JSONValue in
      [
        "apiVersion": "batch/v1", "kind": "Job", "name": .string(job.objectName),
        "namespace": .string(job.namespace ?? ""), "uid": .string(job.objectUID),
      ]
    }
    status["active"] = references.isEmpty ? nil : .array(references)
    guard status != (cronJob["status"] ?? .object([:])) else { return }
    var patch = status
    if references.isEmpty { patch["active"] = .null }
    _ = try? await cluster.mergePatch(
      .cronJobs, namespace: cronJob.namespace, name: cronJob.objectName, patch: ["status": patch], subresource: "status"
    )
  }

  /// The latest time that has come and was not acted upon.
  private func dueTime(of cronJob: JSONValue) -> Date? {
    guard cronJob[path: "spec", "suspend"]?.boolValue != true,
      let text = cronJob[path: "spec", "schedule"]?.stringValue, let expression = try? CronExpression(text),
      let zone = TimeZone(identifier: cronJob[path: "spec", "timeZone"]?.stringValue ?? "UTC"),
      let created = cronJob.time("metadata", "creationTimestamp")
    else { return nil }
    let now = now()
    var earliest = cronJob.time("status", "lastScheduleTime") ?? created
    if let deadline = cronJob[path: "spec", "startingDeadlineSeconds"]?.integerValue {
      earliest = max(earliest, now.addingTimeInterval(-Double(deadline)))
    }
    // As the real controller, which gives up counting after 100 missed times and takes the latest.
    var due: Date?
    var cursor = earliest
    while let next = expression.next(after: cursor, timeZone: zone), next <= now {
      due = next
      cursor = next
    }
    return due
  }

  private func mayStart(_ cronJob: JSONValue, due: Date, active: inout [JSONValue]) async -> Bool {
    guard !active.isEmpty else { return true }
    switch cronJob[path: "spec", "concurrencyPolicy"]?.stringValue {
    case "Forbid":
      if now().timeIntervalSince(due) < 2 {  // Once, not with every look.
        await record(
          cronJob, "Normal", "JobAlreadyActive",
          "Not starting job because prior execution is running and concurrency policy is Forbid")
      }
      return false
    case "Replace":
      for job in active {
        try? await cluster.delete(
          .jobs, namespace: job.namespace, name: job.objectName, uid: job.objectUID, propagation: .background,
          gracePeriodSeconds: nil)
      }
      active = []
      return true
    default:
      return true
    }
  }

  private func start(_ cronJob: JSONValue, due: Date) async -> JSONValue? {
    let template = cronJob[path: "spec", "jobTemplate"] ?? [:]
    let name = "\(cronJob.objectName)-\(Int(due.timeIntervalSince1970 / 60))"
    var annotations = template[path: "metadata", "annotations"]?.objectValue ?? [:]
    annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] = .string(Timestamp(due).description)
    let job: JSONValue = [
      "apiVersion": "batch/v1", "kind": "Job",
      "metadata": [
        "name": .string(name), "namespace": .string(cronJob.namespace ?? ""),
        "labels": template[path: "metadata", "labels"] ?? [:], "annotations": .object(annotations),
        "ownerReferences": [ownerReference(to: cronJob, resource: .cronJobs)],
      ],
      "spec": template["spec"] ?? [:],
    ]
    do {
      let created = try await cluster.create(.jobs, namespace: cronJob.namespace, object: job)
      await record(cronJob, "Normal", "SuccessfulCreate", "Created job \(name)")
      return created
    } catch {
      if error.code == 409 {  // Made before its time was noted in the status.
        return try? await cluster.get(.jobs, namespace: cronJob.namespace, name: name)
      }
      await record(cronJob, "Warning", "FailedCreate", "Error creating job: \(error.message)")
      return nil
    }
  }

  private func removeHistory(of cronJob: JSONValue, owned: [JSONValue]) async {
    let limits = [
      ("Complete", Int(cronJob[path: "spec", "successfulJobsHistoryLimit"]?.integerValue ?? 3)),
      ("Failed", Int(cronJob[path: "spec", "failedJobsHistoryLimit"]?.integerValue ?? 1)),
    ]
    for (condition, limit) in limits {
      let finished = owned.filter { $0.hasCondition(condition) && !$0.isBeingDeleted }.sorted {
        ($0.time("status", "startTime") ?? .distantPast) < ($1.time("status", "startTime") ?? .distantPast)
      }
      for job in finished.dropLast(limit) {
        try? await cluster.delete(
          .jobs, namespace: job.namespace, name: job.objectName, uid: job.objectUID, propagation: .background,
          gracePeriodSeconds: nil)
        await record(cronJob, "Normal", "SuccessfulDelete", "Deleted job \(job.objectName)")
      }
    }
  }

  private func record(_ cronJob: JSONValue, _ type: String, _ reason: String, _ message: String) async {
    await events.record(
      cronJob, kind: "CronJob", apiVersion: "batch/v1", type: type, reason: reason, message: message)
  }
}

extension JSONValue {
  var isFinishedJob: Bool { hasCondition("Complete") || hasCondition("Failed") }
}
