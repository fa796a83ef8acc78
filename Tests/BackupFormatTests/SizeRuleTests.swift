import Foundation
import Testing

@testable import BackupFormat

/// Promise 6: a loss that nobody has noticed does not take the good backups along.
struct SizeRuleTests {
  private static func id(_ day: Int) -> BackupID { RetentionDecisionTests.id(daysAgo: Double(100 - day)) }

  private static func record(_ day: Int, _ sizes: [String: Int64], isMarked: Bool = false) -> SizeRecord {
    SizeRecord(
      id: id(day), sizes: Dictionary(uniqueKeysWithValues: sizes.map { (.init(name: $0, kind: "k"), $1) }),
      isMarked: isMarked)
  }

  private static func daily(_ sizes: [Int64]) -> [SizeRecord] {
    sizes.enumerated().map { record($0.offset, ["db": $0.element]) }
  }

  private let half = SizeRule(minRatio: 0.5)

  @Test func halfOfTheMedianIsWhereItBegins() {
    let others = Self.daily([100, 90, 110, 100])
    #expect(half.judge(Self.record(9, ["db": 50]), among: others) == nil)
    #expect(
      half.judge(Self.record(9, ["db": 49]), among: others)
        == Manifest.Anomaly(source: "db", size: 49, median: 100, compared: 4, minRatio: 0.5))
    #expect(SizeRule(minRatio: 0).judge(Self.record(9, ["db": 0]), among: others) == nil, "off")
    #expect(SizeRule(minRatio: 0.1).judge(Self.record(9, ["db": 49]), among: others) == nil)
    #expect(half.judge(Self.record(9, ["db": 400]), among: others) == nil, "growth is none")
  }

  @Test func fewerThanThreeTellNothing() {
    #expect(half.judge(Self.record(9, ["db": 1]), among: Self.daily([100, 100])) == nil)
    #expect(half.judge(Self.record(9, ["db": 1]), among: Self.daily([100, 100, 100])) != nil)
    #expect(half.judge(Self.record(9, ["db": 0]), among: Self.daily([0, 0, 0])) == nil, "nothing of nothing")
  }

  @Test func onlyTheLastTenBeforeItCount() {
    let grown = Self.daily([1, 1, 1, 1, 1, 1] + Array(repeating: 100, count: 10))
    #expect(half.judge(Self.record(20, ["db": 40]), among: grown)?.median == 100)
    #expect(half.judge(Self.record(20, ["db": 40]), among: grown)?.compared == 10)
    #expect(half.judge(Self.record(2, ["db": 1]), among: grown) == nil, "what is newer does not matter")
  }

  @Test func aSourceThatShrankBesideABigOneIsSeen() {
    let others = (0..<4).map { Self.record($0, ["big": 1_000_000, "pki": 40]) }
    let found = half.judge(Self.record(9, ["big": 1_000_000, "pki": 1]), among: others)
    #expect(found?.source == "pki" && found?.size == 1 && found?.median == 40)
    // Several that each shrank a little less than that.
    let mixed = [["a": 100, "b": 100], ["a": 10, "b": 200], ["a": 200, "b": 10]].enumerated().map {
      Self.record($0.offset, $0.element.mapValues(Int64.init))
    }
    let total = half.judge(Self.record(9, ["a": 50, "b": 50]), among: mixed)
    #expect(total == Manifest.Anomaly(source: nil, size: 100, median: 210, compared: 3, minRatio: 0.5))
    #expect(half.judge(Self.record(9, ["a": 55, "b": 55]), among: mixed) == nil)
  }

  @Test func sourcesThatComeAndGoAreNoShrinking() {
    let others = (0..<4).map { Self.record($0, ["db": 100, "pki": 40]) }
    #expect(half.judge(Self.record(9, ["pki": 40]), among: others) == nil, "db was taken out of the policy")
    #expect(half.judge(Self.record(9, ["db": 100, "pki": 40, "new": 1]), among: others) == nil)
    let otherKind = SizeRecord(id: Self.id(9), sizes: [.init(name: "db", kind: "other"): 1])
    #expect(half.judge(otherKind, among: others) == nil)
  }

  @Test func suspiciousOnesAreNotComparedWith() {
    let small = (10..<30).map { Self.record($0, ["db": 5], isMarked: true) }
    let others = Self.daily([100, 100, 100]) + small
    #expect(half.judge(Self.record(40, ["db": 5]), among: others)?.median == 100, "twenty in a row change nothing")
    #expect(half.suspicious(among: others) == Set(small.map(\.id)))
  }

  @Test func anAcceptedSizeBeginsAnew() {
    let small = (10..<14).map { Self.record($0, ["db": 5], isMarked: true) }
    let others = Self.daily([100, 100, 100]) + small
    // The first one: those after it are as big as it is.
    var rule = SizeRule(minRatio: 0.5, accepted: [Self.id(10)])
    #expect(rule.suspicious(among: others).isEmpty)
    #expect(rule.judge(Self.record(40, ["db": 5]), among: others) == nil)
    #expect(rule.judge(Self.record(40, ["db": 2]), among: others)?.median == 5)
    // The last one: those before it with it. It alone is compared with, since a person has looked at it.
    rule.accepted = [Self.id(13)]
    #expect(rule.suspicious(among: others).isEmpty)
    #expect(rule.judge(Self.record(40, ["db": 3]), among: others) == nil)
    #expect(
      rule.judge(Self.record(40, ["db": 1]), among: others)
        == Manifest.Anomaly(source: "db", size: 1, median: 5, compared: 1, minRatio: 0.5))
    #expect(rule.judge(Self.record(40, ["db": 5, "new": 0]), among: others) == nil, "of the new one nobody can tell")
    #expect(rule.judge(Self.record(40, ["db": 1]), among: others.filter { $0.id != Self.id(13) }) == nil)
    // A second fall is another matter.
    let fell = others + [Self.record(20, ["db": 1], isMarked: true)]
    #expect(rule.suspicious(among: fell) == [Self.id(20)])
    // Of one that is gone from the bucket, only the time is known.
    rule.accepted = [Self.id(12)]
    #expect(rule.suspicious(among: others.filter { $0.id != Self.id(12) }) == [Self.id(13)])
  }

  /// Emptied right after a person has accepted a size: none of the empty ones becomes what others are compared with.
  @Test func aLossRightAfterAnAcceptedSizeIsSeen() {
    let rule = SizeRule(minRatio: 0.5, accepted: [Self.id(5)])
    var records = Self.daily([300, 300, 300, 300, 300]) + [Self.record(5, ["db": 100], isMarked: true)]
    for day in 6..<12 {
      let found = rule.judge(Self.record(day, ["db": 0]), among: records)
      #expect(found == Manifest.Anomaly(source: "db", size: 0, median: 100, compared: 1, minRatio: 0.5))
      records.append(Self.record(day, ["db": 0], isMarked: found != nil))
    }
    #expect(rule.suspicious(among: records) == Set((6..<12).map(Self.id)))
    let level = Self.record(5, ["a": 100, "b": 100])
    #expect(rule.judge(Self.record(6, ["a": 49, "b": 100]), among: [level])?.source == "a")
    #expect(rule.judge(Self.record(6, ["a": 50, "b": 50]), among: [level]) == nil)
  }

  @Test func withTheRuleOffNoMarkStands() {
    #expect(SizeRule(minRatio: 0).suspicious(among: [Self.record(1, ["db": 1], isMarked: true)]).isEmpty)
  }

  @Test func hugeSizesDoNotOverflow() {
    let others = (0..<3).map { Self.record($0, ["a": .max, "b": .max]) }
    #expect(half.judge(Self.record(9, ["a": 1, "b": .max]), among: others)?.median == .max)
  }

  // MARK: Retention

  private static func candidates(_ letters: String) -> [RetentionCandidate] {
    letters.reversed().enumerated().map { day, letter in
      RetentionCandidate(id: RetentionDecisionTests.id(daysAgo: Double(day)), isSuspicious: letter == "s")
    }
  }

  /// Oldest first: `g` good, `s` suspicious, a dot where it went.
  private static func left(_ letters: String, maxCount: Int?, maxAgeDays: Int? = nil) -> String {
    let kept = RetentionDecisionTests.decide(candidates(letters), maxCount: maxCount, maxAgeDays: maxAgeDays).keep
    let ids = Set(kept.map(\.id))
    return String(
      letters.enumerated().map { index, letter in
        ids.contains(RetentionDecisionTests.id(daysAgo: Double(letters.count - 1 - index))) ? letter : "."
      })
  }

  @Test func severalSmallOnesInARowPushNoGoodOneOut() {
    #expect(Self.left("gggs", maxCount: 2) == "gggs")
    #expect(Self.left("gggssss", maxCount: 2) == "ggg..ss")
    #expect(Self.left("gggssss", maxCount: 2, maxAgeDays: 1) == "ggg..ss")
    #expect(Self.left("ggsgs", maxCount: 1) == "ggsgs", "what is before stays as it is")
  }

  @Test func aGoodOneAfterThemLetsGo() {
    #expect(Self.left("gggsg", maxCount: 2) == "..gsg", "they take no place")
    #expect(Self.left("gggsgg", maxCount: 2) == "....gg")
    #expect(Self.left("gsssg", maxCount: 2) == "g.ssg")
    #expect(Self.left("ggsg", maxCount: nil, maxAgeDays: 1) == "..sg")
  }

  @Test func whereAllAreSuspiciousTheRulesHoldForThem() {
    #expect(Self.left("ssss", maxCount: 2) == "..ss")
    #expect(Self.left("s", maxCount: 2, maxAgeDays: 1) == "s")
  }
}
