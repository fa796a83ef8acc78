/// Where an executor pod's mounts are, below one root (`--mounts`, default `/var/run/holdfast`):
///
///     <root>/plan/plan.json
///     <root>/secrets/<secret name>/<key>
///     <root>/configmaps/<config map name>/<key>
///     <root>/tokens/<source name>/token        projected service account tokens
///     <root>/tokens/.target/token              the same for the target; no source has a name like this
///     <root>/volumes/<claim name>/             claims of filesystem targets, and of sources
///     <root>/api/token, ca.crt, namespace      how the API server is reached, for sources that read it
///
/// A person without a cluster makes folders of the same shape.
public enum MountLayout {
  public static let defaultRoot = "/var/run/holdfast"
  public static let planFolder = "plan"
  public static let planFile = "plan.json"

  /// The shape of the folder that pods have at `/var/run/secrets/kubernetes.io/serviceaccount`.
  public static let api = "api"

  public static func secret(_ name: String) -> String { "secrets/\(name)" }
  public static func configMap(_ name: String) -> String { "configmaps/\(name)" }
  public static func token(source: String) -> String { "tokens/\(source)" }
  public static let targetToken = "tokens/.target"
  public static let tokenFile = "token"
  public static func volume(claim: String) -> String { "volumes/\(claim)" }
}

/// Environment of an executor pod, all set by the Job template.
public enum ExecutorEnvironment {
  /// The Job's name, by the downward API from the label `batch.kubernetes.io/job-name`.
  public static let jobName = "HOLDFAST_JOB_NAME"
  /// The pod's name and namespace, by the downward API.
  public static let podName = "HOLDFAST_POD_NAME"
  public static let podNamespace = "HOLDFAST_POD_NAMESPACE"
  /// A ``BackupTrigger``, where the Job was made for one; absent in a CronJob's template.
  public static let trigger = "HOLDFAST_TRIGGER"
  /// The CronJob's name, in a CronJob's template: a Job called `<name>-<minutes since 1970>` is a scheduled run, any
  /// other was made by hand from it.
  public static let cronJobName = "HOLDFAST_CRONJOB_NAME"
}
