import Foundation
import KubernetesClient
import KubernetesModel
@testable import KubernetesRuntime
import KubernetesTestKit
import ServiceLifecycle
import Testing

private let policy = ObjectReference(apiVersion: "x/v1", kind: "Policy", namespace: "n", name: "p", uid: "u")

struct EventCorrelatorTests {
  private let start = Date(timeIntervalSince1970: 1_795_230_000)

  private func note(_ message: String, object: ObjectReference = policy) -> EventNote {
    EventNote(object: object, type: .warning, reason: "Failed", message: message)
  }

  @Test func equalNotesAreCounted() {
    var correlator = EventCorrelator()
    #expect(correlator.correlate(note("a"), now: start) == .create(note("a")))
    correlator.created(note("a"), name: "e1", now: start)
    #expect(correlator.correlate(note("a"), now: start) == .count(note("a"), name: "e1", count: 2))
    #expect(correlator.correlate(note("a"), now: start) == .count(note("a"), name: "e1", count: 3))
    #expect(correlator.correlate(note("b"), now: start) == .create(note("b")))
  }

  @Test func oldNotesAreNewAgain() {
    var correlator = EventCorrelator()
    correlator.created(note("a"), name: "e1", now: start)
    #expect(correlator.correlate(note("a"), now: start + 601) == .create(note("a")))
  }

  @Test func notesThatDifferInTheirMessageAreCombined() {
    var correlator = EventCorrelator()
    for number in 0..<10 {
      let note = note("m\(number)")
      #expect(correlator.correlate(note, now: start) == .create(note))
      correlator.created(note, name: "e\(number)", now: start)
    }
    let combined = note("(combined from similar events): m10")
    #expect(correlator.correlate(note("m10"), now: start) == .create(combined))
    correlator.created(combined, name: "all", now: start)
    #expect(
      correlator.correlate(note("m11"), now: start)
        == .count(note("(combined from similar events): m11"), name: "all", count: 2))
    // One that has an Event of its own is still counted there.
    #expect(correlator.correlate(note("m3"), now: start) == .count(note("m3"), name: "e3", count: 2))
  }

  @Test func anObjectThatTalksTooMuchIsCutOffAlone() {
    var correlator = EventCorrelator()
    correlator.created(note("a"), name: "e", now: start)
    var sent = 0
    for second in 0..<100 where correlator.correlate(note("a"), now: start + Double(second)) != .drop { sent += 1 }
    #expect(sent == 25)
    var other = policy
    other.name = "q"
    #expect(correlator.correlate(note("a", object: other), now: start + 100) != .drop)
    // One more in five minutes.
    #expect(correlator.correlate(note("a"), now: start + 410) != .drop)
    #expect(correlator.correlate(note("a"), now: start + 410) == .drop)
  }

  @Test func memoryIsBounded() {
    var correlator = EventCorrelator()
    for number in 0..<10_000 {
      var object = policy
      object.uid = "u\(number)"
      let note = note("a", object: object)
      let now = start + Double(number)
      #expect(correlator.correlate(note, now: now) == .create(note))
      correlator.created(note, name: "e", now: now)
    }
    #expect(correlator.rememberedCount <= 3 * 4_096)
  }
}

struct EventRecorderTests {
  let api = InMemoryAPI()
  let wall = ManualWall()

  private func recorder() -> EventRecorder {
    EventRecorder(api.client, component: "tester", instance: "host", logger: quiet, wallClock: { wall.now })
  }

  private var events: [JSONValue] { api.objects(Event.resource) }

  @Test func repeatedNotesRaiseTheCountOfOneEvent() async throws {
    let recorder = recorder()
    try await beside([recorder.run]) {
      for _ in 0..<4 { recorder.record(.warning, reason: "Failed", message: "no bucket", about: policy) }
      try await eventually { events.first?["count"] == 4 }
      #expect(events.count == 1)
      let event = try Event(json: #require(events.first))
      #expect(event.type == "Warning" && event.message == "no bucket" && event.metadata.namespace == "n")
      #expect(event.involvedObject == policy && event.source?.component == "tester")
    }
  }

  @Test func anEventThatExpiredIsMadeAgain() async throws {
    let recorder = recorder()
    try await beside([recorder.run]) {
      recorder.record(.normal, reason: "Done", message: "m", about: policy)
      try await eventually { events.count == 1 }
      try api.remove(Event.resource, #require(events.first).key)
      wall.advance(by: 1)
      recorder.record(.normal, reason: "Done", message: "m", about: policy)
      try await eventually { events.first?["count"] == 1 }
    }
  }

  @Test func aFailingServerStopsNothing() async throws {
    let recorder = recorder()
    api.onRequest { _ in .status(500) }
    try await beside([recorder.run]) {
      recorder.record(.normal, reason: "Lost", message: "m", about: policy)
      try await eventually { api.requests.count == 1 }
      api.clearFaults()
      recorder.record(.normal, reason: "Kept", message: "m", about: policy)
      try await eventually { events.map { $0["reason"] } == ["Kept"] }
    }
  }

  @Test func shutdownSendsWhatIsBuffered() async throws {
    let recorder = recorder()
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(services: [.init(service: recorder)], logger: quiet))
    for number in 0..<5 { recorder.record(.normal, reason: "R\(number)", message: "m", about: policy) }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      try await eventually { !api.requests.isEmpty }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
    #expect(events.count == 5)
    recorder.record(.normal, reason: "Late", message: "does no harm", about: policy)
  }

  @Test func longMessagesAreCutAndClusterObjectsGoToDefault() async throws {
    let recorder = recorder()
    let object = ObjectReference(apiVersion: "v1", kind: "Namespace", name: "x")
    try await beside([recorder.run]) {
      recorder.record(.normal, reason: "R", message: String(repeating: "ä", count: 2_000), about: object)
      try await eventually { events.count == 1 }
      let event = try #require(events.first)
      #expect(event.namespace == "default")
      #expect(try #require(event["message"]?.stringValue).utf8.count <= 1_024)
    }
  }

  @Test func namesStayValid() {
    let name = EventRecorder.name(object: String(repeating: "a", count: 240) + "...." + "b", suffix: "0123456789abc")
    #expect(name == String(repeating: "a", count: 239) + ".0123456789abc")
    #expect(name.count <= 253)
  }
}
