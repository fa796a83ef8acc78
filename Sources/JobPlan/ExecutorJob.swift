public import HoldfastAPI
public import KubernetesModel

/// How often and how long an executor pod is tried.
public enum ExecutorJob {
  /// Seconds: six hours.
  public static let defaultDeadline: Int64 = 21_600
  public static let defaultBackoffLimit = 2

  /// - Parameters:
  ///   - isRepeatable: false for what must run at most once: a failed pod is never replaced, whatever made it fail.
  ///   - isSuspended: A Job that waits for its release; no pod is made until then.
  public static func spec(
    pod: PodTemplateSpec, template: ExecutorTemplate?, isRepeatable: Bool, isSuspended: Bool = false
  ) -> JobSpec {
    JobSpec(
      parallelism: 1, completions: 1,
      backoffLimit: isRepeatable ? Int32(clamping: template?.backoffLimit ?? defaultBackoffLimit) : 0,
      activeDeadlineSeconds: template?.activeDeadlineSeconds ?? defaultDeadline,
      podFailurePolicy: isRepeatable ? ignoreDisruptions : failOnDisruption,
      // The next pod waits until the last one is gone: two executors of one Job never run side by side.
      podReplacementPolicy: "Failed", suspend: isSuspended ? true : nil, template: pod)
  }

  /// The executor's exit code for a plan that no retry can mend.
  static let invalidPlanExitCode: JSONValue = 2
  /// The executor's exit code where it was told to stop and has cleaned up.
  static let stoppedExitCode: JSONValue = 143

  // An eviction, or a Job suspended until its turn, says nothing about the backup, so it does not use up a retry.
  private static let ignoreDisruptions: JSONValue = [
    "rules": [
      [
        "action": "FailJob",
        "onExitCodes": [
          "containerName": .string(ExecutorPod.containerName), "operator": "In", "values": [invalidPlanExitCode],
        ],
      ],
      ["action": "Ignore", "onPodConditions": [["type": "DisruptionTarget", "status": "True"]]],
      [
        "action": "Ignore",
        "onExitCodes": [
          "containerName": .string(ExecutorPod.containerName), "operator": "In", "values": [stoppedExitCode],
        ],
      ],
    ]
  ]

  private static let failOnDisruption: JSONValue = [
    "rules": [["action": "FailJob", "onPodConditions": [["type": "DisruptionTarget", "status": "True"]]]]
  ]
}
