import Foundation
import HoldfastAPI
import JobPlan
import Subprocess
import TestServers
import Testing

/// Runs that are told to stop, and runs that just die (promises 3 and 4).
@Suite struct DyingRunTests {
  private func place(_ archive: SlowArchive) async throws -> Workplace {
    let place = try await Workplace.make()
    try place.secret("token", "token", "s.token")
    try place.writePlan(address: archive.address, maxCount: 3)
    return place
  }

  @Test func sigtermDuringAnUploadLeavesNothing() async throws {
    let archive = try await SlowArchive.start(delay: 0.1)
    let place = try await place(archive)
    let start = ContinuousClock.now
    let run = try await Program.run(
      ["backup", "--result", place.result] + place.options, signal: .terminate
    ) {
      try place.isUploading()
    }
    #expect(run.status == 143, "\(run.errors)")
    #expect(ContinuousClock.now - start < .seconds(45))
    #expect(try place.files() == [], "\(run.errors)")
    let failure = try #require(try place.readResult().failure)
    #expect(failure.reason == "Interrupted")
    archive.process.stop()
  }

  /// Also before there is anything but the lease.
  @Test func sigtermAtAnyPointLeavesNothing() async throws {
    let archive = try await SlowArchive.start(size: 8 << 20, delay: 0.02)
    let place = try await place(archive)
    for round in 0..<12 {
      let wait = Duration.milliseconds(15 + round * 12)
      let start = ContinuousClock.now
      let run = try await Program.run(["backup", "--result", place.result] + place.options, signal: .terminate) {
        ContinuousClock.now - start > wait
      }
      // Before its first instruction a program dies of the signal.
      #expect(run.status == 143 || run.status == 128 + 15, "\(run.errors)")
      #expect(try place.files() == [], "after \(wait): \(run.errors)")
    }
    archive.process.stop()
  }

  @Test func sigkillAtAnyPointIsCleanedUpByTheNextRun() async throws {
    let archive = try await SlowArchive.start(size: 16 << 20, delay: 0.004)
    let place = try await place(archive)
    var generator = SystemRandomNumberGenerator()
    func listed() async throws -> [String] {
      try await place.holdfast("list").output.split(separator: "\n").dropFirst()
        .compactMap { $0.split(separator: " ").first.map(String.init) }
    }
    // What was a backup once: a run that dies while it prunes may leave the artifacts of one, for the grace period.
    var wereBackups: Set<String> = []
    for round in 0..<20 {
      let wait = Duration.milliseconds(Int.random(in: 20...900, using: &generator))
      let start = ContinuousClock.now
      _ = try await Program.run(["backup", "--result", place.result] + place.options, signal: .kill) {
        ContinuousClock.now - start > wait
      }
      let verify = try await place.holdfast("verify", "--all", "--identity", place.identity)
      #expect(verify.status == 0, "round \(round), killed after \(wait): \(verify.output)\(verify.errors)")
      wereBackups.formUnion(try await listed())
    }
    let run = try await place.backup()
    #expect(run.status == 0, "\(run.errors)")
    let ids = try await listed()
    #expect(!ids.isEmpty)
    wereBackups.formUnion(ids)
    for file in try place.files() {
      let parts = file.split(separator: "/").map(String.init)
      #expect(parts.count == 4 && wereBackups.contains(parts[2]) && parts[3] != ".running", "\(file)")
      #expect(parts.last != "manifest.json" || ids.contains(parts[2]), "\(file)")
    }
    archive.process.stop()
  }

  @Test func aSourceThatIsCutFailsTheRun() async throws {
    let archive = try await SlowArchive.start(delay: 0.05)
    let place = try await place(archive)
    let run = try await Program.run(["backup", "--result", place.result] + place.options, signal: .resume) {
      guard try place.isUploading() else { return false }
      archive.process.stop()
      // Only the server dies; the run must notice by itself.
      try await eventually("the run's own end", within: .seconds(30)) {
        FileManager.default.fileExists(atPath: place.result)
      }
      return true
    }
    #expect(try place.readResult().failure?.reason == "SourceTruncated", "\(run.errors)")
    #expect(try place.readResult().failure?.step == "source")
    #expect(try place.files().isEmpty)
  }
}
