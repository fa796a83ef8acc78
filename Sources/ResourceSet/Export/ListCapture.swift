internal import KubernetesClient
internal import KubernetesModel
internal import SnapshotSource

/// Writes the objects of one list, page by page, as one state of the cluster.
///
/// Where the server forgets that state before the last page (410 Expired), the list starts over: what changed is written
/// anew, what is gone is marked, and the set then shows the later state alone. After two such starts the rest is taken from
/// whatever state there is, and the index says so.
struct ListCapture {
  private struct Written {
    var path: String
    var resourceVersion: String?
  }

  /// Starts of a list that the server did not let come to its end.
  private static let maxStarts = 3

  let client: KubernetesClient
  let resource: ResourceType
  /// nil for all, and for what is in none.
  let namespace: String?
  let labelSelector: String?
  let fieldSelector: String?
  let filter: ObjectFilter
  private var pageSize: Int
  private var written: [ObjectKey: Written] = [:]
  /// Of the start that is going on.
  private var seen: Set<ObjectKey> = []
  private var starts = 0

  init(
    _ resource: ResourceType, in namespace: String?, client: KubernetesClient, filter: ObjectFilter,
    labelSelector: String?, fieldSelector: String?
  ) {
    self.resource = resource
    self.namespace = namespace
    self.client = client
    self.filter = filter
    self.labelSelector = labelSelector
    self.fieldSelector = fieldSelector
    pageSize = filter.configuration.pageSize
  }

  /// Of objects that a list before this one wrote.
  var keys: Set<ObjectKey> { Set(written.keys) }

  /// - Parameter skipping: Objects that are in the set already.
  /// - Throws: ``KubernetesError`` where the list fails; what the writer threw.
  mutating func run(_ writer: ResourceSetWriter, skipping: Set<ObjectKey> = []) async throws {
    var token: String?
    var version: String?
    var isConsistent = true
    starts = 1
    while true {
      do {
        let page = try await page(token)
        version = version ?? page.resourceVersion
        try await write(page, writer, skipping)
        token = page.continueToken
        guard token != nil else { break }
      } catch let error as KubernetesError where error.code == .gone && token != nil {
        if starts < Self.maxStarts {
          (token, version) = (nil, nil)
          starts += 1
          seen = []
        } else if let later = error.status?.metadata?.continue, !later.isEmpty {
          token = later
          isConsistent = false
        } else {
          throw error
        }
      }
    }
    if starts > 1, isConsistent { dropWhatIsGone(writer) }
    guard !written.isEmpty else { return }
    writer.record(
      ResourceSetIndex.List(
        resource, namespace: namespace, resourceVersion: version ?? "", consistent: isConsistent))
  }

  /// Asks for less at once where an answer is too large to be held.
  private mutating func page(_ token: String?) async throws -> ListPage {
    while true {
      let options = ListOptions(
        labelSelector: labelSelector, fieldSelector: fieldSelector, limit: pageSize, continueToken: token)
      let request = try Request.list(resource, namespace: namespace, options: options)
      do {
        return try ListPage(try await client.data(for: request))
      } catch let error as KubernetesError where error.code == .answerTooLarge && pageSize > 1 {
        pageSize = max(1, pageSize / 8)
      } catch let error as DecodingError {
        throw KubernetesError(
          code: .decoding, operation: request.operation, message: "the answer is not a list: \(error)", cause: error)
      }
    }
  }

  private mutating func write(
    _ page: ListPage, _ writer: ResourceSetWriter, _ skipping: Set<ObjectKey>
  ) async throws {
    for index in 0..<page.count {
      let object = try read(page, index)
      guard filter.takes(object, of: resource) else { continue }
      let key = object.key
      if skipping.contains(key) { continue }
      if starts > 1 { seen.insert(key) }
      if let before = written[key] {
        if before.resourceVersion == object.resourceVersion { continue }
        writer.supersede(before.path, of: resource)
      }
      let path = try await writer.add(object, as: resource)
      written[key] = Written(path: path, resourceVersion: object.resourceVersion)
    }
  }

  private func read(_ page: ListPage, _ index: Int) throws -> JSONValue {
    let operation = "list \(resource.plural)"
    do {
      let object = try page.object(at: index)
      if object.name?.isEmpty == false { return object }
      throw KubernetesError(code: .decoding, operation: operation, message: "an object in the list has no name")
    } catch let error as DecodingError {
      throw KubernetesError(
        code: .decoding, operation: operation, message: "an object in the list cannot be read: \(error)", cause: error)
    }
  }

  private mutating func dropWhatIsGone(_ writer: ResourceSetWriter) {
    for (key, gone) in written where !seen.contains(key) {
      writer.supersede(gone.path, of: resource)
      written[key] = nil
    }
  }
}
