internal import Foundation
internal import HoldfastAPI
internal import JobPlan
internal import KubernetesModel

/// What a preflight tries, in order.
enum PreflightStep: String, Sendable, Hashable, CaseIterable {
  /// Name, connection and TLS.
  case connect
  case authenticate, bucket, write
  /// A second write to the same key must be refused.
  case createOnly
  case read, list, lock, delete
}

/// What a preflight found out so far.
struct PreflightReport {
  private(set) var steps: [RestoreRequest.Step] = PreflightStep.allCases.map {
    RestoreRequest.Step(name: $0.rawValue, state: .pending)
  }
  private(set) var capabilities: [PreflightCapability: Bool] = [:]
  var warnings: [String] = []
  /// The first one; a preflight goes on after it where that tells more.
  private(set) var failure: RunFailure?

  mutating func complete(_ done: PreflightStep...) {
    for step in done { set(step, .completed, nil) }
  }

  mutating func confirm(_ step: PreflightStep, _ capability: PreflightCapability) {
    set(step, .completed, nil)
    capabilities[capability] = true
  }

  /// What the credentials may not do, or the store cannot, and a backup does without.
  mutating func miss(_ step: PreflightStep, _ capability: PreflightCapability, _ warning: String) {
    set(step, .skipped, warning)
    capabilities[capability] = false
    warnings.append(warning)
  }

  /// What is neither good nor bad.
  mutating func note(_ capability: PreflightCapability, _ value: Bool) { capabilities[capability] = value }

  mutating func skip(_ step: PreflightStep, _ why: String) { set(step, .skipped, why) }

  mutating func fail(_ step: PreflightStep, _ failure: RunFailure) {
    set(step, .failed, failure.message)
    if self.failure == nil { self.failure = failure }
  }

  mutating func end() {
    for index in steps.indices where steps[index].state == .pending { steps[index].state = .skipped }
  }

  func fill(_ result: inout ExecutorResult) {
    result.steps = steps
    result.capabilities = Dictionary(uniqueKeysWithValues: capabilities.map { ($0.key.rawValue, $0.value) })
    result.warnings = warnings.isEmpty ? nil : warnings
    result.failure = failure?.backupFailure
    result.outcome = failure == nil ? .succeeded : .failed
  }

  private mutating func set(_ step: PreflightStep, _ state: RestoreRequest.Step.State, _ message: String?) {
    guard let index = steps.firstIndex(where: { $0.name == step.rawValue }) else { return }
    steps[index].state = state
    steps[index].message = message
  }
}
