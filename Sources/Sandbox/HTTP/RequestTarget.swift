import Foundation

/// What a path names (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris).
struct RequestTarget: Sendable, Equatable {
  /// Empty for the core group.
  var group: String
  var version: String
  var plural: String
  var namespace: String?
  var name: String?
  var subresource: String?

  /// - Returns: Nil where the path is not one of a resource.
  init?(segments: [String]) {
    var rest = segments[...]
    switch rest.popFirst() {
    case "api"?: group = ""
    case "apis"?:
      guard let name = rest.popFirst() else { return nil }
      group = name
    default: return nil
    }
    guard let version = rest.popFirst(), !rest.isEmpty else { return nil }
    self.version = version
    // `namespaces/NAME` and its `status` and `finalize` are the namespace itself; all else is within it.
    if rest.first == "namespaces", rest.count > 2,
      !(group.isEmpty && rest.count == 3 && ["status", "finalize"].contains(rest.last))
    {
      namespace = rest.dropFirst().first
      rest = rest.dropFirst(2)
    }
    guard let plural = rest.popFirst() else { return nil }
    self.plural = plural
    name = rest.popFirst()
    subresource = rest.popFirst()
    guard rest.isEmpty else { return nil }
  }
}

extension RequestTarget {
  /// Where rights are asked for: a namespace itself is in that namespace, so that a Role there can let it be read
  /// (https://github.com/kubernetes/apiserver, pkg/endpoints/request/requestinfo.go).
  var authorizedNamespace: String? {
    namespace ?? (group.isEmpty && plural == "namespaces" ? name : nil)
  }
}

/// A query string.
struct QueryParameters: Sendable {
  private var values: [String: String] = [:]

  init(_ query: String?) {
    for part in (query ?? "").split(separator: "&") {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      values[Self.decode(sides[0])] = sides.count > 1 ? Self.decode(sides[1]) : ""
    }
  }

  /// All values of a parameter that may be there more than once, in their order.
  static func values(of name: String, in query: String?) -> [String] {
    (query ?? "").split(separator: "&").compactMap { part in
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard decode(sides[0]) == name else { return nil }
      return sides.count > 1 ? decode(sides[1]) : ""
    }
  }

  private static func decode(_ text: Substring) -> String {
    let spaced = String(text).replacing("+", with: " ")
    return spaced.removingPercentEncoding ?? spaced
  }

  subscript(name: String) -> String? {
    values[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  func flag(_ name: String) -> Bool {
    values[name].map { ["", "1", "true", "True", "t"].contains($0) } ?? false
  }

  func integer(_ name: String) throws(APIError) -> Int? {
    guard let text = self[name] else { return nil }
    guard let value = Int(text), value >= 0 else {
      throw .badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax")
    }
    return value
  }
}
