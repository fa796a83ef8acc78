internal import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A process, told apart from every other that ever ran: the boot, the pid namespace, the id and when it started.
public struct ProcessIdentity: Codable, Sendable, Hashable {
  public var bootID: String
  /// The inode of the namespace, so that process 1 of one container is not taken for process 1 of another.
  public var pidNamespace: String
  public var pid: Int32
  /// Clock ticks after boot (proc(5), `/proc/<pid>/stat`, field 22).
  public var startTicks: String

  public init(bootID: String, pidNamespace: String, pid: Int32, startTicks: String) {
    self.bootID = bootID
    self.pidNamespace = pidNamespace
    self.pid = pid
    self.startTicks = startTicks
  }
}

public protocol ProcessTable: Sendable {
  /// This process; nil where the system does not tell.
  var current: ProcessIdentity? { get }
  /// True only where it is certain: the same boot and namespace as ours, and no such process.
  func isGone(_ process: ProcessIdentity) -> Bool
}

/// Linux's `/proc`.
public struct SystemProcesses: ProcessTable {
  public init() {}

  public var current: ProcessIdentity? {
    guard let bootID = Self.text("/proc/sys/kernel/random/boot_id"),
      let namespace = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid"),
      let ticks = Self.startTicks("self")
    else { return nil }
    return ProcessIdentity(
      bootID: bootID, pidNamespace: namespace, pid: ProcessInfo.processInfo.processIdentifier, startTicks: ticks)
  }

  public func isGone(_ process: ProcessIdentity) -> Bool {
    guard process.pid > 0, let current, current.bootID == process.bootID,
      current.pidNamespace == process.pidNamespace
    else { return false }
    // Not by looking into /proc: `hidepid` hides processes that are there.
    if kill(process.pid, 0) != 0, errno == ESRCH { return true }
    guard let ticks = Self.startTicks("\(process.pid)") else { return false }
    return ticks != process.startTicks
  }

  private static func text(_ path: String) -> String? {
    (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func startTicks(_ process: String) -> String? {
    // The second field, the program's name in brackets, may hold anything.
    guard let stat = text("/proc/\(process)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    return fields.count > 19 ? String(fields[19]) : nil
  }
}
