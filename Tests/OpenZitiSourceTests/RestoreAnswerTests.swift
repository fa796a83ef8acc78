import SnapshotSource
import Testing

@testable import OpenZitiSource

/// `ziti agent cluster restore-from-db` ends with 0 whether it worked or not.
@Suite struct RestoreAnswerTests {
  private func code(_ exitCode: Int32, _ output: String, _ errors: String = "") -> SnapshotSourceError.Code? {
    do {
      try RestoreAnswer.judge(CommandOutcome(exitCode: exitCode, output: output, errors: errors), operation: "test")
      return nil
    } catch { return (error as? SnapshotSourceError)?.code }
  }

  @Test func onlySuccessIsSuccess() { #expect(code(0, "success, initialized from [/persistent/x]\n") == nil) }

  @Test(arguments: [
    "error: controller not running in clustered mode", "error: source db not found at [/x]: stat /x: no such file",
    "error: migration source db [/x] is not a valid initialized controller database: no default admin",
    "error: unable to bootstrap cluster (x)",
  ])
  func aRefusalIsAFailureThoughTheStatusIsZero(text: String) { #expect(code(0, text) == .failed) }

  /// A timeout of the log's own, or nothing at all: it may have been applied.
  @Test func whatElseItSaysIsUnknown() {
    #expect(code(0, "error: timeout waiting for raft apply") == .outcomeUnknown)
    #expect(code(0, "") == .outcomeUnknown)
    #expect(code(1, "", "operation timed out") == .outcomeUnknown)
    #expect(code(137, "") == .outcomeUnknown)
  }

  @Test func whatNeverReachedAControllerIsAFailure() {
    #expect(
      code(1, "", "Error: no processes found matching filter, use 'ziti agent list' to list candidates") == .failed)
    #expect(code(127, "", "not found") == .configuration)
  }
}
