import Testing

@testable import Bolt

/// Probes are answered from the stream as a reader of the file would answer them.
@Suite struct ProbeTests {
  @Test(arguments: ["openziti/ctrl-schema44.db", "openziti/ctrl-schema38.db", "openziti/ctrl-live-copy.db"])
  func answersAreThoseOfTheFile(_ name: String) throws {
    let database = try BoltDatabase(path: Fixture.path(name))
    let probes: [BoltProbe] = [
      .entries("ziti", "identities"), .count("ziti", "identities", "*", "isAdmin", equals: [1, 0]),
      .count("ziti", "identities", "*", "isAdmin", equals: [1, 1]), .count("ziti", "identities", "*", "*"),
      .lastKey("ziti", "identities"), .value("meta", "snapshotId"), .value("ziti", "versions", "edge"),
      .value("ziti", "metadata", "raftIndex"), .entries("ziti", "cas"), .count("ziti"), .count("absent"),
      .value("ziti", "identities"), .entries("ziti"), .count("*"),
    ]
    let report = check(try Fixture.bytes(name), probes: probes)

    var (identities, fields, admins, others) = (0, 0, 0, 0)
    var last: [UInt8] = []
    var cursor = try #require(try database.bucket("ziti", "identities")).entries()
    while let entry = try cursor.next() {
      identities += 1
      last = entry.key
      let identity = try #require(entry.bucket)
      var inner = try identity.entries()
      while try inner.next() != nil { fields += 1 }
      switch try identity.value("isAdmin") {
      case [1, 1]: admins += 1
      case [1, 0]: others += 1
      default: break
      }
    }
    #expect(identities > 10)
    #expect(report.count(probes[0]) == identities)
    #expect(report.count(probes[1]) == others)
    #expect(report.count(probes[2]) == admins)
    #expect(report.count(probes[3]) == fields)
    #expect(report.value(probes[4]) == last)
    #expect(try report.value(probes[5]) == database.bucket("meta")?.value("snapshotId"))
    #expect(try report.value(probes[6]) == database.bucket("ziti", "versions")?.value("edge"))
    #expect(try report.value(probes[7]) == database.bucket("ziti", "metadata")?.value("raftIndex"))
    #expect(report.count(probes[8]) == 0)
    #expect(report.count(probes[9]) == 1)
    #expect(report.count(probes[10]) == 0)
    #expect(report.value(probes[11]) == nil)
    #expect(report.count(probes[12]) == report.bucket("ziti")?.entries)
    #expect(report.count(probes[13]) == report.buckets.count)
  }

  @Test func samplesAreSomeOfTheValuesAtTheirPath() throws {
    let name = "openziti/ctrl-schema44.db"
    let database = try BoltDatabase(path: Fixture.path(name))
    var values: Set<[UInt8]> = []
    var cursor = try #require(try database.bucket("ziti", "identities")).entries()
    while let entry = try cursor.next() {
      if let value = try entry.bucket?.value("externalId") { values.insert(value) }
    }
    let few = BoltProbe.samples("ziti", "identities", "*", "externalId", limit: 3)
    let many = BoltProbe.samples("ziti", "identities", "*", "externalId", limit: 10_000)
    let elsewhere = BoltProbe.samples("ziti", "services", "*", "externalId")
    let bytes = try Fixture.bytes(name)
    for pieces in [Int.max, 1_000] {
      let report = check(bytes, probes: [few, many, elsewhere], pieces: pieces)
      #expect((1...3).contains(report.samples(few).count))
      #expect((4...64).contains(report.samples(many).count), "candidates are limited, whatever is asked for")
      #expect(values.isSuperset(of: report.samples(few) + report.samples(many)))
      #expect(report.samples(elsewhere).isEmpty)
    }
  }

  @Test func moreThanSixtyFourProbesAreNotAnswered() throws {
    let probes = (0..<64).map { BoltProbe.count("name-\($0)") } + [.count("ziti")]
    let report = check(try Fixture.bytes("openziti/ctrl-schema38.db"), probes: probes)
    #expect(report.isSound)
    #expect(report.count(.count("ziti")) == 0)
  }
}
