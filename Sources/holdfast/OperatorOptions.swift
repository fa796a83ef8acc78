import ArgumentParser
import Operator

// The flags of `holdfast operator`. They are texts here: what may be said is decided where all three ways come together.

extension OperatorSetting {
  fileprivate var name: NameSpecification { .customLong(String(flag.dropFirst(2))) }

  fileprivate var argumentHelp: ArgumentHelp {
    var text = summary
    if isList { text += " May be repeated." }
    if let fallback { text += " Default: \(fallback)." }
    return ArgumentHelp("\(text) [\(variable), \(key)]", valueName: valueName)
  }
}

struct ClusterOptions: ParsableArguments {
  @Option(name: OperatorSetting.kubeconfig.name, help: OperatorSetting.kubeconfig.argumentHelp)
  var kubeconfig: String?

  @Option(name: OperatorSetting.context.name, help: OperatorSetting.context.argumentHelp)
  var context: String?

  @Option(name: OperatorSetting.namespaces.name, help: OperatorSetting.namespaces.argumentHelp)
  var namespaces: [String] = []

  @Option(name: OperatorSetting.trustedNamespaces.name, help: OperatorSetting.trustedNamespaces.argumentHelp)
  var trustedNamespaces: [String] = []

  var given: [OperatorSetting: [String]] {
    [
      .kubeconfig: one(kubeconfig), .context: one(context), .namespaces: namespaces,
      .trustedNamespaces: trustedNamespaces,
    ]
  }
}

struct ExecutorOptions: ParsableArguments {
  @Option(name: OperatorSetting.executorImage.name, help: OperatorSetting.executorImage.argumentHelp)
  var executorImage: String?

  @Option(
    name: OperatorSetting.executorImagePullPolicy.name, help: OperatorSetting.executorImagePullPolicy.argumentHelp)
  var executorImagePullPolicy: String?

  @Option(
    name: OperatorSetting.executorImagePullSecrets.name, help: OperatorSetting.executorImagePullSecrets.argumentHelp)
  var executorImagePullSecrets: [String] = []

  @Option(name: OperatorSetting.executorFsGroup.name, help: OperatorSetting.executorFsGroup.argumentHelp)
  var executorFsGroup: String?

  var given: [OperatorSetting: [String]] {
    [
      .executorImage: one(executorImage), .executorImagePullPolicy: one(executorImagePullPolicy),
      .executorImagePullSecrets: executorImagePullSecrets, .executorFsGroup: one(executorFsGroup),
    ]
  }
}

struct WorkOptions: ParsableArguments {
  @Option(name: OperatorSetting.workers.name, help: OperatorSetting.workers.argumentHelp)
  var workers: String?

  @Option(name: OperatorSetting.failedBackupsLimit.name, help: OperatorSetting.failedBackupsLimit.argumentHelp)
  var failedBackupsLimit: String?

  @Option(name: OperatorSetting.targetPreflight.name, help: OperatorSetting.targetPreflight.argumentHelp)
  var targetPreflight: String?

  @Option(name: OperatorSetting.preUpgradeGate.name, help: OperatorSetting.preUpgradeGate.argumentHelp)
  var preUpgradeGate: String?

  var given: [OperatorSetting: [String]] {
    [
      .workers: one(workers), .failedBackupsLimit: one(failedBackupsLimit),
      .targetPreflight: one(targetPreflight), .preUpgradeGate: one(preUpgradeGate),
    ]
  }
}

struct LeaderElectionOptions: ParsableArguments {
  @Flag(name: OperatorSetting.leaderElect.name, inversion: .prefixedNo, help: OperatorSetting.leaderElect.argumentHelp)
  var leaderElect: Bool?

  @Option(name: OperatorSetting.leaderElectNamespace.name, help: OperatorSetting.leaderElectNamespace.argumentHelp)
  var leaderElectNamespace: String?

  @Option(name: OperatorSetting.leaderElectName.name, help: OperatorSetting.leaderElectName.argumentHelp)
  var leaderElectName: String?

  var given: [OperatorSetting: [String]] {
    [
      .leaderElect: one(leaderElect.map { "\($0)" }), .leaderElectNamespace: one(leaderElectNamespace),
      .leaderElectName: one(leaderElectName),
    ]
  }
}

struct NotificationOptions: ParsableArguments {
  @Option(name: OperatorSetting.notificationsUrlFile.name, help: OperatorSetting.notificationsUrlFile.argumentHelp)
  var notificationsUrlFile: String?

  @Option(name: OperatorSetting.notificationsFormat.name, help: OperatorSetting.notificationsFormat.argumentHelp)
  var notificationsFormat: String?

  @Option(name: OperatorSetting.notificationsReasons.name, help: OperatorSetting.notificationsReasons.argumentHelp)
  var notificationsReasons: [String] = []

  var given: [OperatorSetting: [String]] {
    [
      .notificationsUrlFile: one(notificationsUrlFile), .notificationsFormat: one(notificationsFormat),
      .notificationsReasons: notificationsReasons,
    ]
  }
}

struct ServiceOptions: ParsableArguments {
  @Option(name: OperatorSetting.healthHost.name, help: OperatorSetting.healthHost.argumentHelp)
  var healthHost: String?

  @Option(name: OperatorSetting.healthPort.name, help: OperatorSetting.healthPort.argumentHelp)
  var healthPort: String?

  @Option(name: OperatorSetting.logLevel.name, help: OperatorSetting.logLevel.argumentHelp)
  var logLevel: String?

  @Option(name: OperatorSetting.logFormat.name, help: OperatorSetting.logFormat.argumentHelp)
  var logFormat: String?

  var given: [OperatorSetting: [String]] {
    [
      .healthHost: one(healthHost), .healthPort: one(healthPort), .logLevel: one(logLevel),
      .logFormat: one(logFormat),
    ]
  }
}

private func one(_ value: String?) -> [String] { value.map { [$0] } ?? [] }
