import Foundation
import KubernetesModel
import ServiceLifecycle

/// Runs the pods of Jobs (https://kubernetes.io/docs/concepts/workloads/controllers/job/): parallelism, completions,
/// back-off, deadlines, pod failure policies, suspension and removal after `ttlSecondsAfterFinished`.
///
/// Not here: indexed completion and success policies; a Job that asks for them gets an Event that says so.
struct JobController: Service {
  static let trackingFinalizer = "batch.kubernetes.io/job-tracking"

  let cluster: any ClusterAccess
  /// The first delay after a failed pod; doubled with each further one, up to 6 minutes. Kubernetes has 10 s.
  var backoffBase: Duration = .seconds(10)
  var now: @Sendable () -> Date = { Date() }

  private var events: EventWriter { EventWriter(cluster: cluster, component: "job-controller") }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await runSyncLoop(on: [.jobs, .pods], of: cluster) {
        await sync()
        return .seconds(1)
      }
    }
  }

  func sync() async {
    guard let jobs = try? await cluster.list(.jobs, namespace: nil),
      let pods = try? await cluster.list(.pods, namespace: nil)
    else { return }
    let living = Set(jobs.map(\.objectUID))
    for job in jobs {
      let owned = pods.filter { $0.controllerUID == job.objectUID && $0.namespace == job.namespace }
      if job.isBeingDeleted {
        for pod in owned { await release(pod) }
      } else if job.isFinishedJob {
        for pod in owned { await release(pod) }
        await removeIfExpired(job)
      } else {
        await sync(job, pods: owned)
      }
    }
    // Pods whose Job is gone must not be held by our finalizer.
    for pod in pods where pod.finalizers.contains(Self.trackingFinalizer) {
      if let owner = pod.controllerUID, living.contains(owner) { continue }
      await release(pod)
    }
  }

  private func sync(_ job: JSONValue, pods: [JSONValue]) async {
    if job[path: "spec", "completionMode"]?.stringValue == "Indexed" || job[path: "spec", "successPolicy"] != nil {
      if job.time("status", "startTime") == nil {
        await record(job, "Warning", "NotImplemented", "the sandbox runs no Indexed Jobs and no success policies")
        await write(job, status: ["startTime": .string(Timestamp(now()).description)])
      }
      return
    }
    var state = JobState(job: job, pods: pods)
    await count(&state)
    if let reason = state.failureReason(now: now()) {
      await fail(state, reason)
    } else if state.isComplete {
      await complete(state)
    } else if job[path: "spec", "suspend"]?.boolValue == true {
      await suspend(state)
    } else {
      await startPods(&state)
    }
  }

  /// Adds pods that ended to the counts, and lets them go.
  private func count(_ state: inout JobState) async {
    for pod in state.uncounted {
      switch state.outcome(of: pod) {
      case .running: continue
      case .succeeded: state.succeeded += 1
      case .failed:
        state.failed += 1
        state.countFailure(pod)
      case .ignored: state.ignored.insert(pod.objectUID)
      }
      await release(pod)
    }
  }

  private func complete(_ state: JobState) async {
    let still = await stop(state.active, of: state.job)
    var status = statusPatch(state, active: still)
    let conditions: [JSONValue] = [
      condition("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods")
    ]
    guard still == 0 else {
      status["conditions"] = .array(merged(conditions, into: state.job))
      return await write(state.job, status: status)
    }
    status["completionTime"] = .string(Timestamp(now()).description)
    status["conditions"] = .array(
      merged(
        conditions + [condition("Complete", "CompletionsReached", "Reached expected number of succeeded pods")],
        into: state.job))
    await write(state.job, status: status)
    await record(state.job, "Normal", "Completed", "Job completed")
  }

  private func fail(_ state: JobState, _ failure: JobState.Failure) async {
    let still = await stop(state.active, of: state.job)
    var status = statusPatch(state, active: still)
    var conditions = [condition("FailureTarget", failure.reason, failure.message)]
    // As Kubernetes since 1.31: Failed only once every pod has ended.
    if still == 0 { conditions.append(condition("Failed", failure.reason, failure.message)) }
    status["conditions"] = .array(merged(conditions, into: state.job))
    await write(state.job, status: status)
    if still == 0 { await record(state.job, "Warning", failure.reason, failure.message) }
  }

  private func suspend(_ state: JobState) async {
    let still = await stop(state.active, of: state.job)
    var status = statusPatch(state, active: still)
    status["startTime"] = .null
    status["conditions"] = .array(merged([condition("Suspended", "JobSuspended", "Job suspended")], into: state.job))
    await write(state.job, status: status)
  }

  private func startPods(_ state: inout JobState) async {
    var active = state.active.count
    let wanted = state.wantedPods
    if active < wanted, state.mayStartNow(now: now(), base: backoffBase) {
      for _ in active..<wanted where await createPod(for: state.job) { active += 1 }
    }
    var status = statusPatch(state, active: active)
    if state.job.time("status", "startTime") == nil { status["startTime"] = .string(Timestamp(now()).description) }
    if state.job.hasCondition("Suspended") {
      var resumed = condition("Suspended", "JobResumed", "Job resumed")
      resumed["status"] = "False"
      status["conditions"] = .array(merged([resumed], into: state.job))
    }
    await write(state.job, status: status)
  }

  private func createPod(for job: JSONValue) async -> Bool {
    let template = job[path: "spec", "template"] ?? [:]
    let name = "\(job.objectName)-\(RandomName.suffix())"
    let pod: JSONValue = [
      "apiVersion": "v1", "kind": "Pod",
      "metadata": [
        "name": .string(name), "generateName": .string(job.objectName + "-"),
        "namespace": .string(job.namespace ?? ""), "labels": template[path: "metadata", "labels"] ?? [:],
        "annotations": template[path: "metadata", "annotations"] ?? [:],
        "ownerReferences": [ownerReference(to: job, resource: .jobs)],
        "finalizers": [.string(Self.trackingFinalizer)],
      ],
      "spec": template["spec"] ?? [:],
    ]
    do {
      _ = try await cluster.create(.pods, namespace: job.namespace, object: pod)
      await record(job, "Normal", "SuccessfulCreate", "Created pod: \(name)")
      return true
    } catch {
      await record(job, "Warning", "FailedCreate", "Error creating: \(error.message)")
      return false
    }
  }

  /// - Returns: How many have not ended yet.
  private func stop(_ pods: [JSONValue], of job: JSONValue) async -> Int {
    for pod in pods where !pod.isBeingDeleted {
      try? await cluster.delete(
        .pods, namespace: pod.namespace, name: pod.objectName, uid: pod.objectUID, propagation: .background,
        gracePeriodSeconds: nil)
      await record(job, "Normal", "SuccessfulDelete", "Deleted pod: \(pod.objectName)")
    }
    return pods.count
  }

  private func removeIfExpired(_ job: JSONValue) async {
    guard let seconds = job[path: "spec", "ttlSecondsAfterFinished"]?.integerValue else { return }
    let ended =
      job[path: "status", "conditions"]?.arrayValue?
      .filter { ["Complete", "Failed"].contains($0["type"]?.stringValue ?? "") }
      .compactMap { $0["lastTransitionTime"]?.stringValue.flatMap { RFC3339.parse($0) } }.max()
    guard let ended, now().timeIntervalSince(ended) >= Double(seconds) else { return }
    try? await cluster.delete(
      .jobs, namespace: job.namespace, name: job.objectName, uid: job.objectUID, propagation: .foreground,
      gracePeriodSeconds: nil)
  }

  private func release(_ pod: JSONValue) async {
    guard pod.finalizers.contains(Self.trackingFinalizer) else { return }
    let rest = pod.finalizers.filter { $0 != Self.trackingFinalizer }.map { JSONValue.string($0) }
    _ = try? await cluster.mergePatch(
      .pods, namespace: pod.namespace, name: pod.objectName, patch: ["metadata": ["finalizers": .array(rest)]],
      subresource: nil)
  }

  private func statusPatch(_ state: JobState, active: Int) -> JSONValue {
    [
      "active": active == 0 ? .null : .integer(Int64(active)),
      "ready": .integer(Int64(state.active.filter { $0.hasCondition("Ready") }.count)),
      "terminating": .integer(Int64(state.active.filter(\.isBeingDeleted).count)),
      "succeeded": state.succeeded == 0 ? .null : .integer(Int64(state.succeeded)),
      "failed": state.failed == 0 ? .null : .integer(Int64(state.failed)), "uncountedTerminatedPods": [:],
    ]
  }

  private func condition(_ type: String, _ reason: String, _ message: String) -> JSONValue {
    let time = JSONValue.string(Timestamp(now()).description)
    return [
      "type": .string(type), "status": "True", "lastProbeTime": time, "lastTransitionTime": time,
      "reason": .string(reason), "message": .string(message),
    ]
  }

  private func merged(_ new: [JSONValue], into job: JSONValue) -> [JSONValue] {
    var conditions = job[path: "status", "conditions"]?.arrayValue ?? []
    for condition in new {
      if let index = conditions.firstIndex(where: { $0["type"] == condition["type"] }) {
        if conditions[index]["status"] != condition["status"] { conditions[index] = condition }
      } else {
        conditions.append(condition)
      }
    }
    return conditions
  }

  private func write(_ job: JSONValue, status: JSONValue) async {
    _ = try? await cluster.mergePatch(
      .jobs, namespace: job.namespace, name: job.objectName, patch: ["status": status], subresource: "status")
  }

  private func record(_ job: JSONValue, _ type: String, _ reason: String, _ message: String) async {
    await events.record(job, kind: "Job", apiVersion: "batch/v1", type: type, reason: reason, message: message)
  }
}
