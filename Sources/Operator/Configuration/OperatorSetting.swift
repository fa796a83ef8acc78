/// Everything that the operator can be told, each in three ways: a flag, an environment variable, a key of the file. The
/// command line's help, `docs/configuration.md` and the errors are made from this list.
public enum OperatorSetting: String, Sendable, Hashable, CaseIterable {
  case kubeconfig
  case context
  case executorImage
  case executorImagePullPolicy
  case executorImagePullSecrets
  case executorFsGroup
  case namespaces
  case trustedNamespaces
  case leaderElect
  case leaderElectNamespace
  case leaderElectName
  case workers
  case failedBackupsLimit
  case targetPreflight
  case preUpgradeGate
  case healthHost
  case healthPort
  case notificationsUrlFile
  case notificationsFormat
  case notificationsReasons
  case logLevel
  case logFormat

  /// What a value has to be.
  enum Shape: Sendable {
    case text(String)
    case names(String)
    case number(ClosedRange<Int64>)
    case truth
    case choice([String])
    case choices([String])
  }

  /// As in the configuration file.
  public var key: String { rawValue }

  /// `--executor-image`; in the singular for a list, since it is repeated.
  public var flag: String {
    switch self {
    case .namespaces: "--namespace"
    case .trustedNamespaces: "--trusted-namespace"
    case .executorImagePullSecrets: "--executor-image-pull-secret"
    case .notificationsReasons: "--notifications-reason"
    default: "--" + words.joined(separator: "-")
    }
  }

  /// `HOLDFAST_EXECUTOR_IMAGE`.
  public var variable: String { "HOLDFAST_" + words.joined(separator: "_").uppercased() }

  /// A list: the flag may be repeated, the variable is separated by commas.
  public var isList: Bool {
    switch shape {
    case .names, .choices: true
    case .text, .number, .truth, .choice: false
    }
  }

  /// What a value is called in the help.
  public var valueName: String {
    switch shape {
    case .text(let name), .names(let name): name
    case .number: "number"
    case .truth: "true|false"
    case .choice(let choices): choices.joined(separator: "|")
    case .choices: "reason"
    }
  }

  /// The value where nothing is said; nil where that is nothing, or depends.
  public var fallback: String? {
    switch self {
    case .executorFsGroup: "65532"
    case .leaderElect: "false"
    case .leaderElectName: "holdfast-operator"
    case .workers: "2"
    case .failedBackupsLimit: "20"
    case .targetPreflight: "true"
    case .preUpgradeGate: "false"
    case .healthPort: "8080"
    case .notificationsFormat: "json"
    case .notificationsReasons: NotificationReasons.usual.joined(separator: ",")
    case .logLevel: "info"
    case .logFormat: "text"
    default: nil
    }
  }

  /// One or two sentences.
  public var summary: String {
    switch self {
    case .kubeconfig: "A kubeconfig file. Without it the pod's ServiceAccount, KUBECONFIG or ~/.kube/config."
    case .context: "A context of the kubeconfig in place of its current one."
    case .executorImage: "The image of executor pods where a policy names none. Has to be given."
    case .executorImagePullPolicy: "When executor images are pulled. Without it as the API server has it."
    case .executorImagePullSecrets: "A pull Secret in the policies' namespaces."
    case .executorFsGroup: "The group that owns volumes of filesystem targets; 0 leaves it to the platform (OpenShift)."
    case .namespaces: "Work in this namespace only. Without it in all."
    case .trustedNamespaces:
      "Policies of this namespace may capture cluster-scoped objects and other namespaces, and restore them."
    case .leaderElect: "Work only while holding a Lease; needed where more than one replica runs."
    case .leaderElectNamespace: "Where the Lease is. Without it the operator's own namespace."
    case .leaderElectName: "The Lease."
    case .workers: "Objects of one kind that are worked on at once."
    case .failedBackupsLimit: "Backup objects of failed runs that are kept for each policy."
    case .targetPreflight:
      "Try each policy's target by a Job when it changes, once a day, and again where that failed."
    case .preUpgradeGate:
      "Watch the workloads that carry the label holdfast.dev/pre-upgrade, and tell of broken glass; needs the rights of the gate."
    case .healthHost: "The address for probes and metrics. Without it all."
    case .healthPort: "The port for probes and metrics; 0 picks a free one, which is logged."
    case .notificationsUrlFile:
      "A file, of a mounted Secret, that holds the URL of a webhook. It is read anew for each notification."
    case .notificationsFormat: "What is posted: a small JSON object, one for Slack and its kin, or a CloudEvent."
    case .notificationsReasons: "An Event's reason to tell of, or '*' for all."
    case .logLevel: "The least severe level that is logged, to standard error."
    case .logFormat: "text for people, json for one object a line."
    }
  }

  var shape: Shape {
    switch self {
    case .kubeconfig, .notificationsUrlFile: .text("file")
    case .context, .leaderElectNamespace, .leaderElectName: .text("name")
    case .executorImage: .text("image")
    case .healthHost: .text("address")
    case .executorImagePullSecrets, .namespaces, .trustedNamespaces: .names("name")
    case .executorImagePullPolicy: .choice(["Always", "IfNotPresent", "Never"])
    case .executorFsGroup: .number(0...4_294_967_294)
    case .workers: .number(1...64)
    case .failedBackupsLimit: .number(1...10_000)
    case .healthPort: .number(0...65_535)
    case .leaderElect, .targetPreflight, .preUpgradeGate: .truth
    case .notificationsFormat: .choice(NotificationFormat.allCases.map(\.rawValue))
    case .notificationsReasons: .choices(["*"] + EventReason.allCases.map(\.rawValue))
    case .logLevel: .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"])
    case .logFormat: .choice(["text", "json"])
    }
  }

  private var words: [String] {
    rawValue.reduce(into: [""]) { words, character in
      if character.isUppercase { words.append("") }
      words[words.count - 1] += character.lowercased()
    }
  }
}
