import JobPlan
import KubernetesClient
import KubernetesModel
import Logging
import Synchronization
import Testing

@testable import Operator

/// What the operator's code called in this process, as `verb resource.group`.
enum UsedRights {
  private static let all = Mutex<Set<String>>([])

  static func record(_ request: Request) {
    let (group, resource, _) = Manifests.target(of: request)
    all.withLock { _ = $0.insert("\(request.verb.rawValue) \(resource).\(group)") }
  }

  static var recorded: Set<String> { all.withLock { $0 } }
}

/// Nothing is declared, and so nothing is installed, that the operator does not do.
@Suite struct UsedRightsTests {
  /// Rights that no call of a reconciler shows, each with where it is shown.
  private static let elsewhere: Set<String> = [
    // Checked by the API server when an object with an owner is written, and when a binding is.
    "update backuppolicies/finalizers.holdfast.dev", "update backups/finalizers.holdfast.dev",
    "update restorerequests/finalizers.holdfast.dev", "bind clusterroles.rbac.authorization.k8s.io",
    // The suites of Events and of leader election in KubernetesRuntimeTests.
    "create events.", "patch events.", "create leases.coordination.k8s.io", "get leases.coordination.k8s.io",
    "update leases.coordination.k8s.io",
  ]

  @Test func eachDeclaredRightIsUsed() async throws {
    try await everythingThatTheOperatorDoes()
    // Lists and watches of the informers.
    let context = Scene(preUpgradeGate: true).context
    let watched = Controllers(context).informers.map(\.name)
    #expect(context.configuration.managesClusterBindings)
    for permission in OperatorPermissions.all {
      let right = "\(permission.verb) \(permission.resource).\(permission.group)"
      if ["list", "watch"].contains(permission.verb), watched.contains(permission.resource) { continue }
      #expect(
        UsedRights.recorded.contains(right) || Self.elsewhere.contains(right),
        "\(right) is declared (\(permission.reason)), and nothing calls it")
    }
    let declared = Set(OperatorPermissions.all.map { "\($0.verb) \($0.resource).\($0.group)" })
    #expect(Self.elsewhere.isSubset(of: declared))
    for resource in watched {
      for verb in ["list", "watch"] {
        #expect(declared.contains { $0.hasPrefix("\(verb) \(resource).") }, "\(verb) \(resource) is not declared")
      }
    }
  }

  /// The scenes of the other suites, which call what the operator calls. Each fails by itself where it has to.
  private func everythingThatTheOperatorDoes() async throws {
    let policies = BackupPolicyReconcilerTests()
    try await policies.aValidPolicyGetsItsPlanAndCronJob()
    try await policies.whatSomebodyChangedIsRepairedOnce()
    try await policies.withoutAScheduleTheCronJobGoesOnceItsRunHasEnded()
    try await policies.backupsThatRetentionRemovedGoWithTheirArtifacts()
    let permissions = PermissionsTests()
    try await permissions.theOwnNamespaceNeedsNoTrust()
    try await permissions.aTrustedNamespaceReachesBeyondAndLeavesNothingBehind()
    try await permissions.aBindingThatSomebodyChangedIsRepaired()
    try await permissions.aBindingBeyondThatSomebodyChangedIsRepaired()
    try await JobReconcilerTests().aJobThatEndedWhileTheOperatorWasDownIsRecorded()
    try await JobReconcilerTests().runsOfOnePolicyTakeTurns()
    try await BackupReconcilerTests().aBackupWithoutAJobStartsOne()
    try await ScheduleChangeTests().theMarkComesBeforeTheChange()
    try await BackupNowTests().aTokenMakesOneBackupAndIsEchoed()
    try await BackupReconcilerTests().deletionPolicyDeleteRemovesTheArtifactsFirst()
    try await BackupReconcilerTests().aDeletionThatFailsIsToldAndTriedAgain()
    try await RestoreReconcilerTests().theJobIsLetGoOnlyAfterTheClaim()
    try await RestoreReconcilerTests().aSafetyBackupThatIsGoodLetsTheRestoreGoOn()
    try await ObjectRestoreReconcilerTests().aDryRunsPlanIsWhole()
    try await PreUpgradeTests().brokenGlassIsToldOnce()
    try await ObjectRestoreReconcilerTests().theClaimOfADatabaseIsMadeBeforeTheJob()
  }
}
