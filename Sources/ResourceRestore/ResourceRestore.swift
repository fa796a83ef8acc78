public import Foundation
public import KubernetesClient
internal import KubernetesModel
internal import PKIPreview
internal import ResourceSet

/// Brings a resource set back onto an API server.
///
/// The set is read several times and never held: once to see what is in it, once to compare with the server, and then once
/// for each time that its order is not the order of a restore. Of each object a name and a verdict stay in memory; of
/// Certificates and issuers also what they say.
///
/// Guarantees: ``plan()`` changes nothing. ``apply(_:progress:)`` touches nothing where the plan has a conflict or an error.
/// Every write can be repeated: a restore that died is run again, and finds what it did as it is in the backup.
public struct ResourceRestore: Sendable {
  private static let width = 8

  let client: KubernetesClient
  let settings: ResourceRestoreSettings
  let read: ReadResourceSet
  let now: @Sendable () -> Date
  let sleep: @Sendable (Duration) async throws -> Void
  let pause: ControllerPauseHooks?
  var limits = Settling.Limits()

  /// - Parameters:
  ///   - read: The artifact, decrypted and decompressed.
  ///   - pause: Keeps cert-manager's controller away while objects are written; nil to leave it at work.
  public init(
    client: KubernetesClient, settings: ResourceRestoreSettings, pause: ControllerPauseHooks? = nil,
    read: @escaping ReadResourceSet,
    now: @escaping @Sendable () -> Date = { Date() },
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.client = client
    self.settings = settings
    self.pause = pause
    self.read = read
    self.now = now
    self.sleep = sleep
  }

  /// What happened.
  public struct Outcome: Sendable, Hashable {
    /// Created or replaced.
    public var written = 0
    /// Already as in the backup when their turn came.
    public var unchanged = 0
    public var skipped = 0
    public var warnings: [String] = []
  }

  /// How far a restore is.
  public struct Progress: Sendable, Hashable {
    public var done: Int
    public var total: Int
  }

  // MARK: Plan

  /// Looks at every object of the set and at what lives under its name.
  /// - Throws: ``ResourceRestoreError``, `ResourceSetError`, what `read` threw.
  public func plan() async throws -> ResourceRestorePlan {
    let survey = try await survey()
    var planner = ObjectPlanner(settings: settings)
    planner.clusterIssuerSecrets = survey.clusterIssuerSecrets
    let work = PlanWork(
      client: client, planner: planner, survey: survey, served: ServedResources(client: client), now: now())
    return try await work.run(read, width: Self.width)
  }

  private func survey() async throws -> SetSurvey {
    // Only to be had when the issuers are known, which may come after the Secrets.
    var survey = SetSurvey(planner: ObjectPlanner(settings: settings))
    let (header, index) = try await SetReading.pass(read, wants: { _ in true }) { members in
      for member in members { try survey.add(member.object, path: member.path) }
    }
    survey.end(header, index)
    return survey
  }

  // MARK: Apply

  /// Does what the plan says.
  /// - Parameter progress: Called now and then, with objects written and to be written.
  /// - Throws: ``ResourceRestoreError``, `ResourceSetError`, what `read` threw. What was written until then stays.
  public func apply(
    _ plan: ResourceRestorePlan, progress: @escaping @Sendable (Progress) async -> Void = { _ in }
  ) async throws -> Outcome {
    try check(plan)
    var planner = ObjectPlanner(settings: settings)
    planner.clusterIssuerSecrets = plan.clusterIssuerSecrets
    let work = ApplyWork(
      client: client, planner: planner, plan: plan, served: ServedResources(client: client),
      applier: ObjectApplier(client: client, planner: planner, sleep: sleep),
      settling: Settling(client: client, limits: limits, sleep: sleep), width: Self.width, pause: pause)
    return try await work.run(read, progress: progress)
  }

  /// - Throws: ``ResourceRestoreError`` where nothing may be touched.
  public func check(_ plan: ResourceRestorePlan) throws {
    let conflicts = plan.conflicts
    if let first = conflicts.first {
      throw ResourceRestoreError(
        .conflict,
        "\(conflicts.count) of \(plan.entries.count) objects are in conflict, and nothing was changed; the first: "
          + "\(first.name): \(first.detail ?? "")")
    }
    let errors = plan.certificateErrors
    if let first = errors.first, !settings.force {
      throw ResourceRestoreError(
        .certificates,
        "cert-manager would issue \(errors.count) CA(s) again, and with them everything below; nothing was changed. "
          + "\(first). Set force to go on all the same")
    }
  }
}
