import Foundation
import HoldfastAPI
import Testing

@testable import KubectlPlugin

@Suite struct TerminalTests {
  @Test(arguments: [
    (0, "0s"), (119, "119s"), (120, "2m"), (200, "3m20s"), (2_820, "47m"), (18_720, "5h12m"), (100_000, "27h"),
    (273_600, "3d4h"), (3_456_000, "40d"), (-5, "0s"),
  ])
  func agesAreThoseOfKubectl(_ seconds: Int, _ text: String) { #expect(HumanText.age(seconds: seconds) == text) }

  @Test func sizesHaveBinaryUnits() {
    #expect(HumanText.bytes(0) == "0 B")
    #expect(HumanText.bytes(1_023) == "1023 B")
    #expect(HumanText.bytes(1_536) == "1.5 KiB")
    #expect(HumanText.bytes(5 << 40) == "5.0 TiB")
  }

  @Test func columnsAlignAndLinesEndWithoutSpaces() {
    let table = Table(
      header: ["NAME", "SIZE", "MESSAGE"], rows: [["a-long-name", "1 B", ""], ["b", "", Table.Cell("fine", .good)]])
    #expect(
      table.lines() == ["NAME          SIZE   MESSAGE", "a-long-name   1 B", "b                    fine"])
    let painted = table.lines { text, style in style == .plain ? text : "<\(text)>" }
    #expect(painted[2] == "b                    <fine>")
  }

  /// What others wrote does not steer a terminal.
  @Test func controlCharactersDoNotReachATerminal() {
    #expect(Table(header: ["A"], rows: [[Table.Cell("x\u{1B}[2Jy\nz")]]).lines() == ["A", "x [2Jy z"])
    #expect(PrintableText.lines(of: "a\n\u{7}b\t\u{1B}c") == "a\n b\t c")
  }

  @Test func aBarFitsItsTerminal() {
    let progress = Progress(
      fraction: 0.5, parts: ["Running", "1 of 2 sources", String(repeating: "long ", count: 40)],
      elapsed: .seconds(65))
    #expect(
      ProgressBar.line(progress, width: 60) == "[==========----------] 1:05  Running  1 of 2 sources  lo...")
    for width in [0, 10, 21, 40, 79, 200] { #expect(ProgressBar.line(progress, width: width).count < max(21, width)) }
    let unknown = ProgressBar.line(Progress(fraction: nil, parts: [], elapsed: .seconds(3)), width: 80)
    #expect(unknown == "[   <=>              ] 0:03")
  }

  @Test func coloursAreForTerminalsAndPeopleWhoWantThem() {
    #expect(Console.allowsColour([:]))
    #expect(!Console.allowsColour(["NO_COLOR": "1"]))
    #expect(Console.allowsColour(["NO_COLOR": ""]))
    #expect(!Console.allowsColour(["TERM": "dumb"]))
    var console = Console.standard(environment: [:])
    console.outputIsTerminal = true
    console.usesColour = true
    #expect(console.paint("x", .bad) == "\u{1B}[31mx\u{1B}[0m")
    console.usesColour = false
    #expect(console.paint("x", .bad) == "x")
    console.usesColour = true
    console.outputIsTerminal = false
    #expect(console.paint("x", .bad) == "x")
  }

  @Test func globalFlagsMayComeFirst() {
    #expect(
      GlobalFlags.moved(["-n", "openbao", "--context=prod", "backup", "bao", "--wait"])
        == ["backup", "bao", "--wait", "-n", "openbao", "--context=prod"])
    #expect(GlobalFlags.moved(["backup", "bao", "-n", "x"]) == ["backup", "bao", "-n", "x"])
    #expect(GlobalFlags.moved(["-n", "x", "logs", "b", "--", "z"]) == ["logs", "b", "-n", "x", "--", "z"])
    #expect(GlobalFlags.moved(["--help"]) == ["--help"])
    #expect(GlobalFlags.moved(["-n", "x"]) == ["-n", "x"])
  }

  @Test func theNameMakesThePlugin() {
    #expect(KubectlPlugin.isPlugin(program: "/usr/bin/kubectl-holdfast"))
    #expect(KubectlPlugin.isPlugin(program: "kubectl_complete-holdfast"))
    #expect(!KubectlPlugin.isPlugin(program: "/opt/kubectl-holdfast/holdfast"))
  }

  /// The table of remedies names what the documentation names.
  @Test func everyReasonWithARemedyIsDocumented() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("docs/reasons.md")
    let page = try String(contentsOf: path, encoding: .utf8)
    for reason in ReasonRemedy.table.keys { #expect(page.contains("`\(reason.rawValue)`"), "\(reason)") }
    #expect(ReasonRemedy.text(for: "SomethingNew") == nil)
  }

  @Test func namesOfBackupsFitTheirPolicy() {
    let name = BackupStarter.name(policy: "bao")
    #expect(name.wholeMatch(of: /bao-[a-z0-9]{5}/) != nil)
    #expect(BackupStarter.name(policy: String(repeating: "a", count: 253)).count <= 63)
  }
}
