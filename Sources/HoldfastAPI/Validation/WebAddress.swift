import Foundation

/// URLs of servers: scheme, host and port, and nothing else but where a path has a meaning.
enum WebAddress {
  /// What is wrong with the text, fit to follow a field's name, or nil. Does not repeat it: it may hold a password.
  static func problem(_ text: String) -> String? { problem(text, pathSegment: nil) }

  /// - Parameter pathSegment: What the path may consist of, in words; nil where there must be none.
  static func problem(_ text: String, pathSegment: String?) -> String? {
    if let problem = Syntax.line(text, limit: 2_048) { return problem }
    guard !text.contains(where: \.isWhitespace), let parts = URLComponents(string: text) else {
      return "is not a URL; write for example https://host:8200"
    }
    guard let scheme = parts.scheme?.lowercased(), scheme == "http" || scheme == "https" else {
      return "needs http:// or https:// in front; write for example https://host:8200"
    }
    guard parts.user == nil, parts.password == nil, !text.contains("@") else {
      return "holds a user or password; put credentials into a Secret and leave scheme, host and port here"
    }
    guard let host = parts.host, !host.isEmpty else { return "has no host; write for example https://host:8200" }
    guard hostIsPlain(host) else { return "has a malformed host; write for example https://host:8200" }
    let segments = parts.path.split(separator: "/")
    guard parts.query == nil, parts.fragment == nil, segments.count <= (pathSegment == nil ? 0 : 1) else {
      return "has a path or query; leave only scheme, host and port" + (pathSegment.map { ", and \($0)" } ?? "")
    }
    if let port = parts.port, !(1...65_535).contains(port) { return "has a port out of range 1-65535" }
    return nil
  }

  private static func hostIsPlain(_ host: String) -> Bool {
    if host.hasPrefix("[") || host.contains(":") { return host.utf8.allSatisfy { $0 != 0x25 && $0 > 0x20 } }
    return host.utf8.count <= 253
      && host.utf8.allSatisfy { Syntax.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
  }
}
