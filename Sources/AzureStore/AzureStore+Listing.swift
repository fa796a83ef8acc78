public import ObjectStore
import Synchronization

extension AzureStore {
  /// Azure's listings go on at an opaque marker, not at a key. The marker of each page that was given out is remembered,
  /// so going on from page to page costs one request each; going on at any other key walks there from the beginning.
  public func list(prefix: String, startingAfter: String?) async throws -> ObjectPage {
    var marker: String?
    // Nothing up to this key is given out.
    var floor = startingAfter
    if let startingAfter, let known = cursors.withLock({ $0.marker(prefix: prefix, after: startingAfter) }) {
      marker = known
      floor = nil
    }
    var last: String?
    while true {
      let page = try await page(prefix: prefix, marker: marker)
      var objects = page.objects
      if let floor {
        try checkOrder(objects, after: &last, prefix: prefix)
        objects.removeAll { !ObjectKey.precedes(floor, $0.key) }
      }
      guard let next = page.marker else { return ObjectPage(objects: objects, next: nil) }
      // Azure may give an empty page and go on.
      if let key = objects.last?.key {
        cursors.withLock { $0.remember(prefix: prefix, after: key, marker: next) }
        return ObjectPage(objects: objects, next: key)
      }
      marker = next
    }
  }

  /// A place in a listing that is not in order cannot be found by a key, and a backup that a listing passes over would
  /// look like debris.
  private func checkOrder(_ objects: [ObjectInfo], after last: inout String?, prefix: String) throws {
    for object in objects {
      if let last, !ObjectKey.precedes(last, object.key) {
        throw ObjectStoreError(
          .unsupported, operation: "LIST \(location)/\(prefix)",
          message:
            "the account lists \(object.key) after \(last), as one with a hierarchical namespace does; a listing "
            + "can then go on only where a page of this run ended. Use an account without hierarchical namespace")
      }
      last = object.key
    }
  }

  private func page(
    prefix: String, marker: String?, isUncommitted: Bool = false
  ) async throws -> AzureAnswers.Page {
    let request = requests.list(prefix: prefix, marker: marker, pageSize: pageSize, isUncommitted: isUncommitted)
    let answer = try await transport.send(request, expecting: 200)
    let page = try transport.reading(answer, request, AzureAnswers.page)
    // A server that does not know a parameter would have us list for ever, or delete what another prefix holds.
    if let stranger = (page.objects.map(\.key) + page.uncommitted).first(where: { !$0.utf8.starts(with: prefix.utf8) })
    {
      throw ObjectStoreError(
        .unsupported, operation: request.operation, message: "the store lists \(stranger), which was not asked for")
    }
    if page.marker != nil, page.marker == marker {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation, message: "the listing does not go on")
    }
    return page
  }

  /// Uploads of keys that have no blob. Blocks beside a blob of the same key are not among them: Azure's listing does not
  /// tell, and it drops them with the next write or after a week.
  public func listUploads(prefix: String) async throws -> [OpenUpload] {
    var uploads: [OpenUpload] = []
    var marker: String?
    repeat {
      let page = try await page(prefix: prefix, marker: marker, isUncommitted: true)
      for key in page.uncommitted { uploads += try await openUploads(key) }
      marker = page.marker
    } while marker != nil
    return uploads
  }

  /// The uploads that a key's blocks belong to.
  private func openUploads(_ key: String) async throws -> [OpenUpload] {
    let request = requests.getBlockList(key, type: "uncommitted")
    do {
      let answer = try await transport.send(request, expecting: 200)
      let names = try transport.reading(answer, request) { try AzureAnswers.blocks($0, "UncommittedBlocks") }
      let ids = names.map(BlockID.init(encoded:))
      let ours = Set(ids.compactMap { $0?.upload }).sorted()
        .map { OpenUpload(key: key, id: $0, started: BlockID(upload: $0, number: 0).started) }
      return ours + (ids.contains { $0 == nil } ? [OpenUpload(key: key, id: "blocks", started: nil)] : [])
    } catch let error as ObjectStoreError where error.code == .notFound {
      // Committed or dropped since it was listed.
      return []
    }
  }
}

/// The markers of pages that were given out lately. A retry asks for the same one again, so they are kept after use.
struct ListingCursors {
  private struct Place: Hashable {
    var prefix: String
    var after: String
  }
  private var markers: [Place: String] = [:]
  private var order: [Place] = []
  private static let capacity = 32

  func marker(prefix: String, after key: String) -> String? { markers[Place(prefix: prefix, after: key)] }

  mutating func remember(prefix: String, after key: String, marker: String) {
    let place = Place(prefix: prefix, after: key)
    if markers.updateValue(marker, forKey: place) == nil { order.append(place) }
    if order.count > Self.capacity { markers[order.removeFirst()] = nil }
  }
}
