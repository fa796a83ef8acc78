import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import SnapshotSource
import Synchronization
import Testing

@testable import OpenZitiSource

/// What is refused beforehand, and what fails on the way.
extension ClaimRestoreTests {
  // MARK: Refused beforehand

  @Test(arguments: ["openziti/ziti-controller:1.6.20", "openziti/ziti-controller:1.1.5"])
  func anOlderControllerNeverGetsANewerSchema(image: String) async throws {
    let place = try Place(image: image)
    let old = try place.content()
    let destination = try place.destination()
    await #expect { try await destination.preflight(of: CapturedSnapshot(size: 10, facts: Self.facts)) } throws: {
      ($0 as? SnapshotSourceError)?.code == .incompatible && "\($0)".contains("never given to an older controller")
    }
    // Also where the manifest does not tell: the bytes do.
    let failed = await failure(place, destination)
    #expect(failed?.code == .incompatible)
    #expect(try place.content() == old && place.files == ["ctrl.db"] && place.replicas == 1)
    #expect(!place.hasStopped.withLock { $0 })
  }

  @Test(arguments: ["ctrl-truncated.db", "ctrl-bad-meta.db", "not-ziti.db"])
  func whatIsNoDatabaseIsNeverPutInPlace(name: String) async throws {
    let place = try Place()
    let failed = await failure(place, try place.destination(), name)
    #expect(failed?.code == .corrupt, "\(String(describing: failed))")
    #expect(place.files == ["ctrl.db"] && place.replicas == 1 && !place.hasStopped.withLock { $0 })
  }

  @Test func aStreamThatEndsEarlyChangesNothing() async throws {
    let place = try Place()
    let (pieces, size, _) = try Self.snapshot()
    let destination = try place.destination()
    await #expect { try await destination.restore(from: pieces, size: size + 1, force: true) {} } throws: {
      ($0 as? SnapshotSourceError)?.code == .truncated
    }
    #expect(place.files == ["ctrl.db"])
  }

  @Test func aFullClaimIsRefused() async throws {
    let place = try Place()
    let destination = try place.destination()
    await #expect { try await destination.preflight(of: CapturedSnapshot(size: 1 << 60, facts: Self.facts)) } throws: {
      ($0 as? SnapshotSourceError)?.code == .noSpace && "\($0)".contains("Enlarge the volume")
    }
    // It filled up in between.
    let full = try place.destination { step in
      if step == .write { throw FileCallError(number: ENOSPC, call: "write", path: "ctrl.db") }
    }
    #expect(await failure(place, full)?.code == .noSpace)
    #expect(place.files == ["ctrl.db"] && place.replicas == 1 && !place.hasStopped.withLock { $0 })
  }

  @Test func aPodOfSomebodyElsesOnTheClaimIsNamed() async throws {
    let place = try Place()
    try place.putPod("toolbox", labels: [:])
    try place.putPod("ended", labels: [:], phase: "Succeeded")
    let failed = await failure(place, try place.destination())
    #expect(failed?.code == .inUse && failed?.message.contains("pod toolbox") == true, "\(String(describing: failed))")
    #expect(place.replicas == 1)
    let other = try Place()
    let unnamed = await failure(other, try other.destination(workload: false))
    #expect(unnamed?.code == .inUse && unnamed?.message.contains("openZiti.workload") == true)
  }

  /// bbolt locks its file; whoever holds that lock would lose what it writes.
  @Test func aDatabaseThatSomebodyHasOpenIsNotReplaced() async throws {
    let place = try Place(replicas: 0)
    let path = place.folder.appendingPathComponent("ctrl.db").path
    let descriptor = open(path, O_RDWR)
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    let destination = try place.destination()
    await #expect { try await destination.preflight(of: CapturedSnapshot(size: 10, facts: Self.facts)) } throws: {
      ($0 as? SnapshotSourceError)?.code == .inUse
    }
    #expect(await failure(place, destination)?.code == .inUse)
    #expect(place.files == ["ctrl.db"])
    close(descriptor)
    _ = try await restore(place, destination)
  }

  // MARK: Whatever fails

  @Test(arguments: DatabaseFile.Step.allCases)
  func aStepOnTheFileThatFailsLeavesTheOldDatabaseServed(step: DatabaseFile.Step) async throws {
    let place = try Place()
    let old = try place.content()
    let failed = await failure(place, try place.destination { if $0 == step { throw Injected() } })
    if step == .synchronizeFolder {
      #expect(failed == nil, "the database was replaced by then")
      return
    }
    let failure = try #require(failed)
    #expect(failure.code != .outcomeUnknown && failure.code != .partlyDone, "\(failure)")
    #expect(try place.content() == old && place.files == ["ctrl.db"], "\(step)")
    #expect(place.replicas == 1 && place.notes.isEmpty)
    let isStopped = [.keepOld, .replace].contains(step)
    #expect(place.hasStopped.withLock { $0 } == isStopped)
    if isStopped { #expect(failure.message.contains("was scaled back to 1"), "\(failure)") }
  }

  @Test func theClaimThatPrecedesTheStepIsKept() async throws {
    let place = try Place()
    let failed = await failure(place, try place.destination()) { throw Injected() }
    #expect(failed != nil)
    #expect(place.files == ["ctrl.db"] && place.replicas == 1 && !place.hasStopped.withLock { $0 })
  }

  @Test func noRightToScaleChangesNothing() async throws {
    let place = try Place()
    place.api.onRequest { $0.verb == .patch ? .status(403, reason: "Forbidden") : nil }
    let failed = await failure(place, try place.destination())
    // The way back is refused too, and nothing was stopped.
    #expect(failed?.message.contains("database is the old one") == true, "\(String(describing: failed))")
    #expect(place.files == ["ctrl.db"] && place.replicas == 1)
  }

  /// The write was done and its answer lost; a conflict is looked at anew.
  @Test func lostAnswersAndConflictsAreOvercome() async throws {
    let place = try Place()
    let count = Mutex(0)
    place.api.onRequest { request in
      guard request.verb == .patch else { return nil }
      let number = count.withLock { count in
        count += 1
        return count
      }
      return number == 1 ? .status(409, reason: "Conflict") : number % 2 == 0 ? .answerLost : nil
    }
    _ = try await restore(place, try place.destination())
    #expect(place.replicas == 1 && place.notes.isEmpty)
    #expect(try place.content() == Self.snapshot().bytes)
  }

  @Test func aPodThatStaysEndsTheRestoreAndTheControllerIsScaledBack() async throws {
    let place = try Place(isStuck: true)
    let failed = await failure(place, try place.destination(timeout: .milliseconds(500)))
    #expect(
      failed?.code == .inUse && failed?.message.contains("pod ziti-0 is still there") == true,
      "\(String(describing: failed))")
    #expect(place.files == ["ctrl.db"] && place.replicas == 1 && place.notes.isEmpty)
  }

  @Test func aFailedWayBackSaysWhatIsThereNow() async throws {
    let place = try Place()
    let old = try place.content()
    let stopped = Mutex(false)
    place.api.onRequest { request in
      guard request.verb == .patch else { return nil }
      let wasStopped = stopped.withLock { stopped in
        defer { stopped = true }
        return stopped
      }
      return wasStopped ? .status(403, reason: "Forbidden") : nil
    }
    // After the new file is in place.
    let failed = try #require(await failure(place, try place.destination()))
    #expect(failed.code == .partlyDone)
    #expect(failed.message.contains("The restored database is in place"), "\(failed)")
    #expect(failed.message.contains("kubectl --namespace z scale deployment/ziti-controller --replicas=1"), "\(failed)")
    #expect(try place.content() == Self.snapshot().bytes && place.replicas == 0)
    #expect(place.notes == [ControllerWorkload.replicasAnnotation, ControllerWorkload.requestAnnotation])

    // And before it.
    let second = try Place()
    let isStopped = Mutex(false)
    second.api.onRequest { request in
      guard request.verb == .patch else { return nil }
      let was = isStopped.withLock { value in
        defer { value = true }
        return value
      }
      return was ? .status(403, reason: "Forbidden") : nil
    }
    let broken = try #require(await failure(second, try second.destination { if $0 == .replace { throw Injected() } }))
    #expect(broken.code == .partlyDone && broken.message.contains("The database is the old one"), "\(broken)")
    #expect(try second.content() == old && second.files == ["ctrl.db"])
  }

  @Test func aRestoreThatIsStoppedScalesBack() async throws {
    let place = try Place(isStuck: true)
    let destination = try place.destination(timeout: .seconds(300))
    let (pieces, size, _) = try Self.snapshot()
    let task = Task { try await destination.restore(from: pieces, size: size, force: false) {} }
    let deadline = ContinuousClock.now + .seconds(60)
    while place.replicas != 0, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
    #expect(place.replicas == 0)
    task.cancel()
    _ = await task.result
    #expect(place.replicas == 1 && place.notes.isEmpty && place.files == ["ctrl.db"])
  }
}
