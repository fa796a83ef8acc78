import Foundation
import KubernetesModel

/// ConfigMaps: keys, size, `immutable`.
struct ConfigMapRules: ResourceRules {
  func validate(_ object: JSONValue) -> [FieldError] {
    let binary = object["binaryData"]?.objectValue ?? [:]
    var errors: [FieldError] = []
    for (name, key) in DataKeys.all(of: object) {
      errors += DataKeys.problems(key).map { .invalid(FieldPath(name).key(key), .string(key), $0) }
      if name == "data", binary[key] != nil {
        errors.append(.invalid(FieldPath("data").key(key), .string(key), "duplicate of key present in binaryData"))
      }
    }
    return errors + DataKeys.size(of: object, path: .root)
  }

  func validateUpdate(_ object: JSONValue, old: JSONValue) -> [FieldError] {
    DataKeys.immutability(object, old: old, ["data", "binaryData"])
  }
}

/// Secrets: `stringData`, the type and the keys that it demands.
struct SecretRules: ResourceRules {
  private static let required: [String: [String]] = [
    "kubernetes.io/dockercfg": [".dockercfg"], "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
    "kubernetes.io/tls": ["tls.crt", "tls.key"], "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  ]

  func applyDefaults(_ object: inout JSONValue) {
    if (object["type"]?.stringValue ?? "").isEmpty { object["type"] = "Opaque" }
    guard let texts = object["stringData"]?.objectValue else { return }
    object["stringData"] = nil
    for (key, value) in texts {
      object["data", default: [:]][key] = .string(Data((value.stringValue ?? "").utf8).base64EncodedString())
    }
  }

  func validate(_ object: JSONValue) -> [FieldError] {
    var errors: [FieldError] = []
    for (name, key) in DataKeys.all(of: object) {
      errors += DataKeys.problems(key).map { .invalid(FieldPath(name).key(key), .string(key), $0) }
    }
    for key in Self.required[object["type"]?.stringValue ?? ""] ?? [] where object["data"]?[key] == nil {
      errors.append(.required(FieldPath("data").key(key)))
    }
    return errors + DataKeys.size(of: object, path: FieldPath("data"))
  }

  func validateUpdate(_ object: JSONValue, old: JSONValue) -> [FieldError] {
    var errors = DataKeys.immutability(object, old: old, ["data"])
    if object["type"] != old["type"] {
      errors.append(.invalid(FieldPath("type"), object["type"], "field is immutable"))
    }
    return errors
  }
}

/// What ConfigMaps and Secrets share.
enum DataKeys {
  static func all(of object: JSONValue) -> [(member: String, key: String)] {
    ["binaryData", "data"].flatMap { member in
      (object[member]?.objectValue ?? [:]).keys.sorted().map { (member, $0) }
    }
  }

  static func problems(_ key: String) -> [String] {
    var problems: [String] = []
    if key.utf8.count > 253 { problems.append("must be no more than 253 bytes") }
    if !PatternCache.shared.matches(key, "^[-._a-zA-Z0-9]+$") {
      problems.append(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',"
          + "  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")
    } else if key == "." || key == ".." {
      problems.append("must not be '\(key)'")
    }
    return problems
  }

  /// Both kinds hold at most 1 MiB.
  static func size(of object: JSONValue, path: FieldPath) -> [FieldError] {
    let isSecret = object["type"] != nil
    var total = 0
    for (member, key) in all(of: object) {
      let text = object[member]?[key]?.stringValue ?? ""
      total += isSecret || member == "binaryData" ? text.utf8.count / 4 * 3 : text.utf8.count
    }
    return total > 1_048_576 ? [.tooLong(path, maximum: 1_048_576)] : []
  }

  static func immutability(_ object: JSONValue, old: JSONValue, _ members: [String]) -> [FieldError] {
    guard old["immutable"]?.boolValue == true else { return [] }
    var errors: [FieldError] = []
    if object["immutable"]?.boolValue != true {
      errors.append(.forbidden(FieldPath("immutable"), "field is immutable when `immutable` is set"))
    }
    for member in members where object[member] != old[member] {
      errors.append(.forbidden(FieldPath(member), "field is immutable when `immutable` is set"))
    }
    return errors
  }
}
