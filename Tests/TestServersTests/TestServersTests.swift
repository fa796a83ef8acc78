import Foundation
import Subprocess
import TestServers
import Testing

@Suite struct TestServersTests {
  @Test func serversAnswerAndDieWithTheirHandle() async throws {
    async let seaweed = SeaweedServer.start(buckets: ["first-bucket"])
    async let ministack = MiniStackServer.start()
    async let bao = OpenBaoServer.start()
    let servers = try await (seaweed, ministack, bao)
    _ = try await servers.0.makeBucket()
    _ = try await servers.1.makeBucket(objectLock: true)
    #expect(try await servers.2.request("GET", "sys/storage/raft/snapshot").body.count > 1000)
    for process in [servers.0.process, servers.1.process, servers.2.process] {
      let id = try #require(process.processID)
      try await process.stopAndWait()
      #expect(kill(id, 0) != 0)
      #expect(!FileManager.default.fileExists(atPath: process.folder.path))
    }
  }

  @Test func aMissingToolIsAnErrorThatNamesItsPackage() {
    #expect { try Tool.find("no-such-tool", package: "PyPI nothing") } throws: { "\($0)".contains("PyPI nothing") }
  }

  @Test func aProgramNeedNotReadItsInput() async throws {
    let text = String(repeating: "a line\n", count: 200_000)
    let first = try await Subprocess.run(
      .name("head"), arguments: ["-n", "1"], input: .text(text), output: .string(limit: 1_024))
    #expect(first.standardOutput == "a line\n")
    let all = try await Subprocess.run(
      .name("wc"), arguments: ["-c"], input: .text(text), output: .string(limit: 1_024))
    #expect(all.standardOutput == "1400000\n")
  }
}
