/// Syntax checks that several fields share. Each returns what is wrong, fit to follow a field's name, or nil.
enum Syntax {
  /// Text for a message: quoted, cut, control characters made visible. Never for what may be a secret.
  static func quoted(_ text: String) -> String {
    let shown = text.unicodeScalars.prefix(80).map { scalar in
      scalar.properties.generalCategory == .control ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }.joined()
    return "'\(shown)\(text.unicodeScalars.count > 80 ? "…" : "")'"
  }

  /// RFC 1123 label: what a namespace or a container is called.
  static func dnsLabel(_ text: String) -> String? {
    if text.isEmpty { return "is empty; a name is required" }
    if isDNSLabel(Substring(text)) { return nil }
    return
      "\(quoted(text)) is not a DNS label: lower-case letters, digits and '-', at most 63 characters, with a letter "
      + "or digit at both ends"
  }

  /// RFC 1123 subdomain: what most objects are called.
  static func dnsSubdomain(_ text: String) -> String? {
    if text.isEmpty { return "is empty; a name is required" }
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    // Kubernetes limits the whole name, not each label.
    let isValid = text.utf8.count <= 253 && labels.allSatisfy { isDNSLabel($0, limit: 253) }
    return isValid
      ? nil
      : "\(quoted(text)) is not a valid object name: lower-case letters, digits, '-' and '.', at most 253 characters, "
        + "with a letter or digit at both ends of each part"
  }

  /// A key in a Secret or ConfigMap.
  static func dataKey(_ text: String) -> String? {
    let isValid =
      (1...253).contains(text.utf8.count) && text != "." && text != ".." && !text.hasPrefix("..")
      && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    return isValid ? nil : "\(quoted(text)) is not a valid key: letters, digits, '-', '_' and '.', 1 to 253 characters"
  }

  /// A label's or annotation's key: an optional DNS prefix, a slash, a name.
  static func qualifiedName(_ text: String) -> String? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let isValid =
      parts.count <= 2 && isLabelText(parts[parts.count - 1]) && !parts[parts.count - 1].isEmpty
      && (parts.count == 1 || dnsSubdomain(parts[0]) == nil)
    return isValid
      ? nil
      : "\(quoted(text)) is not a valid key: an optional DNS name and '/', then at most 63 letters, "
        + "digits, '-', '_' and '.'"
  }

  static func labelValue(_ text: String) -> String? {
    isLabelText(text)
      ? nil
      : "\(quoted(text)) is not a valid label value: at most 63 letters, digits, '-', '_' and '.', with a letter or digit "
        + "at both ends"
  }

  /// Free text that ends up in a header, a path or a command: not empty, no control characters, bounded.
  static func line(_ text: String, limit: Int) -> String? {
    if text.isEmpty { return "is empty; leave the field out or give it a value" }
    if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      return "contains a control character"
    }
    if text.utf8.count > limit { return "is longer than \(limit) bytes" }
    return nil
  }

  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
  }

  static func isDNSLabel(_ text: Substring, limit: Int = 63) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, let last = bytes.last, bytes.count <= limit else { return false }
    return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
      && bytes.allSatisfy { isLowerAlphanumeric($0) || $0 == 0x2D }
  }

  private static func isLabelText(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, let last = bytes.last else { return true }
    return bytes.count <= 63 && isAlphanumeric(first) && isAlphanumeric(last)
      && bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
  }
}
