import ArgumentParser

/// How a command ends, for scripts; `docs/kubectl-plugin.md` lists them.
enum CommandExit: Int32, Sendable, Hashable {
  case done = 0
  /// It failed, or the answer is no.
  case failed = 1
  case usage = 2
  /// The time was up; what was waited for goes on.
  case timedOut = 3
  /// 128 and the number of SIGINT, as a shell has it; what was waited for goes on.
  case interrupted = 130
  case terminated = 143

  var code: ExitCode { ExitCode(rawValue) }
}
