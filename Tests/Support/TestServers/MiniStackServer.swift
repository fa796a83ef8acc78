import Foundation

/// AWS as ministack plays it, with `AUTH=true`: signatures, session tokens and policies of IAM users are verified.
///
/// It does not verify what its root key (`test`) signs, so ``accessKeyID`` is an IAM user's.
public final class MiniStackServer: Sendable {
  /// One for the whole test run.
  public static let shared = SharedServer { try await MiniStackServer.start() }

  public let process: ServerProcess
  /// `http://127.0.0.1:<port>`
  public let endpoint: String
  public let port: Int
  /// May do everything on S3.
  public let accessKeyID: String
  public let secretAccessKey: String

  private init(process: ServerProcess, port: Int, accessKeyID: String, secretAccessKey: String) {
    self.process = process
    self.port = port
    endpoint = "http://127.0.0.1:\(port)"
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
  }

  public static func start() async throws -> MiniStackServer {
    let tool = try Tool.find("ministack", package: "PyPI ministack")
    return try await startWithFreePorts(1) { try await start(tool, port: $0[0]) }
  }

  private static func start(_ tool: Tool, port: Int) async throws -> MiniStackServer {
    let folder = try ServerProcess.makeFolder("ministack")
    let process = try ServerProcess(
      [tool.path],
      environment: ["AUTH": "true", "GATEWAY_PORT": "\(port)", "MINISTACK_HOST": "localhost"], folder: folder)
    let endpoint = "http://127.0.0.1:\(port)"
    try await process.waitUntil("ministack answers") { await HTTPProbe.status("\(endpoint)/_ministack/health") == 200 }
    let policy = #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#
    let key = try await createUser(endpoint, name: "holdfast", policy: policy)
    return MiniStackServer(process: process, port: port, accessKeyID: key.id, secretAccessKey: key.secret)
  }

  /// A user whose policy is `policy` (a policy document as JSON).
  public func createUser(_ name: String, policy: String) async throws -> (id: String, secret: String) {
    try await Self.createUser(endpoint, name: name, policy: policy)
  }

  /// A fresh bucket for one test.
  /// - Parameter objectLock: With versions and locks.
  public func makeBucket(objectLock: Bool = false) async throws -> String {
    let name = "test-\(UUID().uuidString.lowercased())"
    var headers = Self.rootHeaders(service: "s3")
    if objectLock { headers["x-amz-bucket-object-lock-enabled"] = "true" }
    let answer = try await HTTPProbe.send("PUT", "\(endpoint)/\(name)", headers: headers)
    guard answer.status == 200 else { throw TestServerError("creating a bucket: \(answer.status) \(answer.text)") }
    return name
  }

  /// A role that may do everything on S3.
  /// - Parameter trust: The statement of its trust policy.
  /// - Returns: Its ARN.
  public func createRole(trust: String) async throws -> String {
    let name = "role-\(UUID().uuidString.lowercased())"
    let answer = try await Self.iam(
      endpoint,
      [
        "Action": "CreateRole", "RoleName": name,
        "AssumeRolePolicyDocument": #"{"Version": "2012-10-17", "Statement": [\#(trust)]}"#,
      ])
    let policy = #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#
    _ = try await Self.iam(
      endpoint, ["Action": "PutRolePolicy", "RoleName": name, "PolicyName": "p", "PolicyDocument": policy])
    return try Self.element("Arn", of: answer)
  }

  /// Temporary credentials, by STS.
  public func makeSession(seconds: Int = 3600) async throws -> (id: String, secret: String, token: String) {
    let answer = try await Self.query(
      "sts", "2011-06-15", endpoint, ["Action": "GetSessionToken", "DurationSeconds": "\(seconds)"])
    return (
      try Self.element("AccessKeyId", of: answer), try Self.element("SecretAccessKey", of: answer),
      try Self.element("SessionToken", of: answer)
    )
  }

  private static func createUser(
    _ endpoint: String, name: String, policy: String
  ) async throws -> (id: String, secret: String) {
    _ = try await iam(endpoint, ["Action": "CreateUser", "UserName": name])
    _ = try await iam(
      endpoint, ["Action": "PutUserPolicy", "UserName": name, "PolicyName": "p", "PolicyDocument": policy])
    let answer = try await iam(endpoint, ["Action": "CreateAccessKey", "UserName": name])
    return (try element("AccessKeyId", of: answer), try element("SecretAccessKey", of: answer))
  }

  private static func iam(_ endpoint: String, _ parameters: [String: String]) async throws -> String {
    try await query("iam", "2010-05-08", endpoint, parameters)
  }

  /// A call of one of AWS's query APIs, as root.
  private static func query(
    _ service: String, _ version: String, _ endpoint: String, _ parameters: [String: String]
  ) async throws -> String {
    let form = parameters.merging(["Version": version]) { $1 }.map { key, value in
      "\(key)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
    }
    var headers = rootHeaders(service: service)
    headers["content-type"] = "application/x-www-form-urlencoded"
    let answer = try await HTTPProbe.send(
      "POST", "\(endpoint)/", headers: headers, body: Data(form.joined(separator: "&").utf8))
    guard answer.status == 200 else { throw TestServerError("ministack \(service): \(answer.status) \(answer.text)") }
    return answer.text
  }

  private static func rootHeaders(service: String) -> [String: String] {
    let scope = "test/20260101/us-east-1/\(service)/aws4_request"
    return ["authorization": "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=host, Signature=0"]
  }

  private static func element(_ name: String, of xml: String) throws -> String {
    guard let start = xml.range(of: "<\(name)>"), let end = xml.range(of: "</\(name)>") else {
      throw TestServerError("ministack's answer has no \(name)")
    }
    return String(xml[start.upperBound..<end.lowerBound])
  }
}
