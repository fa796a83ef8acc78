import ArgumentParser
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import Logging

/// What every subcommand that reads a plan takes. The Jobs of the operator pass `--plan`, `--mounts` and `--result`.
struct PlanOptions: ParsableArguments {
  @Option(help: "The plan: a JSON file, or '-' for standard input.")
  var plan = "\(MountLayout.defaultRoot)/\(MountLayout.planFolder)/\(MountLayout.planFile)"

  @Option(help: "The folder that holds secrets/, configmaps/, tokens/ and volumes/.")
  var mounts = MountLayout.defaultRoot

  /// - Throws: ``InvalidPlan``, also where there is no such file.
  func load(for purpose: PlanLoader.Purpose) throws -> Plan {
    try PlanLoader.load(try data(), for: purpose)
  }

  private func data() throws -> Data {
    if plan == "-" { return FileHandle.standardInput.readDataToEndOfFile() }
    do {
      return try Data(contentsOf: URL(fileURLWithPath: plan))
    } catch {
      let exists = FileManager.default.fileExists(atPath: plan)
      let message = exists ? "cannot be read: \(error.localizedDescription)" : "there is no such file"
      throw InvalidPlan(issues: [ValidationIssue(field: "", message: "\(plan): \(message)")])
    }
  }
}

struct ResultOptions: ParsableArguments {
  @Option(help: "Where to write the result as JSON, at most 4096 bytes. Default: /dev/termination-log where it exists.")
  var result: String?

  var file: ResultFile { ResultFile(path: result) }
}

struct DebrisOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Age at which debris of dead runs goes, if no lease speaks for it: 24h, or \(RunSettings.debrisGraceVariable). "
        + "Below 5m it also shortens the life of leases: only where no other run is at work.",
      visibility: .hidden))
  var debrisGrace: String?

  func settings(environment: [String: String]) throws -> RunSettings {
    let variable = RunSettings.debrisGraceVariable
    guard let text = debrisGrace ?? environment[variable] else { return RunSettings(version: HoldfastVersion.current) }
    do {
      return RunSettings(debrisGrace: try DurationText.parse(text), version: HoldfastVersion.current)
    } catch {
      throw ValidationError("\(debrisGrace == nil ? variable : "--debris-grace") \(error)")
    }
  }
}

enum LogLevelArgument: String, ExpressibleByArgument, CaseIterable {
  case trace, debug, info, notice, warning, error, critical

  var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}

enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

struct LogOptions: ParsableArguments {
  @Option(help: "The least severe level that is logged, to standard error.")
  var logLevel = LogLevelArgument.info

  @Option(help: "text for people, json for one object a line.")
  var logFormat = LogFormat.text

  func logger(_ label: String = "holdfast") -> Logger {
    Self.logger(label, level: logLevel.level, format: logFormat)
  }

  static func logger(_ label: String, level: Logger.Level, format: LogFormat) -> Logger {
    Logger(label: label) { _ in StandardErrorLog(format: format, logLevel: level) }
  }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}
