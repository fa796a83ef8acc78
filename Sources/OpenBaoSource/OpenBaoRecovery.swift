import Foundation
import SnapshotSource

/// Waits until a server serves again after a restore.
///
/// The server answers the restore before it applies it: it does so in the background, under a lock that each
/// authenticated request waits for. So health alone proves nothing; a request with a token has to come back too, whatever
/// it says of the token, which may not exist in the restored data.
struct OpenBaoRecovery {
  private enum Look {
    case serving(OpenBaoAnswer.Health)
    case sealed
    case notYet(String)
  }

  let client: OpenBaoClient

  func wait() async throws -> SnapshotFacts {
    let timeouts = client.endpoint.timeouts
    let clock = ContinuousClock()
    let start = clock.now
    var sealedSince: ContinuousClock.Instant?
    var servingLooks = 0
    var last = "nothing"
    while clock.now - start < timeouts.recovery {
      try await Task.sleep(for: timeouts.poll)
      switch await look() {
      case .serving(let health):
        sealedSince = nil
        servingLooks += 1
        // Twice, since the first look may have come before the restore took its lock.
        if servingLooks == 2 {
          let state = ["sealed": "false", "probeRead": "a request that reads the restored data is answered"]
          return SnapshotFacts(health.facts.merging(state) { _, new in new })
        }
      case .sealed:
        servingLooks = 0
        last = "it is sealed"
        let since = sealedSince ?? clock.now
        sealedSince = since
        if await !unsealsItself(), clock.now - since >= timeouts.unseal { throw Self.sealedError(client.endpoint) }
      case .notYet(let detail):
        servingLooks = 0
        last = detail
      }
    }
    if sealedSince != nil { throw Self.sealedError(client.endpoint) }
    throw SnapshotSourceError(
      .unreachable, operation: "wait after the restore",
      message: "the restore was accepted, and \(client.endpoint.address) did not serve again within "
        + "\(timeouts.recovery) (last: \(last)); look at its logs")
  }

  private func look() async -> Look {
    do {
      let (status, body) = try await client.call(.health)
      guard status == 200, let health = try? JSONDecoder().decode(OpenBaoAnswer.Health.self, from: body) else {
        return .notYet("status \(status)")
      }
      if health.sealed == true { return .sealed }
      let (answer, _) = try await client.call(.lookupSelf, token: "holdfast-is-anybody-there")
      // 403: the lock is free again and the server can tell that this is no token.
      return answer == 403 || answer == 200 ? .serving(health) : .notYet("status \(answer)")
    } catch {
      return .notYet("\(error)")
    }
  }

  private func unsealsItself() async -> Bool {
    guard let (status, body) = try? await client.call(.sealStatus), status == 200,
      let seal = try? JSONDecoder().decode(OpenBaoAnswer.SealStatus.self, from: body)
    else { return false }
    return seal.type.map { $0 != "shamir" } ?? false
  }

  private static func sealedError(_ endpoint: OpenBaoEndpoint) -> SnapshotSourceError {
    SnapshotSourceError(
      .failed, operation: "wait after the restore",
      message: "the restore was accepted, and \(endpoint.address) is sealed now: unseal it with the unseal keys of the "
        + "cluster that the snapshot came from")
  }
}
