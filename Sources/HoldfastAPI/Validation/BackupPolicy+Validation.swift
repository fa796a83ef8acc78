import KubernetesModel

extension BackupPolicy {
  /// Everything that this one object can tell is wrong, in the order of the fields; empty where it is valid. Before or
  /// after ``BackupPolicySpec/defaulted(namespace:name:)``.
  public func validate() -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("metadata.name", ObjectName.problem(metadata.name ?? ""))
    let seed = "\(metadata.namespace ?? "default")/\(metadata.name ?? "")"
    return issues + spec.validate(seed: seed)
  }
}

extension BackupPolicySpec {
  /// - Parameters:
  ///   - seed: What `H` in the schedule is picked by; it does not change the verdict.
  ///   - isPlan: The spec is of a plan outside a cluster: folders and commands of this machine are allowed.
  public func validate(seed: String = "", isPlan: Bool = false) -> [ValidationIssue] {
    let checks: [() -> [ValidationIssue]] = [
      { scheduleIssues(seed: seed) },
      { sourceIssues(isPlan: isPlan) },
      loginIssues,
      { target.issues("spec.target", allowsLocalPath: isPlan) },
      encryptionIssues,
      retentionIssues,
      { verificationIssues(seed: seed) },
      statusIssues,
      executorIssues,
      preUpgradeIssues,
    ]
    return checks.flatMap { $0() }
  }

  private static func cronProblem(_ schedule: String, seed: String, ifEmpty: String) -> String? {
    do throws(CronSchedule.ParseError) {
      guard try CronSchedule(schedule, seed: seed).expectedInterval == nil else { return nil }
      return "\(Syntax.quoted(schedule)) never comes: no month it names has such a day; change the day or month"
    } catch {
      return schedule.isEmpty ? ifEmpty : error.message
    }
  }

  private func verificationIssues(seed: String) -> [ValidationIssue] {
    guard let verification else { return [] }
    var issues: [ValidationIssue] = []
    issues.add(
      "spec.verification.schedule",
      Self.cronProblem(
        verification.schedule, seed: seed, ifEmpty: "is empty; write when backups are read back, for example @weekly"))
    issues += verification.identitySecretRef?.issues("spec.verification.identitySecretRef") ?? []
    if let latest = verification.latest, !(1...1_000).contains(latest) {
      issues.add("spec.verification.latest", "is \(latest); use 1 to 1000, or all: true")
    }
    if verification.latest != nil, verification.all == true {
      issues.add("spec.verification.all", "and latest exclude each other; keep one")
    }
    return issues
  }

  private func scheduleIssues(seed: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add(
      "spec.schedule",
      schedule.flatMap { Self.cronProblem($0, seed: seed, ifEmpty: "is empty; leave it out for manual runs only") })
    if let timeZone, TimeZoneName.resolve(timeZone) == nil {
      issues.add(
        "spec.timeZone",
        "\(Syntax.quoted(timeZone)) is not an IANA time zone; write for example Europe/Berlin, or leave it out for UTC")
    }
    if let startingDeadlineSeconds, startingDeadlineSeconds < 1 {
      issues.add("spec.startingDeadlineSeconds", "is \(startingDeadlineSeconds); use at least 1 second")
    } else if let startingDeadlineSeconds, startingDeadlineSeconds < 10 {
      // The CronJob controller looks every 10 seconds (its documentation warns of the same).
      issues.add(
        "spec.startingDeadlineSeconds", "is \(startingDeadlineSeconds); below 10 seconds a CronJob may never start")
    }
    return issues
  }

  private func sourceIssues(isPlan: Bool) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if sources.isEmpty {
      issues.add("spec.sources", "is empty; name at least one thing to back up (\(Source.kindList))")
    }
    if sources.count > 16 {
      issues.add("spec.sources", "has \(sources.count) entries; use at most 16 and put the others into a second policy")
    }
    let hasInheritedLogin = jwtAuthRole != nil || tokenSecretRef != nil
    for (index, source) in sources.enumerated().prefix(16) {
      issues += source.issues("spec.sources[\(index)]", hasInheritedLogin: hasInheritedLogin, isPlan: isPlan)
    }
    return issues + Source.duplicateIssues(of: sources.map(\.name), in: "spec.sources")
  }

  /// The login fields at the places where the OpenBao operator has them.
  private func loginIssues() -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if jwtAuthRole != nil && tokenSecretRef != nil {
      issues.add("spec.tokenSecretRef", "and spec.jwtAuthRole are two logins; keep one")
    }
    issues.add("spec.jwtAuthRole", jwtAuthRole.flatMap { Syntax.line($0, limit: 128) })
    issues += tokenSecretRef?.issues("spec.tokenSecretRef") ?? []
    return issues
  }

  private func encryptionIssues() -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    guard let encryption, (encryption.age == nil) != (encryption.none == nil) else {
      issues.add(
        "spec.encryption",
        (encryption == nil ? "is required; " : "needs exactly one of age and none; ")
          + "write age: {recipients: [age1…]}, or none: {acknowledged: true} for artifacts that anyone with access to the "
          + "target can read")
      return issues
    }
    if let none = encryption.none, !none.acknowledged {
      issues.add(
        "spec.encryption.none.acknowledged",
        "must be true: without encryption, anyone with access to the target can read the backups")
    }
    guard let recipients = encryption.age?.recipients else { return issues }
    let field = "spec.encryption.age.recipients"
    if recipients.isEmpty { issues.add(field, "is empty; name at least one recipient (age1…), made with age-keygen") }
    if recipients.count > 20 { issues.add(field, "has \(recipients.count) entries; use at most 20") }
    var seen: Set<String> = []
    for (index, recipient) in recipients.enumerated().prefix(20) {
      issues.add("\(field)[\(index)]", AgeRecipient.problem(recipient))
      if !seen.insert(recipient).inserted { issues.add("\(field)[\(index)]", "is a duplicate; remove it") }
    }
    return issues
  }

  private func retentionIssues() -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if let maxCount = retention?.maxCount, maxCount < 1 {
      issues.add("spec.retention.maxCount", "is \(maxCount); use at least 1, or leave it out to keep any number")
    }
    issues.add("spec.retention.maxAge", retention?.maxAge.flatMap(DurationText.positiveProblem))
    return issues
  }

  /// Of what the status is judged by.
  private func statusIssues() -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("spec.objective.maxAge", objective?.maxAge.flatMap(DurationText.positiveProblem))
    if let ratio = anomaly?.minSizeRatio, !(0...1).contains(ratio) {
      issues.add("spec.anomaly.minSizeRatio", "is \(ratio); use 0 (off) to 1, for example 0.5")
    }
    if let historyLimit, !(1...10_000).contains(historyLimit) {
      issues.add(
        "spec.historyLimit", "is \(historyLimit); use 1 to 10000, or leave it out for \(Self.defaultHistoryLimit)")
    }
    return issues
  }

  private func executorIssues() -> [ValidationIssue] {
    var issues = executor?.issues("spec.executor") ?? []
    issues.add("spec.executorImage", executorImage.flatMap(ExecutorTemplate.imageProblem))
    if let executorImage, let image = executor?.image, image != executorImage {
      issues.add("spec.executorImage", "differs from spec.executor.image; they mean the same, so keep one")
    }
    return issues
  }

  private func preUpgradeIssues() -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("spec.preUpgrade.window", preUpgrade?.window.flatMap(DurationText.positiveProblem))
    for (index, workload) in (preUpgrade?.workloads ?? []).enumerated() {
      if !PreUpgrade.kinds.contains(workload.kind) {
        issues.add(
          "spec.preUpgrade.workloads[\(index)].kind",
          "\(Syntax.quoted(workload.kind)) is not known; use \(PreUpgrade.kinds.joined(separator: ", "))")
      }
      issues.add("spec.preUpgrade.workloads[\(index)].name", Syntax.dnsSubdomain(workload.name))
    }
    return issues
  }
}
