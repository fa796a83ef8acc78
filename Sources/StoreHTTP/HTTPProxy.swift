import Foundation

/// A forward proxy, as `HTTPS_PROXY` and its kin name it. Descriptions never show its password.
public struct HTTPProxy: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  public var host: String
  public var port: Int
  public var user: String?
  public var password: String?

  public init(host: String, port: Int, user: String? = nil, password: String? = nil) {
    self.host = host
    self.port = port
    self.user = user
    self.password = password
  }

  public var description: String { "\(host):\(port)" }
  public var customMirror: Mirror { Mirror(self, children: ["host": host, "port": port]) }

  /// The proxy for a URL, or nil: `HTTPS_PROXY` for https, `HTTP_PROXY` for http, unless `NO_PROXY` names the host.
  ///
  /// The rules are those of Go's `httpproxy`, which users of Kubernetes tools know: lower-case names are read too and win;
  /// `NO_PROXY` holds host names (`example.org`, `.example.org`, `*`), addresses and CIDR ranges, each with a port or
  /// without; localhost and loopback addresses are never proxied.
  /// https://pkg.go.dev/golang.org/x/net/http/httpproxy
  public static func forURL(_ url: String, environment: [String: String]) -> HTTPProxy? {
    guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(), let host = parts.host
    else { return nil }
    let name = scheme == "https" ? "HTTPS_PROXY" : "HTTP_PROXY"
    func value(_ name: String) -> String? {
      [environment[name.lowercased()], environment[name]].compactMap { $0 }.first { !$0.isEmpty }
    }
    guard let text = value(name) else { return nil }
    let port = parts.port ?? (scheme == "https" ? 443 : 80)
    if NoProxy(value("NO_PROXY") ?? "").covers(host: host, port: port) { return nil }
    return HTTPProxy(text)
  }

  private init?(_ text: String) {
    guard let parts = URLComponents(string: text.contains("://") ? text : "http://\(text)"), let host = parts.host,
      !host.isEmpty
    else { return nil }
    self.init(
      host: host, port: parts.port ?? (parts.scheme == "https" ? 443 : 80), user: parts.user, password: parts.password)
  }
}

/// Which hosts are reached without the proxy.
struct NoProxy {
  private var entries: [Substring]

  init(_ text: String) {
    entries = text.split { $0 == "," || $0 == " " }
  }

  func covers(host: String, port: Int) -> Bool {
    let host = host.trimmingCharacters(in: ["[", "]"]).lowercased()
    if host == "localhost" || host == "::1" || IPv4(host).map({ $0.isLoopback }) == true { return true }
    return entries.contains { matches(String($0).lowercased(), host: host, port: port) }
  }

  private func matches(_ entry: String, host: String, port: Int) -> Bool {
    if entry == "*" { return true }
    if let slash = entry.firstIndex(of: "/") {
      guard let base = IPv4(String(entry[..<slash])), let bits = Int(entry[entry.index(after: slash)...]),
        (0...32).contains(bits), let address = IPv4(host)
      else { return false }
      return bits == 0 || (address.value ^ base.value) >> UInt32(32 - bits) == 0
    }
    var name = entry
    if let colon = name.lastIndex(of: ":"), let wanted = Int(name[name.index(after: colon)...]),
      name.firstIndex(of: ":") == colon
    {
      guard wanted == port else { return false }
      name = String(name[..<colon])
    }
    if name.hasPrefix("*.") { name.removeFirst() }
    if name.hasPrefix(".") { return host.hasSuffix(name) }
    return host == name || host.hasSuffix(".\(name)")
  }
}

private struct IPv4 {
  var value: UInt32
  var isLoopback: Bool { value >> 24 == 127 }

  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt32($0) }
    guard parts.count == 4 else { return nil }
    var value: UInt32 = 0
    for part in parts {
      guard let part, part < 256 else { return nil }
      value = value << 8 | part
    }
    self.value = value
  }
}
