/// How big one backup is, for comparing it with others of its policy.
public struct SizeRecord: Sendable, Hashable {
  /// A source that kept its name and became another kind is another source.
  public struct Source: Sendable, Hashable {
    public var name: String
    public var kind: String

    public init(name: String, kind: String) {
      self.name = name
      self.kind = kind
    }
  }

  public var id: BackupID
  /// Bytes that each source gave, before compression and encryption: these hide, or feign, a change.
  public var sizes: [Source: Int64]
  /// The run that made it found it suspicious.
  public var isMarked: Bool

  public init(id: BackupID, sizes: [Source: Int64], isMarked: Bool = false) {
    self.id = id
    self.sizes = sizes
    self.isMarked = isMarked
  }

  public init(_ manifest: Manifest) {
    let sizes = manifest.artifacts.map { (Source(name: $0.source, kind: $0.kind), $0.plainSize) }
    self.init(
      id: manifest.id, sizes: Dictionary(sizes) { SizeRule.sum($0, $1) }, isMarked: manifest.anomaly != nil)
  }

  var total: Int64 { sizes.values.reduce(0) { SizeRule.sum($0, $1) } }
}

/// Which backups are suspiciously small: pure arithmetic over sizes. `docs/retention.md` says the same for people.
///
/// A backup is compared with the last ``window`` ones before it that are not suspicious themselves, each source with the same
/// source and all of them together; with fewer than ``minimum`` nothing is said. What a person has accepted begins anew: only it and
/// what came after it is compared with, and it alone while these are fewer than ``minimum``.
public struct SizeRule: Sendable, Hashable {
  public static let window = 10
  public static let minimum = 3

  /// Below this part of the median a size is suspicious; zero for never.
  public var minRatio: Double
  /// Backups whose size a person has accepted.
  public var accepted: Set<BackupID>

  public init(minRatio: Double, accepted: Set<BackupID> = []) {
    self.minRatio = minRatio
    self.accepted = accepted
  }

  /// - Parameter others: Backups of the same policy; those that are not older do not matter.
  /// - Returns: nil where it is as big as it should be, or nobody can tell.
  public func judge(_ record: SizeRecord, among others: [SizeRecord]) -> Manifest.Anomaly? {
    guard minRatio > 0 else { return nil }
    let since = accepted.filter { $0 < record.id }.max()
    let suspicious = suspicious(among: others)
    let earlier = others.filter { other in
      other.id < record.id && since.map { other.id >= $0 } ?? true && !suspicious.contains(other.id)
    }.sorted { $0.id > $1.id }
    let level = since.flatMap { id in others.first { $0.id == id } }
    let single = record.sizes.compactMap { source, size in
      anomaly(size, earlier.compactMap { $0.sizes[source] }, accepted: level?.sizes[source], source: source.name)
    }.min { ($0.share, $0.source ?? "") < ($1.share, $1.source ?? "") }
    // A source that was added or taken out is no shrinking of the others.
    let sources = Set(record.sizes.keys)
    let isAlike = { (other: SizeRecord) in Set(other.sizes.keys) == sources }
    return single
      ?? anomaly(
        record.total, earlier.filter(isAlike).map(\.total), accepted: level.flatMap { isAlike($0) ? $0.total : nil },
        source: nil)
  }

  /// Those whose mark stands: no person has accepted it, a newer one, or one before it that is not much bigger.
  public func suspicious(among records: [SizeRecord]) -> Set<BackupID> {
    guard minRatio > 0 else { return [] }
    let marked = records.filter(\.isMarked)
    guard !marked.isEmpty else { return [] }
    let newest = accepted.max()
    let level = newest.flatMap { id in records.first { $0.id == id } }
    return Set(
      marked.filter { record in
        guard let newest else { return true }
        guard record.id > newest else { return false }
        return level.map { isSmall(record, besides: $0) } ?? true
      }.map(\.id))
  }

  private func isSmall(_ record: SizeRecord, besides level: SizeRecord) -> Bool {
    let sources = record.sizes.contains { source, size in
      level.sizes[source].map { isBelow(size, $0) } ?? false
    }
    return sources || (Set(record.sizes.keys) == Set(level.sizes.keys) && isBelow(record.total, level.total))
  }

  private func isBelow(_ size: Int64, _ other: Int64) -> Bool { Double(size) < minRatio * Double(other) }

  /// - Parameters:
  ///   - earlier: Newest first.
  ///   - accepted: What a person has called right: it needs no others beside it.
  private func anomaly(_ size: Int64, _ earlier: [Int64], accepted: Int64?, source: String?) -> Manifest.Anomaly? {
    var last = earlier.prefix(Self.window).sorted()
    if last.count < Self.minimum {
      guard let accepted else { return nil }
      last = [accepted]
    }
    let middle = last.count / 2
    let median =
      last.count % 2 == 1 ? last[middle] : last[middle - 1] + (last[middle] - last[middle - 1]) / 2
    guard isBelow(size, median) else { return nil }
    return Manifest.Anomaly(source: source, size: size, median: median, compared: last.count, minRatio: minRatio)
  }

  static func sum(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }
}
