import ArgumentParser
import Foundation
import Testing

@testable import KubectlPlugin

/// What a shell offers, from the parser's own description of the commands.
@Suite struct CompletionTests {
  private func suggest(_ words: String...) throws -> CompletionTree.Suggestion {
    try CompletionTree.own().suggestion(for: words)
  }

  private func texts(_ words: String...) throws -> [String] {
    guard case .words(let found) = try CompletionTree.own().suggestion(for: words) else { return [] }
    return found.map(\.text)
  }

  @Test func commandsAndTheirOwnCommands() throws {
    #expect(Set(try texts("")).isSuperset(of: ["status", "backup", "restore", "doctor", "download"]))
    #expect(!(try texts("").contains("__complete")))
    #expect(try texts("restore", "") == ["plan", "start", "status", "resume", "abandon"])
    #expect(Set(try texts("-n", "x", "")).contains("status"))
  }

  @Test func namesOfTheCluster() throws {
    #expect(try suggest("backup", "") == .names(.policies))
    #expect(try suggest("status", "-n", "x", "ba") == .names(.policies))
    #expect(try suggest("list", "") == .names(.policies))
    #expect(try suggest("describe", "") == .names(.backups))
    #expect(try suggest("download", "") == .names(.backups))
    #expect(try suggest("logs", "") == .names(.backupsAndRestores))
    #expect(try suggest("restore", "resume", "") == .names(.restores))
    #expect(try suggest("restore", "plan", "--backup", "") == .names(.backups))
    #expect(try suggest("restore", "start", "--latest=b") == .names(.policies))
    #expect(try suggest("backup", "bao", "") == .nothing)
    #expect(try suggest("-n", "") == .names(.namespaces))
  }

  @Test func valuesAndFiles() throws {
    #expect(try texts("status", "-o", "") == ["table", "wide", "json", "yaml"])
    #expect(try texts("status", "--output=") == ["--output=table", "--output=wide", "--output=json", "--output=yaml"])
    #expect(try texts("completion", "") == ["bash", "zsh", "fish"])
    #expect(try texts("backup", "--trigger", "") == ["manual", "preUpgrade"])
    #expect(try suggest("download", "b", "-i", "") == .files)
    #expect(try suggest("download", "b", "-o", "") == .folders)
    #expect(
      Set(try texts("backup", "--")).isSuperset(of: ["--wait", "--timeout", "--require-verified", "--namespace"]))
  }

  @Test func theClusterIsTheOneOfTheFlags() {
    #expect(
      CompleteCommand.globalFlags(in: ["backup", "-n", "openbao", "--context=prod", "--wait", ""])
        == ["-n", "openbao", "--context=prod"])
    // What is being written is no value yet.
    #expect(CompleteCommand.globalFlags(in: ["backup", "-n", "op"]) == [])
  }

  @Test func nobodyWaitsForASlowCluster() async {
    let slow = await CompleteCommand.soon(within: .milliseconds(20)) {
      try await ContinuousClock().sleep(for: .seconds(3_600))
      return ["late"]
    }
    #expect(slow == [])
    #expect(await CompleteCommand.soon(within: .seconds(60)) { ["a"] } == ["a"])
    #expect(await CompleteCommand.soon(within: .seconds(60)) { throw CancellationError() } == [])
  }

  @Test func scriptsAreOfTheirShell() {
    for shell in CompletionCommand.Shell.allCases {
      #expect(CompletionScript.text(for: shell).contains("kubectl-holdfast __complete"))
    }
  }
}
