/// The probes of a check, arranged for what a page scan asks: is this name one that some path holds?
struct ProbeIndex: Sendable {
  /// A set of probes, one bit for each.
  typealias Mask = UInt64
  static let maximumProbes = 64
  private static let maximumCandidates = 64

  let probes: [BoltProbe]
  /// Names by their length; a name's number is its place in `names` plus one.
  private var byLength: [[(name: [UInt8], number: UInt8)]] = []
  private var namesCount = 0
  /// For each depth and name number: the probes whose path goes on with that name, or with any.
  private var steps: [[Mask]] = []
  /// For each name number: the probes whose path ends with that name, or with any.
  private var ends: [Mask] = []
  /// The probes whose question is `count` of all entries, with any name at the end of the path.
  private(set) var counting: Mask = 0
  private(set) var lastKeys: Mask = 0
  private(set) var sampling: Mask = 0
  /// How many values are noted for each probe that samples, before it is known which of them are at its path.
  private(set) var candidateLimits: [Int?] = []
  /// Each probe's number of steps.
  let depths: [Int]

  /// The number of a name that no probe holds.
  static let other: UInt8 = 0

  init(_ all: [BoltProbe]) {
    probes = Array(all.prefix(Self.maximumProbes))
    depths = probes.map(\.path.count)
    for case .name(let name) in probes.flatMap(\.path) where number(of: name) == Self.other && namesCount < 254 {
      while byLength.count <= name.count { byLength.append([]) }
      namesCount += 1
      byLength[name.count].append((name, UInt8(namesCount)))
    }
    ends = Array(repeating: 0, count: namesCount + 1)
    for depth in 0..<(depths.max() ?? 0) {
      steps.append(
        (0...namesCount).map { number in
          mask { $0.path.count > depth && matches($0.path[depth], UInt8(number)) }
        })
    }
    for number in 0...namesCount {
      ends[number] = mask { probe in probe.path.last.map { matches($0, UInt8(number)) } ?? false }
    }
    counting = mask { $0.path.last == .any && $0.question == .count(equals: nil) }
    lastKeys = mask { $0.question == .lastKey }
    candidateLimits = probes.map { probe in
      guard case .samples(let limit) = probe.question else { return nil }
      return min(4 * limit, Self.maximumCandidates)
    }
    sampling = mask { if case .samples = $0.question { true } else { false } }
  }

  private func mask(_ condition: (BoltProbe) -> Bool) -> Mask {
    zip(0..., probes).reduce(0) { condition($1.1) ? $0 | (1 << Mask($1.0)) : $0 }
  }

  func matches(_ step: BoltProbe.Step, _ number: UInt8) -> Bool {
    switch step {
    case .any: true
    case .name(let name): number != Self.other && self.number(of: name) == number
    }
  }

  private func number(of name: [UInt8]) -> UInt8 {
    name.withUnsafeBytes { number(of: $0) }
  }

  func number(of name: UnsafeRawBufferPointer) -> UInt8 {
    guard name.count < byLength.count else { return Self.other }
    for candidate in byLength[name.count] where name.elementsEqual(candidate.name) { return candidate.number }
    return Self.other
  }

  var all: Mask { mask { _ in true } }

  /// The probes of `mask` that still hold when the path goes on with a name.
  func step(_ mask: Mask, depth: Int, _ number: UInt8) -> Mask {
    depth < steps.count ? mask & steps[depth][Int(number)] : 0
  }

  /// The probes that an entry with this name may answer, wherever it is: not those that only count a whole bucket.
  func ending(_ number: UInt8, isBucket: Bool) -> Mask {
    let mask = ends[Int(number)] & ~counting
    return isBucket ? mask : mask & ~lastKeys
  }

  /// How long a value may be that some probe of `mask` wants.
  func valueLimit(_ mask: Mask) -> Int {
    mask & sampling != 0 ? BoltProbe.maximumSampleSize : BoltProbe.maximumValueSize
  }

  func forEach(_ mask: Mask, _ body: (Int) -> Void) {
    var rest = mask
    while rest != 0 {
      body(rest.trailingZeroBitCount)
      rest &= rest - 1
    }
  }
}

/// An entry that may answer a probe, if its page turns out to be in a bucket at the right path.
struct ProbeMatch: Sendable {
  var record: UInt32
  var probe: UInt8
  /// In an inline bucket with a name of this number; nil directly on the page.
  var inlineName: UInt8?
  var count: UInt32 = 1
  var bytes: [UInt8]?

  /// For the accounting of memory.
  static let cost = 64
}
