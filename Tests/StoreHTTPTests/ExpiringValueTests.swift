import Foundation
import StoreHTTP
import Synchronization
import Testing

@Suite struct ExpiringValueTests {
  private struct Down: Error {}

  private final class Service: Sendable {
    let state = Mutex((calls: 0, isDown: false, now: Date(timeIntervalSince1970: 0)))

    func expiring(life: TimeInterval?) -> ExpiringValue<Int> {
      ExpiringValue(margin: .seconds(60), now: { self.state.withLock { $0.now } }) {
        await Task.yield()
        return try self.state.withLock { state in
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
