import Foundation
import HoldfastAPI
import KubernetesModel

@testable import KubectlPlugin

/// Times of tests count from here.
let noon = Timestamp("2026-11-21T12:00:00Z")!

extension Backup {
  static func sample(
    _ name: String = "bao-x7k2p", policy: String = "bao", phase: Phase? = nil, message: String? = nil
  ) -> Backup {
    var backup = Backup(
      metadata: ObjectMeta(name: name, namespace: "openbao", uid: "u-1"),
      spec: Spec(policyRef: NameReference(name: policy)))
    guard let phase else { return backup }
    var status = Status(phase: phase, trigger: .manual)
    status.startTime = noon
    if let message {
      status.conditions = [
        Condition(
          type: "Completed", status: .false, lastTransitionTime: noon, reason: "WaitingForJob", message: message)
      ]
    }
    if phase == .completed {
      status.completionTime = Timestamp(noon.date.addingTimeInterval(9))
      status.id = "20261121T120000Z-abcdef"
      status.location = "s3://backups/openbao/bao/20261121T120000Z-abcdef"
      status.size = 11_744_051
      status.artifacts = [
        Artifact(
          source: "raft", key: "openbao/bao/20261121T120000Z-abcdef/raft.snap.zst.age", plainSize: 50_331_648,
          plainSHA256: String(repeating: "a", count: 64), storedSize: 11_744_051,
          storedSHA256: String(repeating: "b", count: 64))
      ]
    }
    backup.status = status
    return backup
  }

  func with(_ change: (inout Status) -> Void) -> Backup {
    var copy = self
    var status = copy.status ?? Status()
    change(&status)
    copy.status = status
    return copy
  }
}

extension StoryStep {
  var texts: [String] { lines.map(\.text) }
}

extension WaitEnd {
  var text: String { lines.map(\.text).joined(separator: "\n") }
}
