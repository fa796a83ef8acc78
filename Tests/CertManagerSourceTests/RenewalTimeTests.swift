import Foundation
import Testing

@testable import CertManagerSource

/// When cert-manager renews.
@Suite struct RenewalTimeTests {
  private let start = Date(timeIntervalSince1970: 1_700_000_000)

  @Test(
    arguments: [
      (90 * 24, nil, 60 * 24), (90 * 24, "720h0m0s", 60 * 24), (90 * 24, "240h", 80 * 24), (3, "1h30m", 1.5),
      // Not below the life: a third is taken.
      (24, "24h", 16), (24, "48h0m0s", 16), (24, "0s", 16), (24, "soon", 16),
    ] as [(Double, String?, Double)])
  func isTwoThirdsOfTheLifeOrAsAsked(_ hours: Double, _ renewBefore: String?, _ expected: Double) {
    let renewal = RenewalTime.of(
      notBefore: start, notAfter: start.addingTimeInterval(hours * 3600), renewBefore: renewBefore)
    #expect(renewal == start.addingTimeInterval(expected * 3600))
  }

  @Test func aPercentageOfTheLifeIsTakenToo() {
    let renewal = RenewalTime.of(
      notBefore: start, notAfter: start.addingTimeInterval(100 * 3600), renewBefore: nil, renewBeforePercentage: 25)
    #expect(renewal == start.addingTimeInterval(75 * 3600))
  }
}
