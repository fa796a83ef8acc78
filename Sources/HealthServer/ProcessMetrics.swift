import Foundation

/// The process itself, under the names that every Prometheus client uses, read from `/proc` at each scrape.
struct ProcessMetrics: Sendable {
  /// Resident memory in bytes, processor time in seconds, open files.
  var residentBytes: Double
  var cpuSeconds: Double
  var openFiles: Double

  /// - Returns: nil where there is no `/proc`, or one of another shape.
  static func read(folder: String = "/proc/self") -> ProcessMetrics? {
    guard let stat = try? String(contentsOfFile: "\(folder)/stat", encoding: .utf8),
      // The second field is the program's name in parentheses and may hold anything: count from its end.
      let nameEnd = stat.lastIndex(of: ")"),
      let files = try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd")
    else { return nil }
    // proc_pid_stat(5): state is field 3, utime 14, stime 15 (clock ticks), rss 24 (pages).
    let fields = stat[stat.index(after: nameEnd)...].split(whereSeparator: \.isWhitespace)
    guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
      let pages = Double(fields[21])
    else { return nil }
    return ProcessMetrics(
      residentBytes: pages * Double(sysconf(Int32(_SC_PAGESIZE))),
      cpuSeconds: (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))), openFiles: Double(files.count))
  }

  var text: String {
    let none = MetricLabels([], isOfHistogram: false)
    var writer = MetricsTextWriter()
    writer.write("process_cpu_seconds_total", type: .counter, help: nil, series: [none: .value(cpuSeconds)])
    writer.write("process_open_fds", type: .gauge, help: nil, series: [none: .value(openFiles)])
    writer.write("process_resident_memory_bytes", type: .gauge, help: nil, series: [none: .value(residentBytes)])
    return writer.text
  }
}
