import FakeGCS
import Foundation
import TestServers
import Testing

@Suite struct OfficialClientTests {
  /// Google's client gets a token from the fake by a signed assertion, and does with it what it does with Google.
  @Test func theFakeIsWhatGooglesClientExpects() async throws {
    let python = try Tool.find("python3", package: "Debian python3")
    let script = try #require(
      Bundle.module.url(forResource: "official_client", withExtension: "py", subdirectory: "Fixtures"))
    try await FakeGCS.with { fake in
      fake.makeBucket("bucket")
      let key = try fake.update { fake in
        fake.requiresToken = true
        return try fake.makeServiceAccountKey("writer@project.iam.gserviceaccount.com")
      }
      let folder = try ServerProcess.makeFolder("official-client")
      try key.write(to: folder.appendingPathComponent("key.json"))
      let process = try ServerProcess(
        [python.path, script.path, fake.endpoint, folder.appendingPathComponent("key.json").path, "bucket"],
        folder: folder)
      try await eventually("the official client (PyPI google-cloud-storage) is done", within: .seconds(120)) {
        !process.isRunning
      }
      #expect(process.log.contains("the official client is content"), "\(process.log)")
      #expect(fake.log.contains { $0.request.uri == "/token" && $0.status == 200 })
    }
  }
}
