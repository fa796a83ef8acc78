import Metrics
import Testing

@testable import HealthServer

@Suite struct PrometheusMetricsTests {
  let metrics = PrometheusMetrics()

  private func families() throws -> [String: TextFormatParser.Family] { try TextFormatParser.parse(metrics.text) }

  private func value(_ name: String, _ labels: [String: String] = [:]) throws -> Double? {
    let all = try families().values.flatMap(\.samples)
    return all.first { $0.name == name && $0.labels == labels }?.value
  }

  @Test func nothingRecordedIsAnEmptyScrape() throws {
    _ = Gauge(label: "depth", factory: metrics)
    #expect(metrics.text.isEmpty)
  }

  @Test func countersMadeTwiceAreOneSeries() throws {
    Counter(label: "calls", dimensions: [("verb", "get"), ("code", "200")], factory: metrics).increment(by: 2)
    Counter(label: "calls", dimensions: [("code", "200"), ("verb", "get")], factory: metrics).increment()
    FloatingPointCounter(label: "calls", dimensions: [("code", "500"), ("verb", "get")], factory: metrics)
      .increment(by: 0.5)
    #expect(try value("holdfast_calls_total", ["verb": "get", "code": "200"]) == 3)
    #expect(try value("holdfast_calls_total", ["verb": "get", "code": "500"]) == 0.5)
    #expect(try families()["holdfast_calls_total"]?.type == "counter")
  }

  @Test func aCounterNeverGoesDown() throws {
    let counter = metrics.makeFloatingPointCounter(label: "sum", dimensions: [])
    counter.increment(by: 2)
    counter.increment(by: -5)
    counter.increment(by: .nan)
    counter.increment(by: .infinity)
    #expect(try value("holdfast_sum_total") == 2)
  }

  @Test func gaugesSayTheLastValueUntilTheyAreDestroyed() throws {
    let labels = ["policy": "bao"]
    Gauge(label: "holdfast_policy_protected", dimensions: [("policy", "bao")], factory: metrics).record(0)
    Gauge(label: "holdfast_policy_protected", dimensions: [("policy", "bao")], factory: metrics).record(1)
    Gauge(label: "holdfast_policy_protected", dimensions: [("policy", "pki")], factory: metrics).record(1)
    #expect(try value("holdfast_policy_protected", labels) == 1)
    Gauge(label: "holdfast_policy_protected", dimensions: [("policy", "bao")], factory: metrics).destroy()
    #expect(try value("holdfast_policy_protected", labels) == nil)
    #expect(try value("holdfast_policy_protected", ["policy": "pki"]) == 1)
    Gauge(label: "holdfast_policy_protected", dimensions: [("policy", "pki")], factory: metrics).destroy()
    #expect(metrics.text.isEmpty)
  }

  @Test func metersGoUpAndDown() throws {
    let meter = Meter(label: "queue", factory: metrics)
    meter.increment(by: 3)
    meter.decrement(by: 1)
    #expect(try value("holdfast_queue") == 2)
  }

  @Test func timersAreHistogramsInSeconds() throws {
    let timer = Timer(label: "reconcile_duration", dimensions: [("controller", "job")], factory: metrics)
    timer.recordMilliseconds(10)
    timer.recordMilliseconds(20)
    timer.recordSeconds(1_000)
    let name = "holdfast_reconcile_duration_seconds"
    #expect(try families()[name]?.type == "histogram")
    #expect(try value(name + "_bucket", ["controller": "job", "le": "0.005"]) == 0)
    // A bound is inclusive.
    #expect(try value(name + "_bucket", ["controller": "job", "le": "0.01"]) == 1)
    #expect(try value(name + "_bucket", ["controller": "job", "le": "0.025"]) == 2)
    #expect(try value(name + "_bucket", ["controller": "job", "le": "300"]) == 2)
    #expect(try value(name + "_bucket", ["controller": "job", "le": "+Inf"]) == 3)
    #expect(try value(name + "_sum", ["controller": "job"]) == 1_000.03)
    #expect(try value(name + "_count", ["controller": "job"]) == 3)
  }

  @Test func recordersOfBytesHaveBucketsForBytes() throws {
    Recorder(label: "part_bytes", factory: metrics).record(10 << 20)
    #expect(try value("holdfast_part_bytes_bucket", ["le": "4194304"]) == 0)
    #expect(try value("holdfast_part_bytes_bucket", ["le": "16777216"]) == 1)
  }

  @Test(arguments: [
    ("http.requests-total", "holdfast_http_requests_total"), ("9lives", "holdfast__9lives_total"),
    ("größe", "holdfast_gr__e_total"), ("", "holdfast___total"), ("holdfast_x_total", "holdfast_x_total"),
  ])
  func namesAreWhatPrometheusTakes(label: String, expected: String) throws {
    Counter(label: label, factory: metrics).increment()
    #expect(try families().keys.sorted() == [expected])
  }

  @Test(arguments: ["plain", "a \"quote\"", "back\\slash", "line\nfeed", "\\n", "", "ünïcode ✓", "a,b}={"])
  func labelValuesSurvive(value given: String) throws {
    Counter(label: "x", dimensions: [("message", given)], factory: metrics).increment()
    #expect(try value("holdfast_x_total", ["message": given]) == 1)
  }

  @Test func labelNamesThatPrometheusKeepsAreRenamed() throws {
    Counter(
      label: "x", dimensions: [("__name__", "a"), ("le", "b"), ("c.d", "first"), ("c_d", "second")], factory: metrics
    )
    .increment()
    #expect(try value("holdfast_x_total", ["_name__": "a", "le": "b", "c_d": "first"]) == 1)
    Timer(label: "t", dimensions: [("le", "mine")], factory: metrics).recordSeconds(1)
    #expect(try value("holdfast_t_seconds_count", ["exported_le": "mine"]) == 1)
  }

  @Test func oneNameHasOneType() throws {
    Timer(label: "wait", factory: metrics).recordSeconds(1)
    Gauge(label: "wait_seconds", factory: metrics).record(7)
    Gauge(label: "wait_seconds_sum", factory: metrics).record(8)
    Gauge(label: "load_seconds_count", factory: metrics).record(9)
    Timer(label: "load", factory: metrics).recordSeconds(1)
    let families = try families()
    #expect(families["holdfast_wait_seconds"]?.type == "histogram")
    #expect(families["holdfast_wait_seconds_gauge"]?.samples.first?.value == 7)
    #expect(families["holdfast_wait_seconds_sum_gauge"]?.samples.first?.value == 8)
    #expect(families["holdfast_load_seconds_histogram"]?.type == "histogram")
  }

  @Test(arguments: [
    (0.0, "0"), (-3, "-3"), (1.5, "1.5"), (1e300, "1e+300"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    (1_763_700_000, "1763700000"),
  ])
  func numbersAreWrittenAsGoReadsThem(value: Double, expected: String) {
    #expect(MetricsTextWriter.number(value) == expected)
  }

  @Test func helpIsEscaped() throws {
    let metrics = PrometheusMetrics(help: ["holdfast_x_total": "a \\ b\nc"])
    Counter(label: "x", factory: metrics).increment()
    let text = metrics.text
    #expect(text.hasPrefix("# HELP holdfast_x_total a \\\\ b\\nc\n# TYPE holdfast_x_total counter\n"))
    _ = try TextFormatParser.parse(text)
  }

  @Test func manyThreadsLoseNoIncrement() async throws {
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask { [metrics] in
          for index in 0..<1_000 {
            Counter(label: "x", dimensions: [("shard", "\(index % 3)")], factory: metrics).increment()
            Timer(label: "t", factory: metrics).recordMilliseconds(Int64(task))
            if index % 100 == 0 { _ = try? TextFormatParser.parse(metrics.text) }
          }
        }
      }
    }
    let total = try families()["holdfast_x_total"]?.samples.reduce(0) { $0 + $1.value }
    #expect(total == 8_000)
    #expect(try value("holdfast_t_seconds_count") == 8_000)
  }
}
