import Foundation
import NIOCore
import SnapshotSource
import SwiftASN1
import Synchronization
import Testing
import X509
import ZitiStandIn

@testable import OpenZitiSource

/// Snapshots by the management API, fetched from the controller's volume.
@Suite struct ManagementSnapshotTests {
  private func configuration(
    _ standIn: StandIn, password: String = "admin-password", timeout: Duration = .seconds(60)
  ) -> OpenZitiConfiguration {
    OpenZitiConfiguration(
      snapshot: .managementAPI(
        ManagementEndpoint(
          url: standIn.url, login: .password(user: "admin", password: password), caCertificates: standIn.certificate)),
      retrieval: .folder(standIn.folder.path, mountPath: standIn.folder.path), databasePath: standIn.database,
      timeout: timeout)
  }

  private func capture(_ configuration: OpenZitiConfiguration) async throws -> (bytes: Data, facts: SnapshotFacts) {
    let bytes = Mutex(Data())
    let facts = try await OpenZitiSource(name: "controller", configuration: configuration).capture { piece in
      bytes.withLock { $0.append(contentsOf: piece.readableBytesView) }
    }
    return (bytes.withLock { $0 }, facts)
  }

  private func failure(_ configuration: OpenZitiConfiguration) async -> SnapshotSourceError? {
    do {
      _ = try await capture(configuration)
      return nil
    } catch {
      return error as? SnapshotSourceError
    }
  }

  @Test func aSnapshotIsFetchedCheckedAndRemoved() async throws {
    let standIn = try await StandIn.start()
    let (bytes, facts) = try await capture(configuration(standIn))
    #expect(bytes == (try Data(contentsOf: StandIn.fixture("ctrl-schema44.db"))))
    #expect(facts.values["schemaVersion"] == "44")
    #expect(facts.values["version"] == "v1.6.8")
    #expect(facts.warnings.isEmpty)
    #expect(standIn.files == ["ctrl.db"], "the copy is gone and the live file is there")
    #expect(standIn.openSessions == 0)
    await standIn.stop()
  }

  @Test func theEdgeAPIIsTheFallbackAndItsFileIsFound() async throws {
    let standIn = try await StandIn.start(.init(hasFabricAPI: false))
    // Another's snapshot of before stays.
    let other = standIn.folder.appendingPathComponent("ctrl.db-20200101-000000")
    try Data("theirs".utf8).write(to: other)
    let (bytes, _) = try await capture(configuration(standIn))
    #expect(bytes.count == 2_097_152)
    #expect(standIn.files == ["ctrl.db", "ctrl.db-20200101-000000"])
    #expect(standIn.requests.contains("POST /edge/management/v1/database/snapshot"))
    await standIn.stop()
  }

  @Test func aSnapshotThatGoesOnAfterItsTimeoutIsWaitedFor() async throws {
    for hasFabricAPI in [true, false] {
      let standIn = try await StandIn.start(.init(slowSteps: 4, hasFabricAPI: hasFabricAPI))
      let (bytes, facts) = try await capture(configuration(standIn))
      #expect(bytes.count == 2_097_152)
      #expect(facts.values["schemaVersion"] == "44")
      #expect(standIn.files == ["ctrl.db"])
      await standIn.stop()
    }
  }

  @Test func aRateLimitIsWaitedForAsLongAsTheTimeoutAllows() async throws {
    let standIn = try await StandIn.start(.init(rateLimited: 1))
    let (bytes, _) = try await capture(configuration(standIn))
    #expect(bytes.count == 2_097_152)
    await standIn.stop()

    let busy = try await StandIn.start(.init(rateLimited: 100))
    let error = await failure(configuration(busy, timeout: .seconds(5)))
    #expect(error?.message.contains("one snapshot a minute") == true, "\(error?.message ?? "")")
    #expect(busy.files == ["ctrl.db"])
    #expect(busy.openSessions == 0)
    await busy.stop()
  }

  @Test func loginsAndRightsAreToldApart() async throws {
    let standIn = try await StandIn.start()
    let wrong = await failure(configuration(standIn, password: "falsch"))
    #expect(wrong?.code == .unauthorized)
    #expect(wrong?.message.contains("adminSecretRef") == true)
    #expect(wrong?.message.contains("falsch") == false)

    standIn.behaviour.withLock { $0.isAdmin = false }
    let plain = await failure(configuration(standIn))
    #expect(plain?.code == .unauthorized)
    #expect(plain?.message.contains("full administrator") == true)

    standIn.behaviour.withLock { $0.asksSecondFactor = true }
    #expect(await failure(configuration(standIn))?.message.contains("second factor") == true)
    await standIn.stop()
  }

  @Test func aFirstFetchedCAIsNotTrusted() async throws {
    let standIn = try await StandIn.start()
    var untrusting = configuration(standIn)
    untrusting.snapshot = .managementAPI(
      ManagementEndpoint(url: standIn.url, login: .password(user: "admin", password: "x")))
    let error = await failure(untrusting)
    #expect(error?.code == .certificateUntrusted)
    #expect(standIn.requests.isEmpty, "no password was sent")
    await standIn.stop()
  }

  @Test(arguments: [
    ("ctrl-live-copy.db", "raw copy of a live database"), ("ctrl-truncated.db", "fails its check"),
    ("ctrl-bad-meta.db", "fails its check"), ("not-ziti.db", "not one of an OpenZiti controller"),
  ])
  func whatIsNoSoundSnapshotIsRefusedAndRemoved(_ file: String, _ text: String) async throws {
    let standIn = try await StandIn.start(.init(snapshot: file))
    let error = await failure(configuration(standIn))
    #expect(error?.code == .corrupt)
    #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    #expect(standIn.files == ["ctrl.db"])
    await standIn.stop()
  }

  @Test func aLiveCopyIsTakenWhereAPersonAllowedIt() async throws {
    let standIn = try await StandIn.start(.init(snapshot: "ctrl-live-copy.db"))
    var allowing = configuration(standIn)
    allowing.allowLiveCopy = true
    let (_, facts) = try await capture(allowing)
    #expect(facts.warnings.contains { $0.contains("live database") })
    await standIn.stop()
  }

  @Test func whoSignedTheRoutersCertificatesIsTold() async throws {
    let standIn = try await StandIn.start(.init(snapshot: "ctrl-signed.db"))
    let (_, facts) = try await capture(configuration(standIn))
    let pem = try String(contentsOf: StandIn.fixture("edge-signer.crt"), encoding: .utf8)
    let identifier = try #require(try Certificate(pemEncoded: pem).extensions.subjectKeyIdentifier?.keyIdentifier)
    let hexadecimal = identifier.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(facts.signers == [hexadecimal])
    #expect(facts.values["signerKeyIds"] == hexadecimal)
    await standIn.stop()
  }

  @Test func theCopyIsRemovedWhereTheStoreFailsAndWhereTheRunIsCancelled() async throws {
    struct Full: Error {}
    let standIn = try await StandIn.start()
    let source = OpenZitiSource(name: "controller", configuration: configuration(standIn))
    await #expect(throws: Full.self) { _ = try await source.capture { _ in throw Full() } }
    #expect(standIn.files == ["ctrl.db"])

    await withTaskGroup(of: Void.self) { group in
      let (began, begin) = AsyncStream<Void>.makeStream()
      group.addTask {
        await #expect(throws: CancellationError.self) {
          _ = try await source.capture { _ in
            begin.yield()
            try await Task.sleep(for: .seconds(600))
          }
        }
      }
      for await _ in began { break }
      group.cancelAll()
    }
    #expect(standIn.files == ["ctrl.db"])
    await standIn.stop()
  }

  @Test func aLeftOverOfAnEarlierRunGoesAndNothingElse() async throws {
    let standIn = try await StandIn.start()
    let kept = [
      "ctrl.db-20200101-000000", "ctrl.db.holdfast-20200101T000000Z", "ctrl.db.previous", "other.db",
      "ctrl.db.holdfast-snapshot-notatime-abcdef", "ctrl.db.holdfast-snapshot-20200101T000000Z-abc",
      "ctrl.db.holdfast-snapshot-29990101T000000Z-abcdef",
    ]
    let gone = "ctrl.db.holdfast-snapshot-20200101T000000Z-abc234"
    for name in kept + [gone] { try Data().write(to: standIn.folder.appendingPathComponent(name)) }
    _ = try await capture(configuration(standIn))
    #expect(standIn.files == (kept + ["ctrl.db"]).sorted())
    await standIn.stop()
  }
}
