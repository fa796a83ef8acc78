import ArgumentParser
import JobPlan

/// What every subcommand that reads a plan takes. The Jobs of the operator pass `--plan`, `--mounts` and `--result`.
struct PlanOptions: ParsableArguments {
  @Option(help: "The plan: a JSON file, or '-' for standard input.")
  var plan = "\(MountLayout.defaultRoot)/\(MountLayout.planFolder)/\(MountLayout.planFile)"

  @Option(help: "The folder that holds secrets/, configmaps/, tokens/ and volumes/.")
  var mounts = MountLayout.defaultRoot

  @Option(help: "Where to write the result as JSON, at most 4096 bytes. Default: /dev/termination-log where it exists.")
  var result: String?
}

enum LogLevelArgument: String, ExpressibleByArgument, CaseIterable {
  case trace, debug, info, notice, warning, error, critical
}

enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

struct LogOptions: ParsableArguments {
  @Option(help: "The least severe level that is logged, to standard error.")
  var logLevel = LogLevelArgument.info

  @Option(help: "text for people, json for one object a line.")
  var logFormat = LogFormat.text
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}
