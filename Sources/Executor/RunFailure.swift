public import HoldfastAPI

/// The parts of a run that a failure can name.
public enum RunStep: String, Sendable, Hashable, CaseIterable {
  case prepare, source, upload, manifest, prune, download, decrypt, preflight, restore, verify, catalog
}

/// Why a run failed: the one form in which errors leave the executor.
public struct RunFailure: Error, Sendable, CustomStringConvertible {
  public var step: RunStep
  public var reason: Reason
  /// What is wrong and what to do; never a secret.
  public var message: String
  /// The source that the step worked on.
  public var source: String?
  /// A destructive step began and nobody knows how it ended.
  public var isOutcomeUnknown: Bool
  public var cause: (any Error)?

  public init(
    step: RunStep, reason: Reason, message: String, source: String? = nil, isOutcomeUnknown: Bool = false,
    cause: (any Error)? = nil
  ) {
    self.step = step
    self.reason = reason
    self.message = message
    self.source = source
    self.isOutcomeUnknown = isOutcomeUnknown
    self.cause = cause
  }

  public var description: String {
    let place = source.map { "\(step.rawValue) of \($0)" } ?? step.rawValue
    return "\(place): \(reason): \(message)"
  }

  /// As it goes into a result and a Backup's status.
  public var backupFailure: Backup.Failure {
    Backup.Failure(step: step.rawValue, reason: reason.rawValue, message: message, source: source)
  }
}
