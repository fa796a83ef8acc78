import HoldfastAPI
import KubernetesModel
import Metrics

/// In which phase a RestoreRequest is: `holdfast_restore_phase`.
struct RestoreMetrics {
  static let name = "holdfast_restore_phase"

  private let request: ObjectKey
  private let factory: any MetricsFactory

  init(_ request: ObjectKey, factory: any MetricsFactory = MetricsSystem.factory) {
    self.request = request
    self.factory = factory
  }

  /// - Parameter phase: nil for a request that nobody has begun with: it has no series.
  func record(_ phase: RestoreRequest.Phase?) {
    for other in RestoreRequest.Phase.allCases {
      let gauge = Gauge(
        label: Self.name,
        dimensions: [
          ("namespace", request.namespace ?? ""), ("restorerequest", request.name), ("phase", other.rawValue),
        ], factory: factory)
      if other == phase { gauge.record(1) } else { gauge.destroy() }
    }
  }

  /// Ends the series of a request that is gone.
  func remove() { record(nil) }
}
