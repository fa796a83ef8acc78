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

  func write(to writer: inout MetricsTextWriter) {
    let none = MetricLabels([], isOfHistogram: false)
    func write(_ name: String, _ type: MetricType, _ help: String, _ value: Double) {
      writer.write(name, type: type, help: help, series: [(none, .value(value))])
    }
    write("process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds.", cpuSeconds)
    write("process_open_fds", .gauge, "Number of open file descriptors.", openFiles)
    write("process_resident_memory_bytes", .gauge, "Resident memory size in bytes.", residentBytes)
  }
}
