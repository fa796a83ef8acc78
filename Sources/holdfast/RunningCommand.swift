import ArgumentParser
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import Logging
import ObjectStore

/// What the executor's subcommands share: from the options to a context, and from what happened to an exit code.
enum RunningCommand {
  /// Runs `body` with an open store, interruptibly; prints failures.
  ///
  /// - Throws: `ExitCode`.
  static func run(
    _ options: PlanOptions, _ log: LogOptions, settings: RunSettings = RunSettings(version: HoldfastVersion.current),
    purpose: PlanLoader.Purpose, _ body: @escaping @Sendable (RunContext, Mounts) async throws -> Void
  ) async throws {
    do {
      try await attempt(options, log, settings, purpose, body)
    } catch let unstarted as UnstartedRun {
      throw unstarted.code
    }
  }

  private static func attempt(
    _ options: PlanOptions, _ log: LogOptions, _ settings: RunSettings, _ purpose: PlanLoader.Purpose,
    use: StoreFactory.Use = .runs, _ body: @escaping @Sendable (RunContext, Mounts) async throws -> Void
  ) async throws {
    let logger = log.logger()
    do {
      let plan = try options.load(for: purpose)
      let mounts = Mounts(root: options.mounts)
      let environment = ProcessInfo.processInfo.environment
      let opened = try StoreFactory(plan: plan, mounts: mounts, environment: environment, logger: logger).open(
        for: use)
      var context = RunContext(
        plan: plan, store: opened.store, identity: RunIdentity(environment: environment), settings: settings,
        logger: logger)
      context.lockCheck = opened.lockCheck
      let (failure, wasTold) = await interruptible { [context] () async -> (any Error)? in
        do {
          try await body(context, mounts)
          return nil
        } catch {
          return error
        }
      }
      await opened.close()
      if let failure { throw wasTold ? ExitStatus.stopped : failure }
    } catch {
      throw exitCode(for: error)
    }
  }

  /// As ``run(_:_:settings:purpose:_:)``, for runs that leave a result whatever happens.
  ///
  /// - Parameter recording: What is written in place of the result.
  static func runWithResult(
    _ operation: JobOperation, _ options: PlanOptions, _ log: LogOptions, _ file: ResultFile,
    settings: RunSettings = RunSettings(version: HoldfastVersion.current), purpose: PlanLoader.Purpose,
    recording: @escaping @Sendable (ExecutorResult) throws -> ExecutorResult = { $0 },
    _ body: @escaping @Sendable (RunContext, Mounts) async throws -> ExecutorResult
  ) async throws {
    let started = Timestamp(Date())
    do {
      let use: StoreFactory.Use = operation == .preflight ? .preflight : .runs
      try await attempt(options, log, settings, purpose, use: use) { context, mounts in
        do {
          let result = try await body(context, mounts)
          try write(recording(result), to: file)
          if result.outcome != .succeeded { throw ReportedFailure() }
        } catch let failure as RunFailure {
          context.logger.error(
            "run failed",
            metadata: [
              "step": "\(failure.step.rawValue)", "reason": "\(failure.reason)", "error": "\(failure.message)",
            ])
          try write(failed(operation, failure, started), to: file)
          throw ReportedFailure()
        }
      }
    } catch let unstarted as UnstartedRun {
      try write(failed(operation, unstarted.failure, started), to: file)
      throw unstarted.code
    }
  }

  /// Gives `body` the API server, and closes what it opened.
  static func withCluster<Value: Sendable>(
    _ mounts: Mounts, _ body: (ClusterConnection) async throws -> Value
  ) async throws -> Value {
    let cluster = ClusterConnection(mounts: mounts)
    do {
      let value = try await body(cluster)
      await cluster.close()
      return value
    } catch {
      await cluster.close()
      throw error
    }
  }

  static func write(_ result: ExecutorResult, to file: ResultFile) throws {
    do {
      try file.write(result)
    } catch {
      throw RunFailure(
        step: .prepare, reason: .internalError, message: "the result cannot be written to \(file.path ?? ""): \(error)")
    }
  }

  static func failed(_ operation: JobOperation, _ failure: RunFailure, _ started: Timestamp) -> ExecutorResult {
    var result = ExecutorResult(
      operation: operation, outcome: .failed, startTime: started, completionTime: Timestamp(Date()))
    result.failure = failure.backupFailure
    return result
  }

  static func exitCode(for error: any Error) -> any Error {
    switch error {
    case let code as ExitCode: return code
    case is ReportedFailure: return ExitStatus.failed
    case let invalid as InvalidPlan:
      for issue in invalid.issues { complain("plan: \(issue)") }
      let failure = RunFailure(step: .prepare, reason: .invalidSpec, message: invalid.issues.summary())
      return UnstartedRun(failure: failure, code: ExitStatus.invalid)
    case let failure as RunFailure:
      complain(failure.description)
      return UnstartedRun(
        failure: failure, code: failure.reason == .invalidSpec ? ExitStatus.invalid : ExitStatus.failed)
    default:
      complain("\(error)")
      return ExitStatus.failed
    }
  }

  static func complain(_ text: String) {
    FileHandle.standardError.write(Data("holdfast: \(text)\n".utf8))
  }
}

/// The run failed, and its result or log has said so.
struct ReportedFailure: Error {}

/// The run failed before it began.
struct UnstartedRun: Error {
  var failure: RunFailure
  var code: ExitCode
}
