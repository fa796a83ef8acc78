import JobPlan

extension OperatorConfiguration {
  /// - Parameters:
  ///   - ownNamespace: Where the operator runs.
  ///   - identity: Of this process, for the lease.
  public init(_ settings: OperatorSettings, ownNamespace: String, identity: String) {
    let fsGroup = settings.number(.executorFsGroup)
    self.init(
      executor: ExecutorDefaults(
        image: settings.text(.executorImage) ?? "", imagePullPolicy: settings.text(.executorImagePullPolicy),
        imagePullSecrets: settings.list(.executorImagePullSecrets), fileSystemGroup: fsGroup == 0 ? nil : fsGroup),
      namespaces: settings.list(.namespaces), trustedNamespaces: Set(settings.list(.trustedNamespaces)),
      leaderElection: settings.flag(.leaderElect)
        ? LeaderElection(
          namespace: settings.text(.leaderElectNamespace) ?? ownNamespace,
          leaseName: settings.text(.leaderElectName) ?? "", identity: identity) : nil,
      workers: Int(settings.number(.workers)), failedBackupsLimit: Int(settings.number(.failedBackupsLimit)),
      targetPreflight: settings.flag(.targetPreflight), preUpgradeGate: settings.flag(.preUpgradeGate),
      notifications: settings.text(.notificationsUrlFile).map {
        Notifications(
          urlFile: $0, format: NotificationFormat(rawValue: settings.text(.notificationsFormat) ?? "") ?? .json,
          reasons: settings.list(.notificationsReasons))
      })
  }
}
