extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The name and the keys; never a value, so that a Secret in a log line leaks nothing.
  public var description: String {
    let keys = Set(data.map { Array($0.keys) } ?? []).union(stringData.map { Array($0.keys) } ?? []).sorted()
    return "Secret(\(metadata.namespace ?? "")/\(metadata.name ?? ""), keys: \(keys.joined(separator: ", ")))"
  }

  public var debugDescription: String { description }

  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
