/// Every metric that the operator can have, with its help text. A test compares this list with the code that makes them, with
/// `docs/metrics.md`, and with the names that alerts and the dashboard use.
public enum OperatorMetrics {
  public static let all: [MetricDescription] = policies + restores + controllers + process

  /// By full name, as a metrics backend takes it.
  public static var help: [String: String] {
    Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.help) })
  }

  private static let policies =
    PolicyMetric.allCases.map { MetricDescription($0.name, .gauge, ["namespace", "policy"], $0.help) } + [
      MetricDescription(
        "holdfast_backups_total", .counter, ["namespace", "policy", "result"],
        "Runs that ended since this replica leads, by result: completed or failed."),
      MetricDescription(
        "holdfast_prunes_total", .counter, ["namespace", "policy", "result"],
        "Retention after a good backup, by result: completed, or failed where something that is due could not go."),
      MetricDescription(
        "holdfast_pruned_backups_total", .counter, ["namespace", "policy"],
        "Backups that retention removed from the bucket."),
    ]

  private static let restores = [
    MetricDescription(
      "holdfast_restore_phase", .gauge, ["namespace", "restorerequest", "phase"],
      "1 for the phase that a RestoreRequest is in; there is no series for the phases it is not in.")
  ]

  private static let controllers = [
    MetricDescription(
      "holdfast_kubernetes_workqueue_depth", .gauge, ["name"], "Objects that wait to be worked on, by controller."),
    MetricDescription(
      "holdfast_kubernetes_reconcile_duration_seconds", .histogram, ["controller"],
      "How long the operator works on one object, by controller."),
    MetricDescription(
      "holdfast_kubernetes_reconcile_errors_total", .counter, ["controller", "kind"],
      "Work that failed, by controller and kind: transient is tried again, terminal waits for a change of the object."),
    MetricDescription(
      "holdfast_kubernetes_watch_starts_total", .counter, ["resource"],
      "Watches begun; a watch ends and begins anew every few minutes."),
    MetricDescription(
      "holdfast_kubernetes_watch_failures_total", .counter, ["resource", "code"],
      "Lists and watches that failed and were tried again, by cause."),
    MetricDescription(
      "holdfast_kubernetes_api_requests_total", .counter, ["verb", "resource", "code"],
      "Calls to the API server, by verb as RBAC names it, resource and HTTP status, or kind of failure where none came."
    ),
    MetricDescription(
      "holdfast_kubernetes_api_request_duration_seconds", .histogram, ["verb"],
      "How long the API server takes to answer, by verb; watches are left out."),
    MetricDescription(
      "holdfast_kubernetes_events_dropped_total", .counter, ["why"],
      "Events that were not written since there were too many, or since the API server refused them."),
    MetricDescription(
      "holdfast_kubernetes_leader_election_leading", .gauge, ["lease"],
      "1 on the replica that holds the lease; only with leader election."),
    MetricDescription(
      "holdfast_notifications_total", .counter, ["result"],
      "Notifications, by result: delivered, failed after all attempts, or dropped since too many waited."),
    MetricDescription(
      "holdfast_operator_leading", .gauge,
      "1 on the replica that does the work, also without leader election; 0 on one that waits."),
  ]

  /// Those of every process, which the health server adds.
  private static let process = [
    MetricDescription("holdfast_build_info", .gauge, ["version"], "1, labelled with the version of the program."),
    MetricDescription(
      "process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds."),
    MetricDescription("process_open_fds", .gauge, "Number of open file descriptors."),
    MetricDescription("process_resident_memory_bytes", .gauge, "Resident memory size in bytes."),
  ]
}
