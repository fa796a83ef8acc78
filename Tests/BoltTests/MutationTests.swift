import Testing

@testable import Bolt

/// Hostile bytes: every input ends in a verdict, and a sound one can be read to its end.
@Suite struct MutationTests {
  static let inputs: [(name: String, rounds: Int)] = [
    ("bbolt/empty.db", 600), ("openziti/not-ziti.db", 1500), ("bbolt/page-512.db", 300), ("bbolt/page-1024.db", 300),
    ("bbolt/page-4096.db", 200), ("bbolt/no-freelist.db", 200), ("openziti/ctrl-schema38.db", 400),
  ]

  @Test(arguments: inputs.indices)
  func mutatedDatabaseGetsAVerdict(_ index: Int) throws {
    let (name, rounds) = Self.inputs[index]
    let original = try Fixture.bytes(name)
    var generator = SeededGenerator(seed: UInt64(index) + 1)
    var unsound = 0
    for _ in 0..<rounds {
      let bytes = Mutation.apply(to: original, &generator)
      let report = check(bytes, pieces: Int.random(in: 500...100_000, using: &generator))
      switch report.verdict {
      case .sound: try readAll(bytes)
      case .unsound, .undecided:
        unsound += 1
        #expect(!report.problems.isEmpty)
        // May throw, must end.
        try? readAll(bytes)
      }
    }
    #expect(unsound > rounds / 10)
  }

  @Test func fileCheckAgreesWithTheStream() throws {
    let original = try Fixture.bytes("openziti/not-ziti.db")
    var generator = SeededGenerator(seed: 99)
    for _ in 0..<200 {
      let bytes = Mutation.apply(to: original, &generator)
      #expect(try BoltDatabase.check(BoltMemoryBytes(bytes)).problems == check(bytes).problems)
    }
  }

  @Test func bytesThatAreNoDatabaseGetAVerdict() {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<300 {
      let size = Int.random(in: 0...9000, using: &generator)
      let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(check(bytes, pieces: 777).verdict == .unsound)
    }
  }

  private func readAll(_ bytes: [UInt8]) throws {
    let database = try BoltDatabase(BoltMemoryBytes(bytes))
    var left = 200_000
    try read(database.root, depth: 0, &left)
  }

  private func read(_ bucket: BoltBucket, depth: Int, _ left: inout Int) throws {
    // Buckets of a damaged file may lead round in a circle.
    guard depth < 20 else { return }
    var cursor = try bucket.entries()
    while left > 0, let entry = try cursor.next() {
      left -= 1
      if let nested = entry.bucket { try read(nested, depth: depth + 1, &left) }
    }
  }
}

/// A few changes at once, mostly where structure is: page headers, elements, meta pages with a right checksum.
enum Mutation {
  static func apply(to original: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...3, using: &generator) { change(&bytes, &generator) }
    if Int.random(in: 0..<4, using: &generator) != 0 { repairMetas(&bytes) }
    return bytes
  }

  private static func change(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    guard bytes.count > 600 else { return }
    let pageSize = [512, 1024, 4096].randomElement(using: &generator) ?? 512
    let page = Int.random(in: 0..<max(1, bytes.count / pageSize), using: &generator)
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
    case 2:
      let other = Int.random(in: 0..<max(1, bytes.count / pageSize), using: &generator)
      for index in 0..<min(pageSize, bytes.count - max(page, other) * pageSize) {
        bytes[page * pageSize + index] = bytes[other * pageSize + index]
      }
    case 3: fill(&bytes, page * pageSize, pageSize, 0)
    case 4, 5, 6:
      // A field in a page's header or its first elements.
      let offset = page * pageSize + Int.random(in: 0..<80, using: &generator)
      set(&bytes, offset, &generator)
    case 7:
      // A field of a meta page.
      let meta = Int.random(in: 0..<2, using: &generator) * pageSize
      set(&bytes, meta + 16 + Int.random(in: 0..<56, using: &generator), &generator)
    default:
      let offset = page * pageSize + 16 + 16 * Int.random(in: 0..<20, using: &generator)
      set(&bytes, offset + Int.random(in: 0..<16, using: &generator), &generator)
    }
  }

  private static func fill(_ bytes: inout [UInt8], _ start: Int, _ count: Int, _ value: UInt8) {
    for index in start..<min(bytes.count, start + count) { bytes[index] = value }
  }

  /// Small numbers and the largest ones are the likely ones to break something.
  private static func set(_ bytes: inout [UInt8], _ offset: Int, _ generator: inout SeededGenerator) {
    guard offset < bytes.count else { return }
    let values: [UInt8] = [0, 1, 2, 3, 4, 0x10, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &generator)]
    for index in offset..<min(bytes.count, offset + [1, 1, 2, 4].randomElement(using: &generator)!) {
      bytes[index] = values.randomElement(using: &generator)!
    }
  }

  /// With checksums that match, so that the check goes beyond the meta pages.
  private static func repairMetas(_ bytes: inout [UInt8]) {
    for pageSize in [0, 512, 1024, 4096] where pageSize + 80 <= bytes.count {
      let hasMagic = bytes.withUnsafeBytes {
        $0.littleEndian(at: pageSize + 16, as: UInt32.self) == BoltFormat.magic
      }
      guard hasMagic else { continue }
      let hash = bytes.withUnsafeBytes { FNV.hash($0.slice(pageSize + 16, 56)) }
      withUnsafeBytes(of: hash.littleEndian) {
        bytes.replaceSubrange((pageSize + 72)..<(pageSize + 80), with: $0)
      }
    }
  }
}
