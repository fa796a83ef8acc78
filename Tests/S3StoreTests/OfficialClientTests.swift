import Foundation
import NIOHTTP1
import ObjectStoreTestKit
import TestServers
import Testing

/// The fakes of AWS's services are what AWS's own SDK for Python takes for the real ones.
@Suite struct OfficialClientTests {
  private static let program = """
    import botocore.session
    keys = botocore.session.get_session().get_credentials().get_frozen_credentials()
    print("keys:", keys.access_key, keys.secret_key, keys.token)
    """

  /// What botocore finds in that environment.
  private func keys(_ environment: [String: String], files: [String: String] = [:]) async throws -> String {
    let python = try Tool.find("python3", package: "PyPI boto3")
    let folder = try ServerProcess.makeFolder("botocore")
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    var environment = environment.mapValues { $0.replacingOccurrences(of: "FOLDER", with: folder.path) }
    environment["AWS_CONFIG_FILE"] = "/dev/null"
    environment["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null"
    environment["AWS_REGION"] = "eu-west-1"
    environment["AWS_DEFAULT_REGION"] = "eu-west-1"
    let process = try ServerProcess([python.path, "-c", Self.program], environment: environment, folder: folder)
    try await eventually("botocore is done", within: .seconds(60)) { !process.isRunning }
    return process.log
  }

  @Test func instanceMetadata() async throws {
    try await StubServer.with(answer: { FakeMetadata.answer($0) }) { server async throws in
      let found = try await keys(["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.endpoint])
      #expect(found.contains("keys: ASIAI s t"), "\(found)")
    }
  }

  @Test func agentBesideTheContainer() async throws {
    try await StubServer.with(answer: { request in
      guard request.headers.first(name: "authorization") == "the pod's" else { return StubServer.Answer(401) }
      return StubServer.Answer(200, FakeAgent.document)
    }) { server async throws in
      let found = try await keys(
        [
          "AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(server.endpoint)/v1/credentials",
          "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "FOLDER/token",
        ], files: ["token": "the pod's"])
      #expect(found.contains("keys: ASIAC s t"), "\(found)")
    }
  }

  @Test func tokenService() async throws {
    try await StubServer.with(answer: { request in
      FakeTokenService.keys(
        request.form("RoleArn") ?? "", action: request.form("Action") ?? "", expires: Date(timeIntervalSinceNow: 3600))
    }) { server async throws in
      let found = try await keys(
        [
          "AWS_ENDPOINT_URL_STS": server.endpoint, "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
          "AWS_WEB_IDENTITY_TOKEN_FILE": "FOLDER/token",
        ], files: ["token": FakeTokenService.token])
      #expect(found.contains("keys: arn:aws:iam::1:role/r secret-arn"), "\(found)")
      #expect(server.log.first?.form("Action") == "AssumeRoleWithWebIdentity")
    }
  }
}
