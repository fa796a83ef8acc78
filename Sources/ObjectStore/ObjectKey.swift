/// What all stores ask of a key, so that a key good for one is good for all.
public enum ObjectKey {
  /// S3's limit in UTF-8 bytes.
  public static let maximumLength = 1024

  /// - Throws: ``ObjectStoreError/Code/configuration`` where the key is empty, too long, or has an empty, `.` or `..`
  ///   segment or a control character: a file system or a proxy would read it as another key.
  public static func validate(_ key: String, operation: String) throws {
    guard let problem = problem(with: key) else { return }
    throw ObjectStoreError(.configuration, operation: operation, message: "the key \(quoted(key)) \(problem)")
  }

  private static func problem(with key: String) -> String? {
    if key.isEmpty { return "is empty" }
    if key.utf8.count > maximumLength { return "is longer than \(maximumLength) bytes" }
    if key.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) {
      return "contains a control character"
    }
    for segment in key.split(separator: "/", omittingEmptySubsequences: false) {
      if segment.isEmpty { return "begins or ends with a slash, or has two in a row" }
      if segment == "." || segment == ".." { return "has the segment \"\(segment)\"" }
    }
    return nil
  }

  private static func quoted(_ key: String) -> String {
    "\"\(key.prefix(200).unicodeScalars.map { $0.escaped(asASCII: false) }.joined())\""
  }

  /// The order of listings: by UTF-8 bytes, which `String`'s own `<` does not promise.
  public static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}
