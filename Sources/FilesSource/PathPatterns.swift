#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Shell patterns of what stays out. `*` and `?` match no slash. A folder that stays out takes all that is in it along.
struct PathPatterns: Sendable {
  /// With a slash: of whole paths.
  let paths: [String]
  /// Without: of the name of a file or folder, wherever it is.
  let names: [String]

  init(_ patterns: [String]) {
    paths = patterns.filter { $0.contains("/") }
    names = patterns.filter { !$0.contains("/") }
  }

  var isEmpty: Bool { paths.isEmpty && names.isEmpty }

  /// Whether this very name stays out; of its folders nothing is asked.
  /// - Parameter name: Without a slash at its front.
  func matches(_ name: [UInt8]) -> Bool {
    guard !isEmpty, !name.isEmpty else { return false }
    let last = name.lastIndex(of: UInt8(ascii: "/")).map { Array(name[($0 + 1)...]) } ?? name
    return names.contains { Self.match($0, last) }
      || paths.contains { Self.match($0, [UInt8(ascii: "/")] + name) }
  }

  /// Whether a name stays out, by itself or by a folder that it is in.
  func excludes(_ name: [UInt8]) -> Bool {
    guard !isEmpty else { return false }
    for (index, byte) in name.enumerated() where byte == UInt8(ascii: "/") {
      if matches(Array(name[..<index])) { return true }
    }
    return matches(name)
  }

  private static func match(_ pattern: String, _ text: [UInt8]) -> Bool {
    (text + [0]).withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        guard let text = text.baseAddress else { return false }
        return fnmatch(pattern, text, FNM_PATHNAME) == 0
      }
    }
  }
}
