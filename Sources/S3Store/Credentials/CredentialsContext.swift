public import Foundation
internal import NIOCore
internal import ObjectStore
public import StoreHTTP

/// What credentials are found with: environment, files, clock, and how to talk HTTP.
public struct CredentialsContext: Sendable {
  /// As the pod has it: the variables of the AWS SDKs, and those of proxies.
  public var environment: [String: String]
  /// Gives a file's text, or throws where it cannot be read. Called at each renewal, since the kubelet replaces tokens.
  public var readFile: @Sendable (_ path: String) throws -> String
  public var now: @Sendable () -> Date
  /// CA for a token service of one's own. The proxy is found in ``environment``; agents on the node are asked directly.
  public var http: StoreHTTPSettings

  public init(
    environment: [String: String],
    readFile: @escaping @Sendable (_ path: String) throws -> String = {
      try String(contentsOf: URL(fileURLWithPath: $0), encoding: .utf8)
    },
    now: @escaping @Sendable () -> Date = { Date() }, http: StoreHTTPSettings = StoreHTTPSettings()
  ) {
    self.environment = environment
    self.readFile = readFile
    self.now = now
    self.http = http
  }

  /// A variable that is set and not empty.
  func variable(_ name: String) -> String? {
    environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A token's file, without the white space around it.
  /// - Parameter purpose: For the error: `AWS_WEB_IDENTITY_TOKEN_FILE`.
  func token(_ path: String, purpose: String) throws -> String {
    let text: String
    do {
      text = try readFile(path).trimmingCharacters(in: .whitespacesAndNewlines)
    } catch {
      throw ObjectStoreError(
        .configuration, operation: "reading \(path)",
        message: "the token file that \(purpose) names cannot be read; is the projected token mounted there?",
        cause: error)
    }
    guard !text.isEmpty, !text.contains(where: \.isNewline) else {
      throw ObjectStoreError(
        .configuration, operation: "reading \(path)", message: "the file that \(purpose) names holds no token")
    }
    return text
  }

  /// One exchange with a token service, on a connection of its own: it happens once in an hour or so.
  func send(_ request: StoreHTTPRequest, _ settings: StoreHTTPSettings) async throws -> StoreHTTPAnswer {
    let client = try StoreHTTPClient(settings)
    let result: Result<StoreHTTPAnswer, any Error>
    do { result = .success(try await client.send(request)) } catch { result = .failure(error) }
    try? await client.shutdown()
    return try result.get()
  }

  /// For a service somewhere on the network.
  func settings(for url: String) -> StoreHTTPSettings {
    var settings = http
    settings.proxy = HTTPProxy.forURL(url, environment: environment)
    settings.connections = 1
    settings.idleTimeout = min(settings.idleTimeout, .seconds(30))
    settings.requestTimeout = min(settings.requestTimeout, .seconds(30))
    return settings
  }

  /// For an agent on the node, which answers at once or is not there.
  var nodeSettings: StoreHTTPSettings {
    var settings = http
    settings.proxy = nil
    settings.connections = 1
    settings.connectTimeout = min(settings.connectTimeout, .seconds(2))
    settings.idleTimeout = min(settings.idleTimeout, .seconds(10))
    settings.requestTimeout = min(settings.requestTimeout, .seconds(10))
    return settings
  }
}
