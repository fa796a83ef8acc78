public import BackupFormat
internal import Foundation
public import HoldfastAPI
public import KubernetesModel

extension Backup.Anomaly {
  /// As it is told to people.
  public init(_ found: Manifest.Anomaly) {
    let part = Int((found.share * 100).rounded(.down))
    let what = found.source.map { "source \($0)" } ?? "all sources together"
    let level =
      found.compared == 1
      ? "the size that was accepted last" : "the median of the \(found.compared) backups before it"
    self.init(
      source: found.source, size: found.size, median: found.median, compared: found.compared, ratio: found.minRatio,
      message: "\(what) gave \(found.size) bytes, \(part) % of \(found.median), \(level)")
  }

  /// What the condition `Suspicious` says until somebody accepts the size.
  /// - Parameter key: Of the Backup; nil where that is not known yet.
  public func warning(of key: ObjectKey?) -> String {
    let way =
      key.map {
        "kubectl annotate backup \($0.name) -n \($0.namespace ?? "") \(HoldfastAPI.acceptSizeAnnotation)=REASON"
      } ?? "annotate the Backup with \(HoldfastAPI.acceptSizeAnnotation)=REASON"
    return
      "\(message ?? "it is much smaller than the backups before it"); older backups stay meanwhile. If that is right, "
      + "accept it: \(way)"
  }
}

extension Backup.Status {
  /// Takes over what the run found of its size.
  public mutating func mark(_ anomaly: Backup.Anomaly?, now: Timestamp) {
    self.anomaly = anomaly
    conditions?.removeAll { $0.type == "Suspicious" }
    guard let anomaly else { return }
    conditions =
      (conditions ?? []) + [
        Condition(
          type: "Suspicious", status: .true, lastTransitionTime: now, reason: Reason.sizeShrunk.rawValue,
          message: anomaly.warning(of: nil))
      ]
  }
}
