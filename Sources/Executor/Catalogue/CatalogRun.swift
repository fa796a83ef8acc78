public import BackupFormat
internal import Foundation
internal import HoldfastAPI
public import JobPlan
public import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import ObjectStore

/// Makes a Backup object for each manifest below the policy's prefix that has none: for the newest ones, as many as the policy
/// keeps Backups (`spec.historyLimit`).
///
/// - Nothing is ever deleted, and no Backup is changed but one that somebody died while making: an empty listing, one that
///   fails or one that ends early leaves all as it is.
/// - A manifest that cannot be used is counted and named; the others go on.
/// - Idempotent: a second run makes nothing. One that died is run again.
/// - Memory: a page of keys, a few manifests, and about 200 bytes for each Backup object that the policy has or may have.
public struct CatalogRun: Sendable {
  /// What became of a manifest that had no Backup.
  public struct Item: Sendable {
    public enum Action: String, Sendable, Hashable {
      case made, completed
      /// In a dry run.
      case wouldMake
      /// Perhaps of a run that the operator has yet to record: it is left to it.
      case pending
      case unreadable, nameTaken
    }

    public var id: BackupID
    public var action: Action
    /// The Backup's name.
    public var name: String
    public var storedBytes: Int64
    /// nil where it cannot be used.
    public var manifest: Manifest?
    public var problem: String?
  }

  public struct Report: Sendable {
    public var result = ExecutorResult.Catalog(
      found: 0, made: 0, unreadable: 0, storage: .init(count: 0, bytes: 0))
    /// For people.
    public var warnings: [String] = []
  }

  private static let width = 8
  /// Names that a warning lists.
  private static let listed = 10

  let context: RunContext
  let objects: BackupObjects
  let isDryRun: Bool

  /// - Parameter client: Of the API server that the Backups go to, into the policy's namespace.
  public init(context: RunContext, client: KubernetesClient, isDryRun: Bool = false) {
    self.context = context
    self.isDryRun = isDryRun
    objects = BackupObjects(
      client: client, namespace: context.plan.policy.namespace, policy: context.plan.policy.name)
  }

  /// As a Job runs it.
  /// - Throws: ``RunFailure``.
  public func result() async throws -> ExecutorResult { try await resultAndReport { _ in }.0 }

  /// - Parameter each: As in ``run(each:)``.
  public func resultAndReport(each: (Item) -> Void) async throws -> (ExecutorResult, Report) {
    let started = Timestamp(context.now())
    let report = try await run(each: each)
    var result = ExecutorResult(
      operation: .catalog, outcome: .succeeded, startTime: started, completionTime: Timestamp(context.now()))
    result.location = "\(context.store.location)/\(context.layout.policyPrefix.dropLast())"
    result.catalog = report.result
    result.warnings = report.warnings.isEmpty ? nil : report.warnings
    return (result, report)
  }

  /// - Parameter each: Called for each manifest that had no Backup, oldest first.
  /// - Throws: ``RunFailure``.
  public func run(each: (Item) -> Void = { _ in }) async throws -> Report {
    let survey: BackupObjects.Survey
    do { survey = try await objects.survey() } catch { throw ErrorMapping.backupObjects(error, step: .catalog) }
    var tally = Tally()
    // Whose manifest was not seen.
    var unseen = Set(survey.byID.filter { $0.value.isComplete && isHere($0.value, $0.key) }.keys)
    // Oldest first.
    var newest: [ManifestWalk.Found] = []
    var omitted = 0
    // As the operator: never without the one that takes the newest one's place should that be found damaged.
    let limit = max(2, context.plan.spec.resolvedHistoryLimit)
    do {
      try await ManifestWalk(store: context.store, layout: context.layout).run { page in
        for found in page {
          unseen.remove(found.id.rawValue)
          tally.see(found)
        }
        newest += page
        let older = newest.prefix(max(0, newest.count - limit))
        omitted += older.count { survey.byID[$0.id.rawValue]?.isComplete != true }
        newest.removeFirst(older.count)
        return true
      }
      let missing = newest.filter { survey.byID[$0.id.rawValue]?.isComplete != true }
      for batch in stride(from: 0, to: missing.count, by: Self.width) {
        let items = try await inParallel(Array(missing[batch..<min(batch + Self.width, missing.count)])) {
          try await make($0, survey)
        }
        for item in items.compactMap(\.self) {
          tally.take(item)
          tell(item)
          each(item)
        }
      }
      if omitted > 0 {
        tally.report.warnings.append(
          "\(omitted) older backup(s) have no Backup object, since the policy keeps \(limit) (spec.historyLimit); "
            + "'holdfast list' shows them, and a restore reaches one by spec.from.location")
      }
      try await lookFor(unseen, survey, &tally)
    } catch {
      throw ErrorMapping.backupObjects(error, step: .catalog)
    }
    return tally.report
  }

  private func isHere(_ known: BackupObjects.Known, _ id: String) -> Bool {
    guard let id = BackupID(id) else { return false }
    return known.location == context.location(of: id, in: context.layout)
  }

  /// - Returns: nil where the manifest went meanwhile.
  private func make(_ found: ManifestWalk.Found, _ survey: BackupObjects.Survey) async throws -> Item? {
    var item = Item(
      id: found.id, action: .wouldMake,
      name: ObjectNames.catalogBackup(policy: objects.policy, id: found.id.rawValue), storedBytes: found.storedBytes)
    if let since = survey.unrecordedSince, found.id.date >= since, survey.byID[found.id.rawValue] == nil {
      item.action = .pending
      return item
    }
    let manifest: Manifest
    do {
      manifest = try await context.store.manifest(of: found.id, in: context.layout)
    } catch let error as ManifestError {
      item.action = .unreadable
      item.problem = error.message
      return item
    } catch let error as ObjectStoreError where error.code == .notFound {
      return nil
    } catch let error as ObjectStoreError where error.code == .failed {
      item.action = .unreadable
      item.problem = error.message
      return item
    }
    item.manifest = manifest
    guard !isDryRun else { return item }
    let status = Backup.Status(
      manifest: manifest, location: context.location(of: found.id, in: context.layout),
      ownCluster: context.plan.clusterID, now: Timestamp(context.now()))
    switch try await objects.make(manifest, status: status) {
    case .made: item.action = .made
    case .completed: item.action = .completed
    case .known: return nil
    case .nameTaken:
      item.action = .nameTaken
      item.problem = "Backup \(item.name) exists and stands for something else; rename or delete it"
    }
    return item
  }

  /// What the listing does not show is asked for by its key: only that tells that it is gone. It is only said; removing the
  /// object is a person's, or retention's.
  private func lookFor(_ unseen: Set<String>, _ survey: BackupObjects.Survey, _ tally: inout Tally) async throws {
    var gone: [String] = []
    for text in unseen.sorted() {
      guard gone.count < Self.listed, let id = BackupID(text), let known = survey.byID[text] else { continue }
      if try await context.store.head(context.layout.manifestKey(of: id)) == nil { gone.append(known.name) }
    }
    guard !gone.isEmpty else { return }
    tally.report.warnings.append(
      "no manifest is in the bucket for \(unseen.count > gone.count ? "some of " : "")\(unseen.count) Backup(s), which are "
        + "left as they are; the first: \(gone.joined(separator: ", "))")
  }

  private func tell(_ item: Item) {
    let metadata: Logger.Metadata = [
      "backup.id": "\(item.id)", "backup": "\(item.name)", "action": "\(item.action.rawValue)",
    ]
    if let problem = item.problem {
      context.logger.warning("not in the catalogue", metadata: metadata.merging(["problem": "\(problem)"]) { $1 })
    } else {
      context.logger.info("catalogue", metadata: metadata)
    }
  }

  private func inParallel(
    _ batch: [ManifestWalk.Found], _ body: @escaping @Sendable (ManifestWalk.Found) async throws -> Item?
  ) async throws -> [Item?] {
    try await withThrowingTaskGroup(of: (Int, Item?).self) { group in
      for (index, found) in batch.enumerated() { group.addTask { (index, try await body(found)) } }
      var items: [Item?] = Array(repeating: nil, count: batch.count)
      for try await (index, item) in group { items[index] = item }
      return items
    }
  }

  /// What was counted so far.
  private struct Tally {
    var report = Report()
    private var named = 0

    mutating func see(_ found: ManifestWalk.Found) {
      let time = Timestamp(found.id.date)
      report.result.found += 1
      report.result.storage.count += 1
      report.result.storage.bytes += found.storedBytes
      report.result.storage.oldest = report.result.storage.oldest ?? time
      report.result.storage.newest = time
    }

    mutating func take(_ item: Item) {
      switch item.action {
      case .made, .completed, .wouldMake: report.result.made += 1
      case .unreadable: report.result.unreadable += 1
      case .pending, .nameTaken: break
      }
      guard let problem = item.problem else { return }
      named += 1
      if named <= CatalogRun.listed { report.warnings.append("\(item.id): \(problem)") }
    }
  }
}
