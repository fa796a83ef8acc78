import KubernetesModel

/// The query of a watch.
struct WatchOptions: Sendable {
  var list = ListOptions()
  var allowsBookmarks = false
  /// Sends what exists first and then a bookmark that says so.
  var sendsInitialEvents = false
  var timeoutSeconds: Int?
}

/// One line of a watch.
struct WatchEvent: Sendable {
  /// `ADDED`, `MODIFIED`, `DELETED` or `BOOKMARK`.
  var type: String
  var object: JSONValue
}

extension APIServer {
  /// What a watch begins with, and the changes that follow.
  struct WatchStart: Sendable {
    var initial: [WatchEvent]
    var changes: Store.Watch<StoreEvent>
  }

  /// - Throws: `Expired` where the history no longer reaches back to the asked version.
  func watch(_ resource: ServedResource, namespace: String?, options: WatchOptions) throws(APIError) -> WatchStart {
    let text = options.list.resourceVersion ?? ""
    guard let wanted = text.isEmpty ? 0 : Int64(text), wanted >= 0 else {
      throw .badRequest("Invalid value: \"\(text)\": invalid resource version")
    }
    if wanted > 0, !options.sendsInitialEvents {
      return WatchStart(initial: [], changes: try changes(of: resource, after: wanted))
    }
    var listing = options.list
    listing.resourceVersion = nil
    listing.resourceVersionMatch = nil
    let existing = try list(resource, namespace: namespace, options: listing)
    var initial = existing.items.map { WatchEvent(type: "ADDED", object: $0) }
    if options.sendsInitialEvents, options.allowsBookmarks {
      initial.append(bookmark(resource, revision: existing.revision, endsInitialEvents: true))
    }
    return WatchStart(initial: initial, changes: try changes(of: resource, after: existing.revision))
  }

  private func changes(of resource: ServedResource, after revision: Int64) throws(APIError) -> Store.Watch<StoreEvent> {
    do throws(Store.ReadError) {
      return try store.watch(resource.collection, after: revision) { $0 }
    } catch {
      guard case .compacted(let oldest) = error else { throw .internalError("watch") }
      throw APIError(
        code: 410, reason: .expired, message: "too old resource version: \(revision) (\(oldest))")
    }
  }

  /// How a change looks to a watch with a selector: an object that begins to match is added, one that ceases to is
  /// deleted.
  /// - Returns: Nil where the watch does not see the change.
  func watchEvent(
    _ event: StoreEvent, _ resource: ServedResource, namespace: String?, options: ListOptions
  ) -> WatchEvent? {
    if event.kind == .bookmark { return bookmark(resource, revision: event.revision) }
    guard namespace == nil || event.key.namespace == namespace else { return nil }
    let matches = event.kind != .deleted && options.selects(event.object)
    let matched = event.previous.map(options.selects) ?? false
    let object = resource.fromStorage(event.object)
    switch (matched, matches) {
    case (false, true): return WatchEvent(type: "ADDED", object: object)
    case (true, true): return WatchEvent(type: "MODIFIED", object: object)
    case (true, false): return WatchEvent(type: "DELETED", object: object)
    case (false, false): return nil
    }
  }

  func bookmark(_ resource: ServedResource, revision: Int64, endsInitialEvents: Bool = false) -> WatchEvent {
    var metadata: JSONValue = ["resourceVersion": .string(String(revision)), "creationTimestamp": .null]
    if endsInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
    return WatchEvent(
      type: "BOOKMARK",
      object: [
        "apiVersion": .string(resource.type.apiVersion), "kind": .string(resource.type.kind), "metadata": metadata,
      ])
  }
}
