import Foundation
import Testing

@testable import BackupFormat

/// Promise 6: retention keeps what matters.
struct RetentionDecisionTests {
  static let now = Date(timeIntervalSince1970: 1_795_230_000)
  static let day: TimeInterval = 86_400

  static func id(daysAgo days: Double, _ suffix: String = "aaaaaa") -> BackupID {
    var generator = SeededGenerator(seed: 1)
    let stamp = BackupID(date: now.addingTimeInterval(-days * day), using: &generator).rawValue.prefix(17)
    return BackupID(stamp + suffix)!
  }

  static func decide(
    _ candidates: [RetentionCandidate], maxCount: Int? = nil, maxAgeDays: Int? = nil, protected: Set<BackupID> = []
  ) -> RetentionDecision {
    RetentionDecision.decide(
      candidates: candidates,
      rules: RetentionRules(maxCount: maxCount, maxAge: maxAgeDays.map { .seconds($0 * 86_400) }), now: now,
      protected: protected)
  }

  static func daily(_ count: Int) -> [RetentionCandidate] {
    (0..<count).map { RetentionCandidate(id: id(daysAgo: Double($0))) }
  }

  @Test func countKeepsTheNewest() {
    let decision = Self.decide(Self.daily(5), maxCount: 2)
    #expect(decision.keep.map(\.id) == [Self.id(daysAgo: 0), Self.id(daysAgo: 1)])
    #expect(decision.delete.map(\.id) == [4, 3, 2].map { Self.id(daysAgo: $0) }, "oldest first")
    #expect(decision.delete.allSatisfy { $0.reason == .maxCount })
  }

  @Test func ageIsExactToTheSecond() {
    let decision = Self.decide(
      [.init(id: Self.id(daysAgo: 0)), .init(id: Self.id(daysAgo: 7)), .init(id: Self.id(daysAgo: 7.01))], maxAgeDays: 7
    )
    #expect(decision.delete == [.init(id: Self.id(daysAgo: 7.01), reason: .maxAge)])
  }

  @Test func eitherRuleMayDelete() {
    let decision = Self.decide(Self.daily(10), maxCount: 8, maxAgeDays: 3)
    #expect(decision.keep.count == 4)
    #expect(Set(decision.delete.map(\.reason)) == [.maxAge, .maxCount])
  }

  @Test func withoutRulesNothingGoes() { #expect(Self.decide(Self.daily(30)).delete.isEmpty) }

  @Test func theNewestGoodOneOutlivesItsAge() {
    let decision = Self.decide(
      [.init(id: Self.id(daysAgo: 400)), .init(id: Self.id(daysAgo: 300))], maxCount: 1, maxAgeDays: 1)
    #expect(decision.keep == [.init(id: Self.id(daysAgo: 300), reason: .newestGood)])
  }

  @Test func anUnreadableManifestIsNeitherTheNewestGoodOneNorDeleted() {
    let candidates = [RetentionCandidate(id: Self.id(daysAgo: 1), isReadable: false), .init(id: Self.id(daysAgo: 90))]
    let decision = Self.decide(candidates, maxCount: 1, maxAgeDays: 7)
    #expect(decision.delete.isEmpty)
    #expect(decision.keep.map(\.reason) == [.unreadable, .newestGood])
  }

  @Test func heldAndUsedBackupsStayAndTakeNoPlace() {
    var candidates = Self.daily(6)
    candidates[5].isHeld = true
    let decision = Self.decide(candidates, maxCount: 2, protected: [candidates[4].id, Self.id(daysAgo: 99)])
    #expect(decision.keep.map(\.reason) == [.newestGood, .withinRules, .inUse, .held])
    #expect(decision.delete.count == 2)
  }

  @Test func lockedBackupsStayAndTakeAPlace() {
    var candidates = Self.daily(5)
    for index in 0..<4 { candidates[index].lockedUntil = Self.now.addingTimeInterval(Self.day) }
    candidates[4].lockedUntil = Self.now
    let decision = Self.decide(candidates, maxCount: 2)
    #expect(decision.keep.map(\.reason) == [.newestGood, .withinRules, .locked, .locked])
    #expect(decision.delete.map(\.id) == [candidates[4].id], "an expired lock protects no longer")
  }

  @Test func futureDatedBackupsPushNothingOut() {
    let future = (1...3).map { RetentionCandidate(id: Self.id(daysAgo: -Double($0) * 3_650)) }
    let decision = Self.decide(future + Self.daily(3), maxCount: 2, maxAgeDays: 30)
    #expect(decision.delete.map(\.id) == [Self.id(daysAgo: 2)])
    #expect(decision.keep.first { $0.reason == .newestGood }?.id == Self.id(daysAgo: 0))
    // A clock that is behind sees only such ids, and deletes nothing.
    #expect(Self.decide(future, maxCount: 1, maxAgeDays: 1).delete.isEmpty)
  }

  @Test func holdsForRandomBuckets() {
    var generator = SeededGenerator(seed: 42)
    for round in 0..<2_000 {
      let candidates = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
        RetentionCandidate(
          id: BackupID(
            date: Self.now.addingTimeInterval(Double.random(in: -30...3, using: &generator) * Self.day),
            using: &generator),
          isReadable: Int.random(in: 0..<8, using: &generator) > 0,
          isHeld: Int.random(in: 0..<8, using: &generator) == 0,
          lockedUntil: Int.random(in: 0..<4, using: &generator) == 0
            ? Self.now.addingTimeInterval(Double.random(in: -2...2, using: &generator) * Self.day) : nil,
          isSuspicious: round % 2 == 0 && Int.random(in: 0..<3, using: &generator) == 0)
      }
      let foreign = BackupID(date: Self.now.addingTimeInterval(-99 * Self.day), using: &generator)
      let protected = Set(
        candidates.filter { _ in Int.random(in: 0..<6, using: &generator) == 0 }.map(\.id) + [foreign])
      let maxCount = Bool.random(using: &generator) ? Int.random(in: -1...6, using: &generator) : nil
      let maxAge = Bool.random(using: &generator) ? Int.random(in: 0...20, using: &generator) : nil
      let decision = Self.decide(candidates, maxCount: maxCount, maxAgeDays: maxAge, protected: protected)
      let deleted = Set(decision.delete.map(\.id))

      // Every candidate gets one verdict, and nothing else gets any.
      #expect(deleted.union(decision.keep.map(\.id)) == Set(candidates.map(\.id)), "round \(round)")
      #expect(decision.keep.count + decision.delete.count == candidates.count)
      #expect(!deleted.contains(foreign) && deleted.isDisjoint(with: protected))
      let byID = Dictionary(candidates.map { ($0.id, $0) }) { first, _ in first }
      for id in deleted {
        #expect(byID[id]!.isReadable && !byID[id]!.isHeld && (byID[id]!.lockedUntil ?? .distantPast) <= Self.now)
      }
      let newest = candidates.filter { $0.isReadable && $0.id.date <= Self.now.addingTimeInterval(3_600) }.map(\.id)
        .max()
      if let newest { #expect(!deleted.contains(newest), "round \(round)") }
      // Whatever is suspicious: of the others none goes that would stay without it, and none while it is the newest.
      let usual = Self.decide(
        candidates.filter { !$0.isSuspicious }, maxCount: maxCount, maxAgeDays: maxAge, protected: protected)
      #expect(Set(usual.delete.map(\.id)).isSuperset(of: deleted.filter { !byID[$0]!.isSuspicious }), "round \(round)")
      if let newest, byID[newest]!.isSuspicious {
        #expect(deleted.allSatisfy { byID[$0]!.isSuspicious }, "round \(round)")
      }
      if candidates.contains(where: \.isReadable) { #expect(decision.keep.contains { byID[$0.id]!.isReadable }) }

      // Order does not matter, a second run finds nothing, and more places delete less.
      #expect(
        Self.decide(
          candidates.shuffled(using: &generator), maxCount: maxCount, maxAgeDays: maxAge, protected: protected)
          == decision)
      let left = candidates.filter { !deleted.contains($0.id) }
      #expect(
        Self.decide(left, maxCount: maxCount, maxAgeDays: maxAge, protected: protected).delete.isEmpty, "round \(round)"
      )
      if let maxCount {
        let more = Self.decide(candidates, maxCount: maxCount + 1, maxAgeDays: maxAge, protected: protected)
        #expect(deleted.isSuperset(of: more.delete.map(\.id)), "round \(round)")
      }
    }
  }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
