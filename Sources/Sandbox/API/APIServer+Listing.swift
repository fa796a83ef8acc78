import Foundation
import KubernetesModel

/// The query of a list, a watch or a collection's deletion.
struct ListOptions: Sendable {
  var labels: LabelQuery?
  var fields: FieldQuery?
  /// 0: no limit.
  var limit = 0
  var continueToken: String?
  var resourceVersion: String?
  var resourceVersionMatch: String?

  func selects(_ object: JSONValue) -> Bool {
    (labels?.matches(object.labels) ?? true) && (fields?.matches(object) ?? true)
  }

  var hasSelector: Bool { !(labels?.terms.isEmpty ?? true) || !(fields?.terms.isEmpty ?? true) }
}

struct ListResult: Sendable {
  var items: [JSONValue]
  var revision: Int64
  var continueToken: String?
  var remaining: Int?

  /// The `metadata` of the list.
  var metadata: JSONValue {
    var metadata: JSONValue = ["resourceVersion": .string(String(revision))]
    if let continueToken { metadata["continue"] = .string(continueToken) }
    if let remaining { metadata["remainingItemCount"] = .integer(Int64(remaining)) }
    return metadata
  }
}

/// Where a list goes on: the revision that all its pages show, and the last key of the page before.
struct ContinueToken: Sendable {
  var revision: Int64
  var last: StoredKey

  var text: String {
    let value: JSONValue = [
      "v": "meta.k8s.io/v1", "rv": .integer(revision), "start": .string("\(last.namespace)/\(last.name)"),
    ]
    return Data(JSONWriter.bytes(value)).base64EncodedString()
  }

  init(revision: Int64, last: StoredKey) {
    self.revision = revision
    self.last = last
  }

  init(_ text: String) throws(APIError) {
    guard let data = Data(base64Encoded: text), let value = try? JSONReader.parse(data).value,
      let revision = value["rv"]?.integerValue, let start = value["start"]?.stringValue,
      let slash = start.firstIndex(of: "/")
    else { throw .badRequest("continue key is not valid: incorrect encoded start key") }
    self.revision = revision
    last = StoredKey(namespace: String(start[..<slash]), name: String(start[start.index(after: slash)...]))
  }
}

extension APIServer {
  func list(
    _ resource: ServedResource, namespace: String?, options: ListOptions
  ) throws(APIError) -> ListResult {
    let token = try options.continueToken.map { text throws(APIError) in try ContinueToken(text) }
    let revision = try revision(of: options, token)
    let listed: (items: [(key: StoredKey, value: JSONValue)], revision: Int64)
    do throws(Store.ReadError) {
      listed = try store.list(resource.collection, namespace: namespace, at: revision)
    } catch {
      throw APIError(
        code: 410, reason: .expired,
        message: token == nil
          ? "The resourceVersion for the provided list is too old."
          : "The provided continue parameter is too old to display a consistent list result. You can start a new list "
            + "without the continue parameter.")
    }
    var selected = listed.items.filter { options.selects($0.value) }
    if let token { selected = Array(selected.drop { $0.key <= token.last }) }
    var result = ListResult(items: [], revision: listed.revision)
    if options.limit > 0, selected.count > options.limit {
      let rest = selected.count - options.limit
      selected = Array(selected.prefix(options.limit))
      if let last = selected.last {
        result.continueToken = ContinueToken(revision: listed.revision, last: last.key).text
      }
      if !options.hasSelector { result.remaining = rest }
    }
    result.items = selected.map { resource.fromStorage($0.value) }
    return result
  }

  /// The revision to list at; nil for the newest.
  private func revision(of options: ListOptions, _ token: ContinueToken?) throws(APIError) -> Int64? {
    if let token { return token.revision }
    guard let text = options.resourceVersion, !text.isEmpty else {
      if options.resourceVersionMatch != nil {
        throw .badRequest("resourceVersionMatch is forbidden unless resourceVersion is provided")
      }
      return nil
    }
    guard let wanted = Int64(text), wanted >= 0 else {
      throw .badRequest("Invalid value: \"\(text)\": invalid resource version")
    }
    if wanted > store.revision {
      var error = APIError(
        code: 504, reason: APIError.Reason(rawValue: "Timeout"),
        message: "Timeout: Too large resource version: \(wanted), current: \(store.revision)", retryAfter: 1)
      error.causes = [
        APIError.Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")
      ]
      throw error
    }
    // "Not older than" is what the newest state is.
    return options.resourceVersionMatch == "Exact" ? wanted : nil
  }

  /// DELETE of a collection.
  func deleteCollection(
    _ resource: ServedResource, namespace: String?, options: ListOptions, deletion: DeleteOptions
  ) throws(APIError) -> ListResult {
    let result = try list(resource, namespace: namespace, options: options)
    for object in result.items {
      do throws(APIError) {
        var deletion = deletion
        deletion.uid = deletion.uid ?? object.uid
        _ = try delete(resource, namespace: object.namespace, name: object.objectName, options: deletion)
      } catch {
        // Gone or replaced meanwhile.
        if error.reason != .notFound, error.reason != .conflict { throw error }
      }
    }
    return result
  }
}
