import Age
import ArgumentParser
import Executor
import Foundation
import Inspection

struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what a file is, check it, and show its facts.",
    discussion: """
      Knows bbolt databases and those of OpenZiti controllers, etcd snapshots, Raft snapshots of OpenBao and Vault, \
      resource sets and other tar archives, and manifests, also within layers of age and zstd. It needs no plan, no cluster and no network.

      Exit codes: 0 sound, 1 not sound, 2 it cannot be told (no identity, an unknown format, no such file).
      """)

  @Argument(help: "The file, or '-' for standard input.")
  var file: String

  @Option(help: ArgumentHelp("A file with an age identity; may be repeated.", valueName: "file"))
  var identity: [String] = []

  @Flag(help: "One JSON object in place of text.")
  var json = false

  func run() async throws {
    let (outcome, wasTold) = await interruptible { [file, identity] () async -> Result<InspectionReport, any Error> in
      do {
        let identities = try identity.flatMap { try IdentityFiles.load(path: $0) }
        return .success(try await Inspector(identities: identities).inspect(try FileInput(path: file)))
      } catch {
        return .failure(error)
      }
    }
    switch outcome {
    case .success(let report):
      print(json ? try Self.json(report) : Self.text(report, file: file))
      switch report.sound {
      case .some(true): return
      case .some(false): throw ExitStatus.failed
      case .none: throw ExitStatus.invalid
      }
    case .failure where wasTold: throw ExitStatus.stopped
    case .failure(let error):
      RunningCommand.complain((error as? RunFailure)?.message ?? "\(error)")
      throw ExitStatus.invalid
    }
  }

  private static func json(_ report: InspectionReport) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }

  private static func text(_ report: InspectionReport, file: String) -> String {
    let verdict =
      switch report.sound {
      case .some(true): "sound"
      case .some(false): "NOT SOUND"
      case .none: "cannot be told: \(report.reason ?? "")"
      }
    var rows = [("kind", report.kind.title), ("verdict", verdict)]
    if !report.layers.isEmpty { rows.append(("layers", report.layers.joined(separator: ", "))) }
    rows.append(("size", "\(TextTable.bytes(report.size)) (\(report.size) bytes)"))
    if let size = report.plainSize { rows.append(("plain size", "\(TextTable.bytes(size)) (\(size) bytes)")) }
    rows += report.facts.sorted { $0.key < $1.key }
    let width = rows.map(\.0.count).max() ?? 0
    var lines = [file == "-" ? "standard input" : file]
    lines += rows.map { "  \($0)\(String(repeating: " ", count: width - $0.count))  \($1)" }
    lines += report.problems.map { "  problem: \($0.place)\($0.message)" }
    let hidden = report.problemCount - report.problems.count
    if hidden > 0 { lines.append("  and \(hidden) more problems") }
    lines += report.warnings.map { "  warning: \($0)" }
    return lines.map(printable).joined(separator: "\n")
  }

  /// Names and values come from the file: no control characters of it reach a terminal.
  private static func printable(_ line: String) -> String {
    String(String.UnicodeScalarView(line.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
  }
}

extension InspectionReport.Problem {
  /// Where the message itself does not tell.
  fileprivate var place: String {
    if let member, !message.contains(member) { return "\(member): " }
    if let page, !message.contains("page \(page)"), !message.contains("pages \(page)") { return "page \(page): " }
    return ""
  }
}

extension InspectionReport.Kind {
  fileprivate var title: String {
    switch self {
    case .bbolt: "bbolt database"
    case .openZitiDatabase: "database of an OpenZiti controller"
    case .etcdSnapshot: "etcd snapshot"
    case .etcdDatabase: "database of an etcd member"
    case .raftArchive: "Raft snapshot of OpenBao or Vault"
    case .resourceSet: "resource set (API objects as YAML)"
    case .tar: "tar archive"
    case .manifest: "manifest of a backup"
    case .age: "age-encrypted file"
    case .zstd: "zstd-compressed file"
    case .gzip: "gzip-compressed file"
    case .unknown: "unknown"
    }
  }
}
