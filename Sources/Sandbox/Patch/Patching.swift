import KubernetesModel

/// The three patch formats that the API takes besides server-side apply: pure functions from one object to another.
enum Patching {
  /// RFC 7386: members replace members, null removes, anything but an object replaces the whole.
  static func mergePatch(_ patch: JSONValue, on target: JSONValue) -> JSONValue {
    guard case .object(let changes) = patch else { return patch }
    var members = target.objectValue ?? [:]
    for (key, change) in changes {
      if change.isNull {
        members[key] = nil
      } else {
        members[key] = mergePatch(change, on: members[key] ?? .null)
      }
    }
    return .object(members)
  }

  /// RFC 6902.
  /// - Throws: `Invalid` where an operation cannot be applied, `BadRequest` where it is malformed.
  static func jsonPatch(_ patch: JSONValue, on target: JSONValue) throws(APIError) -> JSONValue {
    guard let operations = patch.arrayValue else {
      throw APIError.badRequest("error decoding patch: a JSON patch is an array of operations")
    }
    guard operations.count <= 10_000 else {
      throw APIError(
        code: 413, reason: .requestEntityTooLarge,
        message: "The allowed maximum operations in a JSON patch is 10000, got \(operations.count)")
    }
    var result = target
    for operation in operations { result = try apply(operation, on: result) }
    return result
  }

  private static func apply(_ operation: JSONValue, on document: JSONValue) throws(APIError) -> JSONValue {
    let name = operation["op"]?.stringValue ?? ""
    let path = try pointer(operation, "path")
    switch name {
    case "add":
      return try add(try value(of: operation), at: path.tokens[...], in: document)
    case "remove":
      return try remove(at: path.tokens[...], in: document)
    case "replace":
      guard path.value(in: document) != nil else { throw missing(name, path) }
      if path.tokens.isEmpty { return try value(of: operation) }
      return try set(try value(of: operation), at: path.tokens[...], in: document)
    case "move", "copy":
      let from = try pointer(operation, "from")
      guard let moved = from.value(in: document) else { throw missing(name, from) }
      let base = name == "move" ? try remove(at: from.tokens[...], in: document) : document
      return try add(moved, at: path.tokens[...], in: base)
    case "test":
      guard path.value(in: document) == (try value(of: operation)) else {
        throw invalid("testing path /\(path.tokens.joined(separator: "/")) failed: test failed")
      }
      return document
    default:
      throw APIError.badRequest("error decoding patch: unexpected kind: \(name)")
    }
  }

  private static func add(_ new: JSONValue, at path: ArraySlice<String>, in document: JSONValue) throws(APIError)
    -> JSONValue
  {
    guard let token = path.first else { return new }
    let rest = path.dropFirst()
    switch document {
    case .object(var members):
      if rest.isEmpty {
        members[token] = new
      } else {
        guard let child = members[token] else { throw doesNotExist("add", path) }
        members[token] = try add(new, at: rest, in: child)
      }
      return .object(members)
    case .array(var items):
      if rest.isEmpty {
        let index = token == "-" ? items.count : JSONPointer.index(token)
        guard let index, index <= items.count else { throw doesNotExist("add", path) }
        items.insert(new, at: index)
      } else {
        guard let index = JSONPointer.index(token), index < items.count else { throw doesNotExist("add", path) }
        items[index] = try add(new, at: rest, in: items[index])
      }
      return .array(items)
    default:
      throw doesNotExist("add", path)
    }
  }

  private static func set(_ new: JSONValue, at path: ArraySlice<String>, in document: JSONValue) throws(APIError)
    -> JSONValue
  {
    guard let token = path.first else { return new }
    switch document {
    case .object(var members):
      members[token] = try set(new, at: path.dropFirst(), in: members[token] ?? .null)
      return .object(members)
    case .array(var items):
      guard let index = JSONPointer.index(token), index < items.count else { throw doesNotExist("replace", path) }
      items[index] = try set(new, at: path.dropFirst(), in: items[index])
      return .array(items)
    default:
      throw doesNotExist("replace", path)
    }
  }

  private static func remove(at path: ArraySlice<String>, in document: JSONValue) throws(APIError) -> JSONValue {
    guard let token = path.first else { throw doesNotExist("remove", path) }
    let rest = path.dropFirst()
    switch document {
    case .object(var members):
      guard let child = members[token] else { throw doesNotExist("remove", path) }
      members[token] = rest.isEmpty ? nil : try remove(at: rest, in: child)
      return .object(members)
    case .array(var items):
      guard let index = JSONPointer.index(token), index < items.count else { throw doesNotExist("remove", path) }
      if rest.isEmpty {
        items.remove(at: index)
      } else {
        items[index] = try remove(at: rest, in: items[index])
      }
      return .array(items)
    default:
      throw doesNotExist("remove", path)
    }
  }

  private static func pointer(_ operation: JSONValue, _ member: String) throws(APIError) -> JSONPointer {
    guard let text = operation[member]?.stringValue, let pointer = JSONPointer(text) else {
      throw APIError.badRequest("error decoding patch: '\(member)' is missing or no JSON pointer")
    }
    return pointer
  }

  private static func value(of operation: JSONValue) throws(APIError) -> JSONValue {
    guard let value = operation["value"] else {
      throw APIError.badRequest("error decoding patch: 'value' is missing")
    }
    return value
  }

  private static func missing(_ operation: String, _ path: JSONPointer) -> APIError {
    invalid("\(operation) operation does not apply: doc is missing path: /\(path.tokens.joined(separator: "/"))")
  }

  private static func doesNotExist(_ operation: String, _ path: ArraySlice<String>) -> APIError {
    invalid("\(operation) operation does not apply: doc is missing path: \(path.joined(separator: "/"))")
  }

  private static func invalid(_ message: String) -> APIError {
    APIError(
      code: 422, reason: .invalid,
      message: "the server rejected our request due to an error in our request: \(message)")
  }
}
