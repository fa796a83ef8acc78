/// Keeps a controller away while objects are written that it would act on one by one.
public struct ControllerPauseHooks: Sendable {
  /// Returns when the controller is gone. Called once, before anything is written; idempotent.
  public var pause: @Sendable () async throws -> Void
  /// Brings it back. Called after ``pause`` whatever happened, also when that threw, and when the task is cancelled: it must
  /// do its work all the same. Idempotent. What it throws says what a person has to do.
  public var resume: @Sendable () async throws -> Void

  public init(
    pause: @escaping @Sendable () async throws -> Void, resume: @escaping @Sendable () async throws -> Void
  ) {
    self.pause = pause
    self.resume = resume
  }
}
