import Metrics
import Synchronization

/// One line, or for a histogram one block of lines, of the text format.
protocol MetricSeries: AnyObject, Sendable {
  var place: SeriesPlace { get }
  var snapshot: SeriesSnapshot { get }
}

/// What a series says at one moment.
enum SeriesSnapshot: Sendable, Equatable {
  /// nil where nothing was recorded yet: a gauge that reads 0 would be a lie.
  case value(Double?)
  /// - Parameter counts: For each bound the observations in that bucket alone; the last is for those above all bounds.
  case histogram(bounds: [Double], counts: [UInt64], sum: Double)
}

/// A sum that only grows. It starts at 0, so that a first increment shows as a change.
final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
  let place: SeriesPlace
  private let total = Mutex(0.0)

  init(_ place: SeriesPlace) { self.place = place }

  var snapshot: SeriesSnapshot { .value(total.withLock { $0 }) }

  func increment(by amount: Int64) { increment(by: Double(amount)) }

  func increment(by amount: Double) {
    guard amount.isFinite, amount > 0 else { return }
    total.withLock { $0 += amount }
  }

  func reset() { total.withLock { $0 = 0 } }
}

/// The value that was recorded last.
final class GaugeSeries: MetricSeries, RecorderHandler, MeterHandler {
  let place: SeriesPlace
  private let value = Mutex<Double?>(nil)

  init(_ place: SeriesPlace) { self.place = place }

  var snapshot: SeriesSnapshot { .value(value.withLock { $0 }) }

  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }
  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { self.value.withLock { $0 = value } }
  func increment(by amount: Double) { value.withLock { $0 = ($0 ?? 0) + amount } }
  func decrement(by amount: Double) { increment(by: -amount) }
}

/// A distribution over fixed buckets.
final class HistogramSeries: MetricSeries, TimerHandler, RecorderHandler {
  private struct State {
    var counts: [UInt64]
    var sum = 0.0
  }

  let place: SeriesPlace
  private let bounds: [Double]
  private let state: Mutex<State>

  /// - Parameter bounds: Upper bounds, inclusive, in rising order, without +Inf.
  init(_ place: SeriesPlace, bounds: [Double]) {
    self.place = place
    self.bounds = bounds
    state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
  }

  var snapshot: SeriesSnapshot {
    let state = state.withLock { $0 }
    return .histogram(bounds: bounds, counts: state.counts, sum: state.sum)
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }
  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    guard !value.isNaN else { return }
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    state.withLock {
      $0.counts[bucket] += 1
      $0.sum += value
    }
  }
}

/// Upper bounds of histograms.
enum HistogramBounds {
  /// From a call to the API server to a reconcile that waits for one.
  static let seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
  /// From 1 KiB to 1 TiB.
  static let bytes = (5...20).map { Double(1 << (2 * $0)) }
  static let plain = [1.0, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000, 1_000_000]

  static func forName(_ name: String) -> [Double] {
    if name.hasSuffix("_seconds") { return seconds }
    return name.hasSuffix("_bytes") ? bytes : plain
  }
}
