public import Foundation

/// Which backups of one policy stay and which go: pure arithmetic over ids, dates and protections. `docs/retention.md`
/// says the same for people.
///
/// Never deleted: the newest readable backup; one in `protected` (a running restore uses it) or held; one under object
/// lock; one whose manifest cannot be read; one dated in the future.
///
/// What takes up a place of `maxCount`: everything but what is set aside on purpose (held, protected) and what is not
/// understood (unreadable, dated in the future). With `maxCount: 7` and one held backup a person expects seven others.
/// A locked backup does take up a place: the lock postpones its deletion, it is not a second set of backups.
///
/// A backup dated more than ``futureTolerance`` ahead was made by a clock that was wrong. Were it counted, it would be
/// "the newest" until that date comes and push good backups out; so it stays, takes no place, and is the newest good one
/// only where there is no other. If instead `now` is wrong and behind, every backup looks like that, and nothing goes.
///
/// A suspicious backup may be what is left of a loss, so that it never costs one that is not: it takes a place only among its
/// own kind. While the newest backup is suspicious, the newest one that is not and all before it stay, whatever the rules say;
/// of the suspicious ones since then the rules keep as many as of any. Where a newer one is as big as it should be, a suspicious one
/// goes when there are `maxCount` newer ones that are not suspicious, or by its age.
public struct RetentionDecision: Sendable, Hashable {
  public enum KeepReason: String, Sendable, Hashable, CaseIterable {
    case newestGood, inUse, held, locked, unreadable, futureDated
    /// The newest backup is suspicious, and this one is from before that.
    case beforeSuspicious
    /// Neither rule speaks against it.
    case withinRules
  }

  public enum DeleteReason: String, Sendable, Hashable, CaseIterable {
    /// There are `maxCount` newer ones.
    case maxCount
    /// Older than `maxAge`.
    case maxAge
  }

  public struct Kept: Sendable, Hashable {
    public var id: BackupID
    public var reason: KeepReason
  }

  public struct Deleted: Sendable, Hashable {
    public var id: BackupID
    public var reason: DeleteReason
  }

  /// Newest first.
  public var keep: [Kept]
  /// Oldest first: the order to delete in, so that a deletion that breaks off leaves the newer ones.
  public var delete: [Deleted]

  /// How far ahead of `now` an id may be dated before its clock counts as wrong.
  public static let futureTolerance: Duration = .seconds(3_600)

  /// - Parameters:
  ///   - candidates: All backups of the policy, the one just made too; the order does not matter. Where an id comes
  ///     twice, the stronger protection counts.
  ///   - protected: Ids that a running restore uses.
  public static func decide(
    candidates: [RetentionCandidate], rules: RetentionRules, now: Date, protected: Set<BackupID> = []
  ) -> RetentionDecision {
    let sorted = merged(candidates).sorted { $0.id > $1.id }
    let horizon = now.addingTimeInterval(futureTolerance.seconds)
    let readable = sorted.filter(\.isReadable)
    let newest = readable.first { $0.id.date <= horizon } ?? readable.first
    let newestGood = newest?.id
    // What is this old, or older, waits until somebody has looked at what came after it.
    let frozen =
      newest?.isSuspicious == true ? readable.first { $0.id.date <= horizon && !$0.isSuspicious }?.id : nil
    var decision = RetentionDecision(keep: [], delete: [])
    var places = Places()
    for candidate in sorted {
      if let reason = exemption(of: candidate, horizon, protected) {
        decision.keep.append(Kept(id: candidate.id, reason: candidate.id == newestGood ? .newestGood : reason))
        continue
      }
      let place = places.take(candidate)
      guard let reason = expiry(of: candidate.id, place: place, rules, now) else {
        decision.keep.append(Kept(id: candidate.id, reason: candidate.id == newestGood ? .newestGood : .withinRules))
        continue
      }
      if candidate.id == newestGood {
        decision.keep.append(Kept(id: candidate.id, reason: .newestGood))
      } else if let frozen, candidate.id <= frozen {
        decision.keep.append(Kept(id: candidate.id, reason: .beforeSuspicious))
      } else if let lockedUntil = candidate.lockedUntil, lockedUntil > now {
        decision.keep.append(Kept(id: candidate.id, reason: .locked))
      } else {
        decision.delete.append(Deleted(id: candidate.id, reason: reason))
      }
    }
    decision.delete.reverse()
    return decision
  }

  /// Suspicious backups take places of their own.
  private struct Places {
    var good = 0
    var suspicious = 0

    /// - Returns: The place by which the candidate is judged, from 1.
    mutating func take(_ candidate: RetentionCandidate) -> Int {
      guard candidate.isSuspicious else {
        good += 1
        return good
      }
      suspicious += 1
      // Behind as many good ones as the rules keep, or as many of its own kind, it is of no use.
      return max(suspicious, good + 1)
    }
  }

  /// Why a candidate stays and takes no place, or nil.
  private static func exemption(
    of candidate: RetentionCandidate, _ horizon: Date, _ protected: Set<BackupID>
  ) -> KeepReason? {
    if !candidate.isReadable { return .unreadable }
    if protected.contains(candidate.id) { return .inUse }
    if candidate.isHeld { return .held }
    return candidate.id.date > horizon ? .futureDated : nil
  }

  private static func expiry(of id: BackupID, place: Int, _ rules: RetentionRules, _ now: Date) -> DeleteReason? {
    if let maxCount = rules.maxCount, place > max(1, maxCount) { return .maxCount }
    if let maxAge = rules.maxAge, now.timeIntervalSince(id.date) > maxAge.seconds { return .maxAge }
    return nil
  }

  private static func merged(_ candidates: [RetentionCandidate]) -> [RetentionCandidate] {
    Array(
      Dictionary(candidates.map { ($0.id, $0) }) { first, second in
        RetentionCandidate(
          id: first.id, isReadable: first.isReadable && second.isReadable, isHeld: first.isHeld || second.isHeld,
          lockedUntil: [first.lockedUntil, second.lockedUntil].compactMap(\.self).max(),
          isSuspicious: first.isSuspicious && second.isSuspicious)
      }.values)
  }
}

extension Duration {
  fileprivate var seconds: TimeInterval {
    TimeInterval(components.seconds) + TimeInterval(components.attoseconds) / 1e18
  }
}
