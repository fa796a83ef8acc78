/// Puts a container's paths where they are on this machine.
///
/// A pod here is a local process that shares the machine's root folder. Its mounts are in a folder of its own, and any
/// argument or environment value that is, or begins with, a mount's path (or a folder above one) is changed to
/// point there. A program that carries a mount's path inside itself does not find it: that is the limit of this way.
struct PathRewriting: Sendable {
  /// Stands for the container's `/`.
  let root: String
  /// Mount paths in the container: absolute, without a trailing slash.
  let mountPaths: [String]

  func rewrite(_ text: String) -> String {
    if let rewritten = rewritePath(text) { return rewritten }
    // `--flag=/path` and `KEY=/path`.
    guard let equals = text.firstIndex(of: "="), !text[..<equals].contains("/"),
      let rewritten = rewritePath(String(text[text.index(after: equals)...]))
    else { return text }
    return text[...equals] + rewritten
  }

  private func rewritePath(_ path: String) -> String? {
    guard path.hasPrefix("/"), path != "/" else { return nil }
    let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
    for mount in mountPaths where trimmed == mount || trimmed.hasPrefix(mount + "/") || mount.hasPrefix(trimmed + "/") {
      return root + path
    }
    return nil
  }

  /// A list of folders, as in `PATH`.
  func rewriteList(_ text: String) -> String {
    text.split(separator: ":", omittingEmptySubsequences: false).map { rewrite(String($0)) }.joined(separator: ":")
  }
}
