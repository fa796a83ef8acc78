import NIOCore
import Testing

@testable import FilesSource

@Suite struct PathTests {
  @Test func pathsAreNormalizedAndTakenOnce() {
    let set = PathSet(["/etc/ziti/", "/etc//ziti/pki", "/var", "/varnish", "/etc/ziti2"])
    #expect(set.paths.map { String(decoding: $0, as: UTF8.self) } == ["etc/ziti", "etc/ziti2", "var", "varnish"])
    #expect(set.covers(Array("etc/ziti/pki/a".utf8)) && set.covers(Array("var".utf8)))
    #expect(!set.covers(Array("etc".utf8)) && !set.covers(Array("etc/ziti3".utf8)))
    #expect(PathSet(["/", "/a"]).paths == [[]])
  }

  @Test(arguments: [
    ("*.log", "a/b.log", true), ("*.log", "a.log/b", true), ("*.log", "a.logs", false), ("/a/*", "a/b", true),
    ("/a/*", "a/b/c", true), ("/a/*.log", "a/b/c.log", false), ("/*/c", "a/c", true), ("a", "b/a/c", true),
    ("b/a", "b/a", false), ("[ab]?", "x/b1", true), ("a\\*", "a*", true), ("a\\*", "ab", false), (".*", ".x/y", true),
  ])
  func patternsMatchAsTheShellDoes(pattern: String, name: String, isOut: Bool) {
    #expect(PathPatterns([pattern]).excludes(Array(name.utf8)) == isOut)
  }

  @Test func tarsMessagesAreSorted() {
    let complaints = TarComplaints(
      """
      tar: ./etc/a: file changed as we read it
      tar: ./etc/b: x\\n\\303\\244\\: \\\\c: File shrank by 12 bytes; padding with zeros
      tar: ./etc/gone: File removed before we read it
      tar: ./run/s: socket ignored
      tar: something else
      tar: Exiting with failure status due to previous errors
      """)
    #expect(complaints.changed.map { String(decoding: $0, as: UTF8.self) } == ["etc/a", "etc/b: x\nä: \\c"])
    #expect(complaints.removed == [Array("etc/gone".utf8)])
    #expect(complaints.sockets == [Array("run/s".utf8)])
    #expect(complaints.others == ["something else"])
  }

  @Test func linesOfStatAreReadInAnyPieces() {
    let text = "100 /a\n200 /b\nc\n300 /d e\n50 /old\nrest\n"
    for size in [1, 3, 100] {
      var lines = StatusLines(start: 200)
      var bytes = ByteBuffer(string: text)
      while let piece = bytes.readSlice(length: min(size, bytes.readableBytes)), piece.readableBytes > 0 {
        lines.consume(piece)
      }
      lines.finish()
      #expect(lines.count == 4)
      #expect(lines.changed.map { String(decoding: $0, as: UTF8.self) } == ["b\nc", "d e"])
    }
  }

  /// Promise 5: whatever a pod says.
  @Test func namesFromAPodAreBounded() {
    for text in [
      "300 /a\n" + String(repeating: "no status\n", count: 500), String(repeating: "300 /abc\n", count: 500),
    ] {
      var lines = StatusLines(start: 200, totalLimit: 100)
      lines.consume(ByteBuffer(string: text))
      lines.finish()
      #expect(lines.changed.reduce(0) { $0 + $1.count } <= 100)
      #expect(!lines.changed.isEmpty)
    }
  }

  @Test(arguments: [
    ("tar (GNU tar) 1.34\nCopyright", TarProgram.Flavor.gnu(1, 34)), ("tar (GNU tar) 1.26", .gnu(1, 26)),
    ("tar (busybox) 1.35.0", .busybox), ("BusyBox v1.20.2 multi-call binary.\n\nUsage: tar", .busybox),
    ("bsdtar 3.6.2 - libarchive 3.6.2 zlib/1.2.13", .libarchive), ("toybox 0.8.9", .other), ("", .other),
  ])
  func tarsAreToldApart(said: String, flavor: TarProgram.Flavor) {
    #expect(TarProgram(said: said, start: ["tar"]).flavor == flavor)
  }
}
