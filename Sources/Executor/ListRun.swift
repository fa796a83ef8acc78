public import BackupFormat
internal import Foundation
internal import HoldfastAPI
internal import ObjectStore

/// The backups of a policy, from the bucket alone.
public struct ListRun: Sendable {
  public struct Entry: Sendable, Hashable {
    public var id: BackupID
    /// nil where it cannot be read; ``problem`` then says why.
    public var manifest: Manifest?
    public var problem: String?
    public var storedBytes: Int64
    public var location: String
  }

  let context: RunContext
  let layout: BucketLayout

  /// - Parameter layout: nil for the plan's own policy.
  public init(context: RunContext, layout: BucketLayout? = nil) {
    self.context = context
    self.layout = layout ?? context.layout
  }

  /// Newest first. What has no manifest is no backup and does not appear.
  public func run() async throws -> [Entry] {
    do {
      let catalogue = try await Catalogue.load(context.store, layout: layout, uploads: false)
      var entries: [Entry] = []
      for found in catalogue.sorted.reversed() where found.hasManifest {
        entries.append(try await entry(found))
      }
      return entries
    } catch {
      throw ErrorMapping.failure(error, step: .download)
    }
  }

  private func entry(_ found: Catalogue.Entry) async throws -> Entry {
    var entry = Entry(
      id: found.id, manifest: nil, problem: nil, storedBytes: found.storedBytes,
      location: context.location(of: found.id, in: layout))
    do {
      entry.manifest = try await context.store.manifest(of: found.id, in: layout)
    } catch let error as ManifestError {
      entry.problem = error.message
    } catch let error as ObjectStoreError where [.notFound, .failed].contains(error.code) {
      entry.problem = error.message
    }
    return entry
  }

  /// - Parameters:
  ///   - id: nil for the newest good one. One that a wrong clock dated in the future is that only where there is no other.
  ///   - before: Only older ones than this, where `id` is nil.
  /// - Throws: ``RunFailure`` with reason BackupNotFound or UnsupportedFormat.
  func find(id: BackupID?, before: Date? = nil) async throws -> Manifest {
    do {
      if let id { return try await context.store.manifest(of: id, in: layout) }
      let catalogue = try await Catalogue.load(context.store, layout: layout, uploads: false)
      let candidates = catalogue.sorted.reversed().filter { entry in
        entry.hasManifest && before.map { entry.id.date < $0 } ?? true
      }
      let horizon = context.now().addingTimeInterval(RetentionDecision.futureTolerance.timeInterval)
      for found in candidates.filter({ $0.id.date <= horizon }) + candidates.filter({ $0.id.date > horizon }) {
        if let manifest = try await entry(found).manifest { return manifest }
      }
    } catch let error as ManifestError {
      throw RunFailure(step: .download, reason: .unsupportedFormat, message: error.message, cause: error)
    } catch let error as ObjectStoreError where error.code == .notFound {
      throw notFound("no backup \(id?.rawValue ?? "")")
    } catch {
      throw ErrorMapping.failure(error, step: .download)
    }
    throw notFound(before == nil ? "no good backup" : "no good backup before the given time")
  }

  private func notFound(_ what: String) -> RunFailure {
    RunFailure(
      step: .download, reason: .backupNotFound,
      message: "there is \(what) below \(context.store.location)/\(layout.policyPrefix)")
  }
}
