import Foundation
import NIOCore
import SnapshotSource
import Testing
import ZitiStandIn

@testable import OpenZitiSource

/// A controller on this machine, which a person has stopped.
@Suite struct HostRestoreTests {
  private func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("host-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  private func destination(_ path: String) throws -> OpenZitiDestination {
    try OpenZitiDestination(
      name: "controller",
      configuration: .init(
        namespace: "z", way: .file(path), proof: .init(endpoint: nil, isRequired: false, reason: "none"), request: "z/x"
      ),
      client: nil)
  }

  @Test func theFileIsReplacedAndTheOldOneKept() async throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("ctrl.db").path
    try FileManager.default.copyItem(at: StandIn.fixture("ctrl-schema44.db"), to: URL(fileURLWithPath: path))
    let old = try Data(contentsOf: URL(fileURLWithPath: path))
    let destination = try destination(path)
    let (pieces, size, bytes) = try ClaimRestoreTests.snapshot("ctrl-signed.db")
    let preview = try await destination.preflight(of: CapturedSnapshot(size: size, facts: [:]))
    #expect(preview.entries.contains { $0.detail.contains("has to be stopped") }, "\(preview)")
    _ = try await destination.restore(from: pieces, size: size, force: false) {}
    let facts = try await destination.verify()
    #expect(facts.values[SnapshotFacts.proof]?.contains("start the controller now") == true)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let kept = try #require(names.first { $0.hasPrefix("ctrl.db.holdfast-") })
    #expect(names.count == 2)
    #expect(try Data(contentsOf: folder.appendingPathComponent(kept)) == old)
  }

  @Test func aRunningControllersFileIsRefused() async throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("ctrl.db").path
    try FileManager.default.copyItem(at: StandIn.fixture("ctrl-schema44.db"), to: URL(fileURLWithPath: path))
    let descriptor = open(path, O_RDWR)
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    let destination = try destination(path)
    await #expect { try await destination.preflight(of: CapturedSnapshot(size: 10)) } throws: {
      ($0 as? SnapshotSourceError)?.code == .inUse && "\($0)".contains("docker stop")
    }
    let (pieces, size, _) = try ClaimRestoreTests.snapshot()
    await #expect { try await destination.restore(from: pieces, size: size, force: true) {} } throws: {
      ($0 as? SnapshotSourceError)?.code == .inUse
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["ctrl.db"])
    close(descriptor)
  }

  @Test func aClusteredControllersFileAndFoldersAreRefused() async throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let clustered = try destination(folder.appendingPathComponent("ctrl-ha.db").path)
    await #expect { try await clustered.preflight() } throws: { "\($0)".contains("restore-from-db") }
    let missing = try destination(folder.path + "/absent/ctrl.db")
    await #expect { try await missing.preflight() } throws: { "\($0)".contains("there is no folder") }
  }
}
