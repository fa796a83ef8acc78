import Metrics
import Testing

@testable import HealthServer

@Suite struct OpenMetricsTests {
  @Test(arguments: [
    ([], MetricsFormat.prometheus), (["*/*"], .prometheus), (["text/plain"], .prometheus),
    (["text/plain;version=0.0.4"], .prometheus), (["application/openmetrics-text"], .openMetrics),
    (["application/openmetrics-text; version=\"1.0.0\"; charset=utf-8"], .openMetrics),
    // What Prometheus sends, old and new.
    (
      [
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
          + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
      ], .openMetrics
    ),
    (
      [
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
          + "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;q=0.3,"
          + "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
      ], .openMetrics
    ),
    (["text/plain;version=0.0.4;q=0.9", "application/openmetrics-text;q=0.5"], .prometheus),
    (["application/openmetrics-text;version=2.0.0"], .prometheus),
    (["application/openmetrics-text;q=0"], .prometheus), (["text/html", "application/json"], .prometheus),
    ([";;=,q", ""], .prometheus),
  ])
  func theFormatIsWhatTheClientWouldRatherHave(accept: [String], format: MetricsFormat) {
    #expect(MetricsFormat.wanted(accept: accept) == format, "\(accept)")
  }

  @Test func familiesOfCountersHaveNoSuffixAndTheTextEnds() {
    let metrics = PrometheusMetrics(help: ["holdfast_calls_total": "Say \"hi\"."])
    #expect(metrics.openMetricsText == "# EOF\n")
    Counter(label: "calls", dimensions: [("verb", "get")], factory: metrics).increment(by: 3)
    Gauge(label: "depth", factory: metrics).record(2)
    #expect(
      metrics.openMetricsText == """
        # HELP holdfast_calls Say \\"hi\\".
        # TYPE holdfast_calls counter
        holdfast_calls_total{verb="get"} 3
        # TYPE holdfast_depth gauge
        holdfast_depth 2
        # EOF

        """)
  }

  @Test func boundsOfBucketsAreNumbersWithAPoint() {
    let metrics = PrometheusMetrics()
    Timer(label: "wait", factory: metrics).recordSeconds(2)
    let lines = metrics.openMetricsText.split(separator: "\n")
    #expect(lines.contains("holdfast_wait_seconds_bucket{le=\"2.5\"} 1"))
    #expect(lines.contains("holdfast_wait_seconds_bucket{le=\"1.0\"} 0"))
    #expect(lines.contains("holdfast_wait_seconds_bucket{le=\"+Inf\"} 1"))
    #expect(lines.last == "# EOF")
  }

  @Test func endingOneOfManySeriesLeavesTheOthers() throws {
    let metrics = PrometheusMetrics()
    func gauge(_ index: Int) -> Gauge { Gauge(label: "x", dimensions: [("n", "\(index)")], factory: metrics) }
    for index in 0..<2_000 { gauge(index).record(index) }
    for index in 0..<2_000 where index != 7 { gauge(index).destroy() }
    #expect(try TextFormatParser.parse(metrics.text)["holdfast_x"]?.samples.map(\.labels) == [["n": "7"]])
    // One that comes back has nothing of what it was.
    Counter(label: "c", factory: metrics).increment(by: 5)
    Counter(label: "c", factory: metrics).destroy()
    Counter(label: "c", factory: metrics).increment()
    #expect(metrics.text.contains("holdfast_c_total 1\n"))
  }
}
