import Foundation
import StoreHTTP
import Synchronization
import Testing

@Suite struct ExpiringValueTests {
  private struct Down: Error {}

  private final class Service: Sendable {
    let state = Mutex((calls: 0, attempts: 0, isDown: false, now: Date(timeIntervalSince1970: 0)))
    var attempts: Int { state.withLock { $0.attempts } }

    func expiring(life: TimeInterval?) -> ExpiringValue<Int> {
      ExpiringValue(margin: .seconds(60), now: { self.state.withLock { $0.now } }) {
        await Task.yield()
        return try self.state.withLock { state in
          state.attempts += 1
          if state.isDown { throw Down() }
          state.calls += 1
          return (state.calls, life.map { state.now.addingTimeInterval($0) })
        }
      }
    }

    func advance(_ seconds: TimeInterval) { state.withLock { $0.now += seconds } }
    func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }
  }

  @Test func isFetchedOnceHoweverManyAsk() async throws {
    let service = Service()
    let value = service.expiring(life: 3600)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<50 { group.addTask { try await value.value() } }
      for try await one in group { #expect(one == 1) }
    }
  }

  @Test func isRenewedBeforeItEnds() async throws {
    let service = Service()
    let value = service.expiring(life: 3600)
    #expect(try await value.value() == 1)
    service.advance(3539)
    #expect(try await value.value() == 1)
    service.advance(2)
    #expect(try await value.value() == 2)
  }

  @Test func oldValueServesWhileTheServiceIsDownAndUntilItsEnd() async throws {
    let service = Service()
    let value = service.expiring(life: 3600)
    #expect(try await value.value() == 1)
    service.setDown(true)
    service.advance(3580)
    #expect(try await value.value() == 1)
    service.advance(30)
    await #expect(throws: Down.self) { try await value.value() }
    service.setDown(false)
    #expect(try await value.value() == 2)
  }

  /// Metadata services may give a value that has less time left than the margin.
  @Test func valueOfAShortLifeIsKeptForHalfOfIt() async throws {
    let service = Service()
    let value = service.expiring(life: 20)
    #expect(try await value.value() == 1)
    service.advance(9)
    #expect(try await value.value() == 1)
    service.advance(2)
    #expect(try await value.value() == 2)
  }

  /// Each of many requests would wait for the timeout otherwise.
  @Test func serviceThatIsDownIsLeftInPeaceForAWhile() async throws {
    let service = Service()
    let value = service.expiring(life: 3600)
    #expect(try await value.value() == 1)
    service.advance(3550)
    service.setDown(true)
    for _ in 0..<10 { #expect(try await value.value() == 1) }
    #expect(service.attempts == 2)
    service.advance(7)
    #expect(try await value.value() == 1)
    #expect(service.attempts == 3)
    service.setDown(false)
    service.advance(7)
    #expect(try await value.value() == 2)
  }

  @Test func onlyTheValueThatWasRefusedIsDropped() async throws {
    let service = Service()
    let value = service.expiring(life: 3600)
    #expect(try await value.value() == 1)
    await value.invalidate { $0 == 7 }
    #expect(try await value.value() == 1)
    await value.invalidate { $0 == 1 }
    #expect(try await value.value() == 2)
  }

  @Test func valueWithoutAnEndStaysUntilInvalidated() async throws {
    let service = Service()
    let value = service.expiring(life: nil)
    #expect(try await value.value() == 1)
    service.advance(1e9)
    #expect(try await value.value() == 1)
    await value.invalidate()
    #expect(try await value.value() == 2)
  }
}
