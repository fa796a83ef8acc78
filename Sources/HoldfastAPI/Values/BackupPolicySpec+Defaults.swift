public import Foundation
import KubernetesModel

extension BackupPolicySpec {
  /// The spec as runs use it: every default written out, the fields of the OpenBao operator moved to where ours are,
  /// and `H` in the schedule picked. The same for a spec that is defaulted already.
  ///
  /// Fields that ``validate(seed:isPlan:)`` refuses stay as they are.
  ///
  /// - Parameter isTrusted: Whether the namespace may reach beyond itself; nil outside a cluster, where a person's own
  ///   rights decide.
  public func defaulted(namespace: String, name: String, isTrusted: Bool? = nil) -> BackupPolicySpec {
    var spec = self
    if let schedule, let parsed = try? CronSchedule(schedule, seed: "\(namespace)/\(name)") {
      spec.schedule = parsed.plain
    }
    // By another seed, so that H does not put both at the same minute.
    if let text = verification?.schedule,
      let parsed = try? CronSchedule(text, seed: "\(namespace)/\(name)/verification")
    {
      spec.verification?.schedule = parsed.plain
    }
    spec.timeZone = timeZone ?? (schedule == nil && verification == nil ? nil : TimeZoneName.utc)
    spec.target = target.defaulted()
    spec.compression = compression ?? .zstd
    spec.sources = sources.map { source in
      var source = source
      source.openZiti = source.openZiti?.defaulted()
      source.openBao = source.openBao.map(defaulted)
      source.vault = source.vault.map(defaulted)
      if var certManager = source.certManager {
        certManager.includeCRDs = certManager.includeCRDs ?? isTrusted
        source.certManager = certManager
      }
      if var resources = source.resources {
        resources.includeCRDs = resources.includeCRDs ?? isTrusted
        source.resources = resources
      }
      return source
    }
    spec.jwtAuthRole = nil
    spec.tokenSecretRef = nil
    if let executorImage {
      var executor = executor ?? ExecutorTemplate()
      executor.image = executor.image ?? executorImage
      spec.executor = executor
      spec.executorImage = nil
    }
    return spec
  }

  /// The zone that the schedule is read in; nil where `timeZone` is not valid.
  public var resolvedTimeZone: TimeZone? { TimeZoneName.resolve(timeZone ?? TimeZoneName.utc) }

  private func defaulted(_ source: Source.OpenBao) -> Source.OpenBao {
    var source = source
    if source.loginFields.isEmpty {
      source.tokenSecretRef = tokenSecretRef
      source.jwtAuthRole = jwtAuthRole
    }
    return source.defaulted()
  }
}

extension Source.OpenBao {
  /// With audience and mount path of the login.
  public func defaulted() -> Source.OpenBao {
    var source = self
    if jwtAuthRole != nil {
      source.jwtAudience = jwtAudience ?? Self.defaultJWTAudience
      source.jwtMountPath = jwtMountPath ?? Self.defaultJWTMountPath
    }
    source.kubernetesAuth = kubernetesAuth?.defaulted()
    source.appRole = appRole?.defaulted()
    source.userpass = userpass?.defaulted()
    return source
  }
}

extension Source.OpenBao.KubernetesAuth {
  func defaulted() -> Self {
    Self(role: role, mountPath: mountPath ?? Source.OpenBao.defaultKubernetesMountPath, audience: audience)
  }
}

extension Source.OpenBao.AppRole {
  func defaulted() -> Self {
    var login = self
    login.mountPath = mountPath ?? Source.OpenBao.defaultAppRoleMountPath
    return login
  }
}

extension Source.OpenBao.Userpass {
  func defaulted() -> Self {
    var login = self
    login.mountPath = mountPath ?? Source.OpenBao.defaultUserpassMountPath
    return login
  }
}

extension BackupPolicySpec {
  public static let defaultHistoryLimit = 100

  public var resolvedHistoryLimit: Int { historyLimit ?? Self.defaultHistoryLimit }
  public var resolvedMinSizeRatio: Double { anomaly?.minSizeRatio ?? Anomaly.defaultMinSizeRatio }
}

extension Objective {
  /// nil where `maxAge` is absent or, which validation refuses, not a duration.
  public var maxAgeDuration: Duration? { maxAge.flatMap { try? DurationText.parse($0) } }
}

extension PreUpgrade {
  /// ``defaultWindow`` where `window` is absent or, which validation refuses, not a duration.
  public var windowDuration: Duration { (try? DurationText.parse(window ?? Self.defaultWindow)) ?? .seconds(1_800) }
}

extension Target {
  /// 10 MiB.
  public static let defaultPartSize: Int64 = 10 << 20
  public static let defaultConcurrency = 3
  public static let defaultRegion = "us-east-1"
  /// What S3 takes as a part that is not the last, in bytes
  /// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).
  static let partSizeBounds: ClosedRange<Int64> = (5 << 20)...(5 << 30)

  /// Every default written out; `partSize` as an integer.
  public func defaulted() -> Target {
    var target = self
    target.provider = resolvedProvider
    if resolvedProvider == .s3 {
      target.region = resolvedRegion
      target.usePathStyle = usePathStyle ?? false
    }
    if partSize == nil || partSize?.bytes != nil { target.partSize = .int(partSizeBytes) }
    target.concurrency = resolvedConcurrency
    return target
  }

  public var resolvedProvider: Provider { provider ?? .s3 }
  public var resolvedRegion: String { region ?? Self.defaultRegion }
  public var resolvedConcurrency: Int { concurrency ?? Self.defaultConcurrency }

  /// Bytes of a part; the default where `partSize` is absent or, which validation refuses, no number of bytes.
  public var partSizeBytes: Int64 { partSize?.bytes ?? Self.defaultPartSize }
}

extension Retention {
  /// nil where `maxAge` is absent or, which validation refuses, not a duration.
  public var maxAgeDuration: Duration? { maxAge.flatMap { try? DurationText.parse($0) } }
}

extension Target.ObjectLock {
  /// nil where `retainFor` is absent or, which validation refuses, not a duration.
  public var retainForDuration: Duration? { retainFor.flatMap { try? DurationText.parse($0) } }
}
