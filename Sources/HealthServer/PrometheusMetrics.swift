public import Metrics
import Synchronization

/// A backend of swift-metrics whose values are read as Prometheus's text format, version 0.0.4, or as OpenMetrics.
///
/// Names get the prefix `holdfast_`, counters the suffix `_total`, timers `_seconds`. A counter or gauge that is made
/// twice with the same name and dimensions is one series, so that callers need not keep what they made. Where a name
/// is taken by another type, the later one gets its type as a suffix. Safe to use from any thread.
public final class PrometheusMetrics: MetricsFactory {
  private struct State {
    var families: [String: MetricFamily] = [:]
    /// Each set of labels once, with the number of its series: an object of which there are thousands has dozens.
    var labels: [MetricLabels: (shared: MetricLabels, uses: Int)] = [:]
  }

  private let state = Mutex(State())
  private let help: [String: String]

  /// - Parameter help: What a metric says, by its full name.
  public init(help: [String: String] = [:]) { self.help = help }

  /// All series in the text format; one family after the other, sorted by name.
  public var text: String {
    var writer = MetricsTextWriter(format: .prometheus)
    write(to: &writer)
    return writer.finished()
  }

  /// The same as OpenMetrics 1.0.0.
  public var openMetricsText: String {
    var writer = MetricsTextWriter(format: .openMetrics)
    write(to: &writer)
    return writer.finished()
  }

  func write(to writer: inout MetricsTextWriter) {
    for name in familyNames { write(name, to: &writer) }
  }

  /// Of the families there are now, sorted.
  var familyNames: [String] { state.withLock { $0.families.keys.sorted() } }

  func write(_ name: String, to writer: inout MetricsTextWriter) {
    guard let family = state.withLock({ $0.families[name] }) else { return }
    writer.write(name, type: family.type, help: help[name], series: family.series.map { ($0, $1.snapshot) })
  }

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    counter(label, dimensions)
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    counter(label, dimensions)
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(MetricName.metric(label), .gauge, dimensions, make: GaugeSeries.init)
  }

  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    let name = MetricName.metric(label)
    guard aggregate else { return series(name, .gauge, dimensions, make: GaugeSeries.init) }
    return series(name, .histogram, dimensions) { HistogramSeries($0, bounds: HistogramBounds.forName(name)) }
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(MetricName.metric(label, suffix: "_seconds"), .histogram, dimensions) {
      HistogramSeries($0, bounds: HistogramBounds.seconds)
    }
  }

  public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
  public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
  public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
  public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

  private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries {
    series(MetricName.metric(label, suffix: "_total"), .counter, dimensions, make: CounterSeries.init)
  }

  /// The series of that name and dimensions, made where it does not exist.
  private func series<Series: MetricSeries>(
    _ wanted: String, _ type: MetricType, _ dimensions: [(String, String)], make: (SeriesPlace) -> Series
  ) -> Series {
    let labels = MetricLabels(dimensions, isOfHistogram: type == .histogram)
    return state.withLock { state in
      let name = Self.freeName(wanted, type, in: state.families)
      if let existing = state.families[name]?.series[labels] as? Series { return existing }
      let shared = state.labels[labels]?.shared ?? labels
      state.labels[shared, default: (shared, 0)].uses += 1
      let family = state.families[name]?.name ?? name
      let made = make(SeriesPlace(family: family, labels: shared))
      state.families[family, default: MetricFamily(name: family, type: type)].series[shared] = made
      return made
    }
  }

  /// One name has one type, also the names that a histogram adds: a scrape with two fails as a whole.
  private static func freeName(_ wanted: String, _ type: MetricType, in families: [String: MetricFamily]) -> String {
    var name = wanted
    while true {
      if let family = families[name] {
        if family.type == type { return name }
      } else {
        let isTaken = type.names(of: name).contains { families[$0] != nil }
        let isPartOfAnother = MetricType.histogramSuffixes.contains { suffix in
          name.hasSuffix(suffix) && families[String(name.dropLast(suffix.count))]?.type == .histogram
        }
        if !isTaken, !isPartOfAnother { return name }
      }
      name += "_\(type.rawValue)"
    }
  }

  private func remove(_ handler: AnyObject) {
    guard let series = handler as? any MetricSeries else { return }
    let (name, labels) = (series.place.family, series.place.labels)
    state.withLock { state in
      // One that was ended before may have a successor, which stays.
      guard state.families[name]?.series[labels] === series else { return }
      state.families[name]?.series[labels] = nil
      if state.families[name]?.series.isEmpty == true { state.families[name] = nil }
      state.labels[labels]?.uses -= 1
      if state.labels[labels]?.uses == 0 { state.labels[labels] = nil }
    }
  }
}

enum MetricType: String, Sendable {
  case counter, gauge, histogram

  static let histogramSuffixes = ["_bucket", "_sum", "_count"]

  /// Every name that a family of this type takes.
  func names(of name: String) -> [String] {
    self == .histogram ? [name] + Self.histogramSuffixes.map { name + $0 } : [name]
  }
}

struct MetricFamily: Sendable {
  /// One string for all its series.
  let name: String
  let type: MetricType
  var series: [MetricLabels: any MetricSeries] = [:]
}

/// Where a series belongs.
struct SeriesPlace: Sendable {
  let family: String
  let labels: MetricLabels
}

/// The dimensions of a series: sanitised names, sorted, each once.
final class MetricLabels: Hashable, Sendable {
  /// `namespace="a",policy="b"`
  let text: String

  /// Two dimensions of one name would fail a scrape: the first counts.
  init(_ dimensions: [(String, String)], isOfHistogram: Bool) {
    var seen: [String: String] = [:]
    for (name, value) in dimensions {
      let name = MetricName.label(name, isOfHistogram: isOfHistogram)
      if seen[name] == nil { seen[name] = value }
    }
    text = seen.sorted { $0.key < $1.key }.map { "\($0)=\"\(MetricsTextWriter.escaped($1))\"" }.joined(separator: ",")
  }

  static func == (left: MetricLabels, right: MetricLabels) -> Bool { left === right || left.text == right.text }

  func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
