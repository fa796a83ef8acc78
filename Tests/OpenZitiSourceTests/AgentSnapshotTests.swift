import Foundation
import NIOCore
import SnapshotSource
import Synchronization
import Testing
import ZitiStandIn

@testable import OpenZitiSource

/// Snapshots by the agent, with a script for the program `ziti` that behaves as `ziti agent controller snapshot-db`.
@Suite struct AgentSnapshotTests {
  private final class Place: Sendable {
    let folder: URL
    var database: String { folder.appendingPathComponent("db/ctrl.db").path }
    var ziti: String { folder.appendingPathComponent("ziti").path }

    init(_ script: String) throws {
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("agent-\(UUID().uuidString)")
      let data = folder.appendingPathComponent("db")
      try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: StandIn.fixture("ctrl-live-copy.db"), to: data.appendingPathComponent("ctrl.db"))
      let text =
        "#!/bin/sh\nfixture='\(try StandIn.fixture("ctrl-schema44.db").path)'\nhere='\(folder.path)'\n\(script)\n"
      try Data(text.utf8).write(to: URL(fileURLWithPath: ziti))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: ziti)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var files: [String] {
      (try? FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("db").path))?.sorted() ?? []
    }

    func capture(timeout: Duration = .seconds(60), allowLiveCopy: Bool = false) async throws -> (Data, SnapshotFacts) {
      let configuration = OpenZitiConfiguration(
        snapshot: .agent(command: [ziti]), retrieval: .exec, databasePath: database, timeout: timeout,
        allowLiveCopy: allowLiveCopy)
      let shelf = FolderShelf(
        root: folder.appendingPathComponent("db").path, mountPath: folder.appendingPathComponent("db").path)
      let controller = LocatedController(
        taker: AgentSnapshotTaker(runner: ProcessRunner(), command: [ziti]), shelf: shelf)
      let bytes = Mutex(Data())
      let facts = try await OpenZitiSource(name: "controller", configuration: configuration).capture(controller) {
        piece in
        bytes.withLock { $0.append(contentsOf: piece.readableBytesView) }
      }
      return (bytes.withLock { $0 }, facts)
    }

    func failure(timeout: Duration = .seconds(60), allowLiveCopy: Bool = false) async -> SnapshotSourceError? {
      do {
        _ = try await capture(timeout: timeout, allowLiveCopy: allowLiveCopy)
        return nil
      } catch {
        return error as? SnapshotSourceError
      }
    }
  }

  private static let good = #"""
    echo "$@" >>"$here/calls"
    [ "$1 $2 $3" = "agent controller snapshot-db" ] || exit 9
    cp "$fixture" "$4" && echo "$4"
    """#

  @Test func aSnapshotIsTakenWithoutALoginAndRemoved() async throws {
    let place = try Place(Self.good)
    let (bytes, facts) = try await place.capture()
    #expect(bytes.count == 2_097_152)
    #expect(facts.values["schemaVersion"] == "44")
    #expect(place.files == ["ctrl.db"])
    let calls = try String(contentsOf: place.folder.appendingPathComponent("calls"), encoding: .utf8)
    #expect(calls.contains("ctrl.db.holdfast-snapshot-"))
    #expect(calls.contains("--timeout"), "its own default is five seconds")
  }

  @Test func aRateLimitIsWaitedFor() async throws {
    let place = try Place(
      #"""
      if [ ! -e "$here/once" ]; then touch "$here/once"; echo "Error: may snapshot database at most once per minute" >&2; exit 1; fi
      cp "$fixture" "$4" && echo "$4"
      """#)
    #expect(try await place.capture().0.count == 2_097_152)
  }

  @Test func aFailureAfterOutputIsAFailure() async throws {
    let place = try Place(#"cp "$fixture" "$4"; echo "$4"; echo "connection reset" >&2; exit 1"#)
    let error = await place.failure()
    #expect(error?.code == .failed)
    #expect(error?.message.contains("connection reset") == true)
    #expect(place.files == ["ctrl.db"], "what was written is removed")
  }

  @Test func aVersionWithoutTheCommandSaysWhatElseThereIs() async throws {
    let place = try Place(#"echo 'Error: unknown command "snapshot-db" for "ziti agent controller"' >&2; exit 1"#)
    let error = await place.failure()
    #expect(error?.code == .configuration)
    #expect(error?.message.contains("allowLiveCopy") == true)
    // The fixture's live file is sound, and taken where a person allowed it.
    let (bytes, facts) = try await place.capture(allowLiveCopy: true)
    #expect(bytes.count == 262_144)
    #expect(facts.warnings.contains { $0.contains("live") })
    #expect(place.files == ["ctrl.db"])
  }

  /// Programs put the reason last, and much before it.
  @Test func aLongComplaintKeepsItsEnd() {
    let outcome = CommandOutcome(
      exitCode: 1, output: "", errors: "Error\n\(String(repeating: "x", count: 100_000))\nthe disk is full\n")
    #expect(outcome.complaint.hasPrefix("Error x") && outcome.complaint.hasSuffix("the disk is full"))
    #expect(outcome.complaint.count < 500)
    #expect(CommandOutcome(exitCode: 1, output: "short\n", errors: " \n").complaint == "short")
  }

  /// A claim is mounted read-only where the controller's own container can remove the copy.
  @Test func whatIsReadFromAClaimIsRemovedInTheContainer() async throws {
    final class Remover: SnapshotShelf {
      let removed = Mutex<[String]>([])
      let place = "the container"
      func names(in folder: String) async throws -> [String] { [] }
      func read(_ path: String, hand: @escaping @Sendable (ByteBuffer) async throws -> Void) async throws {}
      func remove(_ path: String) async throws { removed.withLock { $0.append(path) } }
    }
    let place = try Place(Self.good)
    let folder = place.folder.appendingPathComponent("db").path
    let container = Remover()
    let shelf = ReadOnlyShelf(files: FolderShelf(root: folder, mountPath: "/persistent"), remover: container)
    #expect(try await shelf.names(in: "/persistent/") == ["ctrl.db"])
    let count = Mutex(0)
    try await shelf.read("/persistent/ctrl.db") { bytes in count.withLock { $0 += bytes.readableBytes } }
    #expect(count.withLock { $0 } == 262_144)
    try await shelf.remove("/persistent/ctrl.db")
    #expect(place.files == ["ctrl.db"] && container.removed.withLock { $0 } == ["/persistent/ctrl.db"])
  }

  @Test func aMissingProgramSaysSo() async throws {
    let place = try Place("exit 0")
    try FileManager.default.removeItem(atPath: place.ziti)
    let error = await place.failure()
    #expect(error?.code == .configuration)
    #expect(error?.message.contains("agent.command") == true)
  }

  @Test func aSnapshotElsewhereIsNamedAndLeftAlone() async throws {
    let place = try Place(#"cp "$fixture" "$here/db/elsewhere.db"; echo "$here/db/elsewhere.db""#)
    let error = await place.failure()
    #expect(error?.message.contains("elsewhere.db") == true)
    #expect(place.files == ["ctrl.db", "elsewhere.db"])
  }

  @Test func aFolderWithAPlaceholderInItsNameIsRefused() {
    for path in ["/data/DATE/ctrl.db", "/RUNTIME/ctrl.db", "/x/DB_DIR/ctrl.db", "/x/RAFT_INDEX/c.db"] {
      #expect(throws: SnapshotSourceError.self) {
        try SnapshotName.make(beside: path, now: Date(), random: "abcdef")
      }
    }
  }

  @Test func aTableOfMembersIsRead() {
    let text = """
      ╭───────┬──────────────────────────────┬───────┬────────┬─────────┬───────────╮
      │ ID    │ ADDRESS                      │ VOTER │ LEADER │ VERSION │ CONNECTED │
      ├───────┼──────────────────────────────┼───────┼────────┼─────────┼───────────┤
      │ ctrl1 │ tls:ctrl1-ctrl.ziti.svc:6262 │ true  │ false  │ v1.6.8  │ true      │
      │ ctrl2 │ tls:ctrl2-ctrl.ziti.svc:6262 │ true  │ true   │ v1.6.8  │ true      │
      ╰───────┴──────────────────────────────┴───────┴────────┴─────────┴───────────╯
      """
    let members = ClusterMembers.parse(text)
    #expect(members.map(\.id) == ["ctrl1", "ctrl2"])
    #expect(members.first(where: \.isLeader)?.address == "tls:ctrl2-ctrl.ziti.svc:6262")
    #expect(ClusterMembers.parse("error: controller not running in clustered mode").isEmpty)
  }
}
