import Foundation
import SnapshotSource

/// Tells a controller to write a snapshot.
protocol SnapshotTaker: Sendable {
  /// - Parameters:
  ///   - path: Where it should be, as the controller sees it.
  ///   - deadline: Until when to wait for the controller's rate limit.
  /// - Throws: ``SnapshotSourceError``; ``SnapshotsUnknown`` where the controller knows no snapshots.
  func take(_ path: String, until deadline: ContinuousClock.Instant) async throws -> TakenSnapshot
}

struct TakenSnapshot: Sendable, Hashable {
  /// Where it is; nil where the controller did not say.
  var path: String?
  /// The controller gave no answer in time and may still write.
  var mayStillBeWritten = false
  /// For the manifest.
  var facts: [String: String] = [:]
  var warnings: [String] = []
}

/// The controller cannot be told to take a snapshot.
struct SnapshotsUnknown: Error {
  var message: String
}

/// How long to wait before another try while the controller takes one snapshot a minute at most.
enum RateLimit {
  static let pause = Duration.seconds(10)

  /// Waits, or gives up where the next try would come too late.
  static func wait(until deadline: ContinuousClock.Instant, operation: String) async throws {
    guard ContinuousClock.now + pause < deadline else {
      throw SnapshotSourceError(
        .failed, operation: operation,
        message:
          "the controller takes one snapshot a minute, and others kept it busy until the timeout; raise timeout, or "
          + "space the schedules of what backs it up")
    }
    try await Task.sleep(for: pause)
  }
}

/// `ziti agent controller snapshot-db <path>`: over the controller's own socket, with no login.
struct AgentSnapshotTaker: SnapshotTaker {
  let runner: any CommandRunner
  /// As a rule `[ziti]`.
  let command: [String]

  func take(_ path: String, until deadline: ContinuousClock.Instant) async throws -> TakenSnapshot {
    while true {
      let left = max(.seconds(5), deadline - .now)
      let seconds = left.components.seconds
      // Its own default is five seconds.
      let outcome = try await runner.run(
        command + ["agent", "controller", "snapshot-db", path, "--timeout", "\(seconds)s"], timeout: left + .seconds(10)
      )
      if outcome.exitCode == 0 { return try taken(outcome, path) }
      let said = "\(outcome.errors) \(outcome.output)"
      if said.contains("at most once per minute") {
        try await RateLimit.wait(until: deadline, operation: "snapshot in \(runner.place)")
        continue
      }
      throw refusal(outcome, said)
    }
  }

  /// The command prints the path; placeholders may have changed it.
  private func taken(_ outcome: CommandOutcome, _ path: String) throws -> TakenSnapshot {
    let printed = outcome.output.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
    guard let last = printed.last(where: { $0.hasPrefix("/") }), last != path else { return TakenSnapshot(path: path) }
    throw SnapshotSourceError(
      .failed, operation: "snapshot in \(runner.place)",
      message: "the snapshot was to be \(path), and the controller says that it wrote \(last); remove that file")
  }

  private func refusal(_ outcome: CommandOutcome, _ said: String) -> any Error {
    if [126, 127].contains(outcome.exitCode) {
      return SnapshotSourceError(
        .configuration, operation: "snapshot in \(runner.place)",
        message:
          "there is no program \(command.first ?? "ziti") (\(outcome.complaint)); set agent.command or container, or "
          + "use snapshot: managementAPI")
    }
    if said.contains("unknown command") || said.contains("unknown flag") {
      return SnapshotsUnknown(message: outcome.complaint)
    }
    return SnapshotSourceError(
      .failed, operation: "snapshot in \(runner.place)",
      message:
        "`\(command.joined(separator: " ")) agent controller snapshot-db` ended with status \(outcome.exitCode): "
        + outcome.complaint)
  }
}

/// A command of a person's, for a controller outside a cluster.
struct HostSnapshotTaker: SnapshotTaker {
  let runner: any CommandRunner
  let command: [String]

  func take(_ path: String, until deadline: ContinuousClock.Instant) async throws -> TakenSnapshot {
    while true {
      let outcome = try await runner.run(command + [path], timeout: max(.seconds(5), deadline - .now))
      if outcome.exitCode == 0 { return TakenSnapshot(path: path) }
      guard "\(outcome.errors) \(outcome.output)".contains("at most once per minute") else {
        throw SnapshotSourceError(
          .failed, operation: "snapshot by \(command.first ?? "command")",
          message: "the command ended with status \(outcome.exitCode): \(outcome.complaint)")
      }
      try await RateLimit.wait(until: deadline, operation: "snapshot by \(command.first ?? "command")")
    }
  }
}
