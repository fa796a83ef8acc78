import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Logging

/// What every reconciler needs.
struct OperatorContext: Sendable {
  let client: KubernetesClient
  let configuration: OperatorConfiguration
  let events: any EventSink
  let clusterID: ClusterIdentity
  let now: @Sendable () -> Date
  let logger: Logger

  init(
    client: KubernetesClient, configuration: OperatorConfiguration, events: any EventSink,
    now: @escaping @Sendable () -> Date = { Date() }, logger: Logger
  ) {
    self.client = client
    self.configuration = configuration
    self.events = events
    self.now = now
    self.logger = logger
    clusterID = ClusterIdentity(client)
  }
}

/// Where Events go. Never waits and never fails its caller.
protocol EventSink: Sendable {
  func record(_ type: EventRecorder.EventType, reason: String, message: String, about object: ObjectReference)
}

extension EventRecorder: EventSink {}

extension EventSink {
  func normal(_ reason: EventReason, _ message: String, about object: some KubernetesObject) {
    record(.normal, reason: reason.rawValue, message: message, about: object.reference)
  }

  func warning(_ reason: EventReason, _ message: String, about object: some KubernetesObject) {
    record(.warning, reason: reason.rawValue, message: message, about: object.reference)
  }
}

/// The reasons of our Events; the reasons of conditions are in ``HoldfastAPI/Reason``. Documented in `docs/reasons.md`.
enum EventReason: String, CaseIterable {
  case policyInvalid = "PolicyInvalid"
  case applyFailed = "ApplyFailed"
  case driftRepaired = "DriftRepaired"
  case policyDeleted = "PolicyDeleted"
  case unprotected = "Unprotected"
  case protected = "Protected"
  case targetReachable = "TargetReachable"
  case targetUnreachable = "TargetUnreachable"
  case targetCheckFailed = "TargetCheckFailed"
  case tlsNotVerified = "TLSNotVerified"
  case backupStarted = "BackupStarted"
  case backupCompleted = "BackupCompleted"
  case backupFailed = "BackupFailed"
  case backupWaiting = "BackupWaiting"
  case backupsPruned = "BackupsPruned"
  case backupSuspicious = "BackupSuspicious"
  case sizeAccepted = "SizeAccepted"
  case runMissed = "RunMissed"
  case backupNowIgnored = "BackupNowIgnored"
  case backupNowFailed = "BackupNowFailed"
  case backupDeleted = "BackupDeleted"
  case backupDeletionFailed = "BackupDeletionFailed"
  case restoreStarted = "RestoreStarted"
  case restorePlanned = "RestorePlanned"
  case restoreCompleted = "RestoreCompleted"
  case restoreFailed = "RestoreFailed"
  case restoreUnknown = "RestoreUnknown"
  case restoreResumed = "RestoreResumed"
  case restoreDecisionInvalid = "RestoreDecisionInvalid"
  case catalogSynced = "CatalogSynced"
  case catalogIncomplete = "CatalogIncomplete"
  case verified = "Verified"
  case verificationFailed = "VerificationFailed"
  case breakGlass = "BreakGlass"
  case gateWithoutPolicy = "GateWithoutPolicy"
  case safetyBackupSkipped = "SafetyBackupSkipped"
}
