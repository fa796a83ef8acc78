internal import Foundation
internal import HoldfastAPI
internal import KubernetesModel

/// The steps of a restore as they come, for the result.
struct StepLog {
  private(set) var steps: [RestoreRequest.Step]
  private let now: @Sendable () -> Date

  init(_ names: [RunStep], now: @escaping @Sendable () -> Date) {
    self.now = now
    self.steps = names.map { RestoreRequest.Step(name: $0.rawValue, state: .pending) }
  }

  mutating func begin(_ step: RunStep) {
    change(step) { entry, time in
      entry.state = .running
      entry.startTime = time
    }
  }

  mutating func complete(_ step: RunStep, _ message: String? = nil) {
    change(step) { entry, time in
      entry.state = .completed
      entry.completionTime = time
      entry.message = message
    }
  }

  mutating func count(_ step: RunStep, done: Int, total: Int) {
    change(step) { entry, _ in
      entry.done = Int64(done)
      entry.total = Int64(total)
    }
  }

  /// Ends the step that runs, and skips those that wait.
  mutating func end(after failure: RunFailure) {
    for index in steps.indices {
      switch steps[index].state {
      case .running:
        steps[index].state = failure.isOutcomeUnknown ? .unknown : .failed
        steps[index].completionTime = Timestamp(now())
        steps[index].message = failure.message
      case .pending: steps[index].state = .skipped
      default: break
      }
    }
  }

  mutating func skipPending() {
    for index in steps.indices where steps[index].state == .pending { steps[index].state = .skipped }
  }

  private mutating func change(_ step: RunStep, _ body: (inout RestoreRequest.Step, Timestamp) -> Void) {
    guard let index = steps.firstIndex(where: { $0.name == step.rawValue }) else { return }
    body(&steps[index], Timestamp(now()))
  }
}
