import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import Synchronization
import Testing

struct RetryingTransportTests {
  let api = InMemoryAPI()
  let clock = ManualClock()

  /// Without jitter and without waiting, except where a server asks for it.
  private func client(_ policy: RetryPolicy = RetryPolicy()) -> KubernetesClient {
    KubernetesClient(transport: RetryingTransport(api, policy: policy, clock: clock, random: { 0 }))
  }

  /// Lets the first `count` requests fail.
  private func fail(_ count: Int, with fault: InMemoryAPI.Fault) {
    let left = Counter(count)
    api.onRequest { _ in left.take() ? fault : nil }
  }

  @Test(arguments: [500, 502, 503, 504, 429])
  func readsAreRepeated(status: Int) async throws {
    try api.put(ConfigMap.resource, ["metadata": ["name": "a", "namespace": "default"]])
    fail(3, with: .status(status))
    _ = try await client().get(ConfigMap.self, name: "a")
    #expect(api.requests.count == 4)
  }

  @Test func createsAreRepeatedOnlyWhereNothingHappened() async throws {
    let object = ConfigMap(metadata: ObjectMeta(name: "a", namespace: "default"))
    fail(1, with: .status(429))
    try await client().create(object)
    #expect(api.requests.count == 2)
    fail(1, with: .status(500))
    await #expect(throws: KubernetesError.self) {
      try await client().create(ConfigMap(metadata: ObjectMeta(name: "b", namespace: "default")))
    }
    #expect(api.requests.count == 3)
  }

  @Test(arguments: [400, 401, 403, 404, 409, 422, 501])
  func finalAnswersStand(status: Int) async throws {
    fail(9, with: .status(status))
    await #expect(throws: KubernetesError.self) { try await client().get(ConfigMap.self, name: "a") }
    #expect(api.requests.count == 1)
  }

  @Test func attemptsAreLimited() async throws {
    fail(99, with: .status(503))
    let error = await #expect(throws: KubernetesError.self) { try await client().get(ConfigMap.self, name: "a") }
    #expect(error?.code == .serverError)
    #expect(api.requests.count == 5)
  }

  @Test func brokenConnectionsAreRepeatedForReads() async throws {
    fail(99, with: .connectionLost)
    let error = await #expect(throws: KubernetesError.self) { try await client().get(ConfigMap.self, name: "a") }
    #expect(error?.code == .connection)
    #expect(api.requests.count == 5)
  }

  @Test func serverDecidesHowLongToWait() async throws {
    try api.put(ConfigMap.resource, ["metadata": ["name": "a", "namespace": "default"]])
    fail(1, with: .status(429, headers: ["retry-after": "7"]))
    async let got = client().get(ConfigMap.self, name: "a")
    let waited = try await clock.advance(by: .seconds(1)) { api.requests.count == 2 }
    _ = try await got
    #expect(waited == .seconds(7))
  }

  @Test func aWaitBeyondTheDeadlineEndsTheCall() async throws {
    fail(9, with: .status(503, headers: ["retry-after": "60"]))
    let error = await #expect(throws: KubernetesError.self) { try await client().get(ConfigMap.self, name: "a") }
    #expect(error?.retryAfter == .seconds(60))
    #expect(api.requests.count == 1)
  }

  @Test func waitsGrowWithFullJitter() async throws {
    let transport = RetryingTransport(
      api, policy: RetryPolicy(baseDelay: .seconds(1), maxDelay: .seconds(3)), clock: clock, random: { 0.5 })
    fail(99, with: .status(503))
    async let result: Response = transport.send(.get(ConfigMap.resource, name: "a", namespace: "n"))
    var times: [Duration] = []
    for count in 2...5 {
      times.append(try await clock.advance(by: .milliseconds(100)) { api.requests.count == count })
    }
    _ = try await result
    #expect(times == [.milliseconds(500), .seconds(1), .milliseconds(1_500), .milliseconds(1_500)])
  }
}

/// Counts down.
final class Counter: Sendable {
  private let left: Mutex<Int>

  init(_ count: Int) { left = Mutex(count) }

  func take() -> Bool {
    left.withLock { left in
      left -= 1
      return left >= 0
    }
  }
}
