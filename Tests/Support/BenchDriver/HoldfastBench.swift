import Executor
import Foundation
import JobPlan
import Logging

/// `holdfast-bench PLAN MOUNTS URL`: a backup whose only source is the body of an HTTP answer.
///
/// All but the source is the executor's own: the plan with its target, compression and encryption, the pipeline, the
/// upload, the lease and the manifest. What it writes, `holdfast verify` reads.
@main
enum HoldfastBench {
  static func main() async throws {
    ProcessSetup.limitMemory()
    let arguments = CommandLine.arguments
    guard arguments.count == 4 else { fail("usage: holdfast-bench PLAN MOUNTS URL") }
    let plan = try PlanLoader.load(try Data(contentsOf: URL(fileURLWithPath: arguments[1])), for: .backup)
    let logger = Logger(label: "holdfast-bench") { StreamLogHandler.standardError(label: $0) }
    let opened = try StoreFactory(
      plan: plan, mounts: Mounts(root: arguments[2]), environment: [:], logger: logger
    ).open()
    let context = RunContext(plan: plan, store: opened.store, logger: logger)
    let result = await BackupRun(context: context, sources: [HTTPSource(url: arguments[3])]).run()
    await opened.close()
    if let failure = result.failure { fail("\(failure)") }
  }

  private static func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("\(message)\n".utf8))
    exit(1)
  }
}
