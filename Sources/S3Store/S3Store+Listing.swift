public import ObjectStore
import StoreHTTP

extension S3Store {
  public func list(prefix: String, startingAfter: String?) async throws -> ObjectPage {
    let request = requests.list(prefix: prefix, startingAfter: startingAfter)
    let answer = try await transport.send(request)
    var page = try reading(request) { try S3Answers.page(transport.xml(answer, request)) }
    // A server that does not know a parameter would have us list for ever, or delete what another prefix holds.
    for object in page.objects {
      guard object.key.utf8.starts(with: prefix.utf8),
        startingAfter.map({ ObjectKey.precedes($0, object.key) }) != false
      else {
        throw ObjectStoreError(
          .unsupported, operation: request.operation,
          message: "the store lists \(object.key), which was not asked for; it does not support ListObjectsV2")
      }
    }
    // Some consoles keep an empty object for each folder; no key of ours ends in a slash.
    page.objects.removeAll { $0.key.hasSuffix("/") }
    return page
  }

  public func listUploads(prefix: String) async throws -> [OpenUpload] {
    var uploads: [OpenUpload] = []
    var after: (key: String, id: String)?
    repeat {
      let request = requests.listUploads(prefix: prefix, after: after)
      let answer = try await transport.send(request)
      let page = try reading(request) { try S3Answers.uploads(transport.xml(answer, request)) }
      uploads += page.uploads.filter { $0.key.utf8.starts(with: prefix.utf8) }
      if let after, let next = page.next, after == next { break }
      after = page.next
    } while after != nil
    return uploads
  }

  /// Some servers abort an upload's parts one by one; a part that was on its way may outlive it, and the next run finds it.
  public func abortUpload(_ upload: OpenUpload) async throws {
    do {
      _ = try await transport.send(requests.abortUpload(upload.key, id: upload.id))
    } catch let error as ObjectStoreError where error.code == .notFound {
      // Idempotent.
    }
  }
}
