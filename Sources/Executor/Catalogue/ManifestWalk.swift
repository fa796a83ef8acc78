internal import BackupFormat
internal import ObjectStore

/// Goes through the backups below a policy's prefix, oldest first, holding a page of keys at a time: for prefixes of any
/// size. What has no manifest is passed over.
struct ManifestWalk: Sendable {
  struct Found: Sendable {
    var id: BackupID
    /// Of the artifacts, as the store lists them.
    var storedBytes: Int64
  }

  let store: any ObjectStore
  let layout: BucketLayout

  /// - Parameter body: Gets what one page completes, in order; false ends the walk.
  func run(_ body: ([Found]) async throws -> Bool) async throws {
    var open: Catalogue.Entry?
    var cursor: String?
    repeat {
      try Task.checkCancellation()
      let page = try await store.list(prefix: layout.policyPrefix, startingAfter: cursor)
      var complete: [Found] = []
      for object in page.objects {
        guard let (id, name) = layout.parse(object.key), Catalogue.isOwnName(name) else { continue }
        // Keys come in order, so that another id means that the last one is over.
        if let entry = open, entry.id != id {
          complete += Self.found(entry)
          open = nil
        }
        open = open ?? Catalogue.Entry(id: id)
        open?.objects[name] = object
      }
      cursor = page.next
      if cursor == nil, let entry = open { complete += Self.found(entry) }
      if !complete.isEmpty, try await !body(complete) { return }
    } while cursor != nil
  }

  private static func found(_ entry: Catalogue.Entry) -> [Found] {
    entry.hasManifest ? [Found(id: entry.id, storedBytes: entry.storedBytes)] : []
  }
}
