import Foundation
import SnapshotSource

/// One member's client URL.
struct EtcdEndpoint: Sendable, Hashable, CustomStringConvertible {
  var isSecure: Bool
  /// Without brackets.
  var host: String
  var port: Int

  /// As written by etcd's users: `https://10.0.0.1:2379`, also without a scheme (then http) or a port (then 2379).
  /// - Throws: ``SnapshotSourceError`` with code `configuration`.
  init(_ text: String) throws {
    let url = text.contains("://") ? text : "http://\(text)"
    guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
      ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty, parts.user == nil,
      parts.path.isEmpty || parts.path == "/", parts.query == nil
    else {
      throw SnapshotSourceError(
        .configuration, operation: "connect to etcd",
        message: "the endpoint \"\(text)\" is no URL such as https://10.0.0.1:2379")
    }
    isSecure = scheme == "https"
    self.host = host.trimmingCharacters(in: ["[", "]"])
    port = parts.port ?? 2379
  }

  var isIPv6: Bool { host.contains(":") }
  var isIPv4: Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }
  var authority: String { "\(isIPv6 ? "[\(host)]" : host):\(port)" }
  var description: String { "\(isSecure ? "https" : "http")://\(authority)" }
}
