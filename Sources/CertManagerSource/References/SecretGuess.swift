import KubernetesModel

/// Finds what looks like a reference to a Secret in a configuration whose schema nobody gives.
///
/// The conventions are those of webhooks in use: an object `{name, key}` under a member whose name ends in `SecretRef` or
/// `SecretKeyRef`, or is `secret`; and a text under `secretName` or a name that ends in `SecretName`. It can miss one, so
/// that the backup carries a warning.
enum SecretGuess {
  struct Found: Sendable, Hashable {
    var name: String
    /// Where the reference says it.
    var namespace: String?
    /// For people.
    var path: String
  }

  private static let depthLimit = 16

  static func search(_ value: JSONValue, at path: String, depth: Int = 0) -> [Found] {
    guard depth < depthLimit else { return [] }
    if let elements = value.arrayValue {
      return elements.enumerated().flatMap { search($1, at: "\(path)[\($0)]", depth: depth + 1) }
    }
    return (value.objectValue ?? [:]).sorted { $0.key < $1.key }.flatMap { name, member in
      let here = "\(path).\(name)"
      if let found = reference(name, member) {
        let namespace = member["namespace"]?.stringValue.flatMap { isName($0) ? $0 : nil }
        return [Found(name: found, namespace: namespace, path: here)]
      }
      return search(member, at: here, depth: depth + 1)
    }
  }

  private static func reference(_ name: String, _ member: JSONValue) -> String? {
    let lowered = name.lowercased()
    let text: String?
    if let plain = member.stringValue {
      text = lowered.hasSuffix("secretname") || lowered.hasSuffix("secretref") ? plain : nil
    } else if lowered.hasSuffix("secretref") || lowered.hasSuffix("secretkeyref") || lowered == "secret"
      || lowered == "credentialsref"
    {
      text = member["name"]?.stringValue ?? member["secretName"]?.stringValue
    } else {
      text = nil
    }
    guard let text, isName(text) else { return nil }
    return text
  }

  /// A name that a Secret can have; what else stands there is no reference.
  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 253
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
      }
  }
}
