public import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A server program that runs beside a test and never outlives it.
///
/// The program hangs on a socket: a shell beside it waits for the socket's end, kills the whole process group and
/// removes ``folder``. That end comes when this object goes, when ``stop()`` is called and when the test process dies
/// for any reason. (`PR_SET_PDEATHSIG` would fire when the thread that forked ends, which a pool's thread may do at
/// any time.)
public final class ServerProcess: Sendable {
  /// Scratch space of the server; removed with it.
  public let folder: URL
  private let shell: pid_t
  private let lifeline: FileHandle
  private let exitStatus = Mutex<Int32?>(nil)

  private static let script = """
    cd "$1" || exit 1
    shift
    exec 3<&0 </dev/null
    setsid "$@" 3<&- &
    child=$!
    echo $child > "$PWD/pid"
    { read -r _ <&3
      kill -s KILL -- -$child
      while kill -0 $child; do sleep 0.02; done
      rm -rf "$PWD"; } >/dev/null 2>&1 &
    watcher=$!
    wait $child
    code=$?
    kill $watcher 2>/dev/null
    exit $code
    """

  /// An empty folder for a server of that name.
  public static func makeFolder(_ name: String) throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("holdfast-test-\(name)-\(UUID().uuidString.prefix(8).lowercased())")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    return folder
  }

  /// Starts `arguments[0]`, with its output in `folder/log`.
  public init(_ arguments: [String], environment: [String: String] = [:], folder: URL) throws {
    self.folder = folder
    let log = open(folder.appendingPathComponent("log").path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard log >= 0 else { throw TestServerError("\(folder.path)/log: errno \(errno)") }
    defer { close(log) }
    var ends: [Int32] = [-1, -1]
    // Close-on-exec from the start: no other child may keep the socket open.
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw TestServerError("socketpair: errno \(errno)")
    }
    defer { close(ends[0]) }
    lifeline = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    shell = try Self.spawn(
      ["/bin/sh", "-c", Self.script, "sh", folder.path] + arguments,
      environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }, input: ends[0], output: log)
  }

  deinit { try? lifeline.close() }

  /// Not `Foundation.Process`: that passes on the signal mask of the thread it is called on, and a pool's thread blocks
  /// SIGCHLD and SIGTERM.
  private static func spawn(
    _ arguments: [String], environment: [String: String], input: Int32, output: Int32
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let argv = arguments.map { strdup($0) } + [nil]
    let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var pid: pid_t = 0
    let result = posix_spawn(&pid, arguments[0], &actions, &attributes, argv, envp)
    guard result == 0 else { throw TestServerError("posix_spawn: errno \(result)") }
    return pid
  }

  public var isRunning: Bool { status() == nil }

  /// The exit status once it has ended.
  private func status() -> Int32? {
    exitStatus.withLock { known in
      var status: Int32 = 0
      if known == nil, waitpid(shell, &status, WNOHANG) == shell {
        known = status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
      }
      return known
    }
  }

  /// nil while it runs.
  public var exitCode: Int32? { status() }

  /// What the server wrote so far.
  public var fullLog: String {
    (try? String(contentsOf: folder.appendingPathComponent("log"), encoding: .utf8)) ?? ""
  }

  /// The end of what the server wrote, for a failure's message.
  public var log: String { String(fullLog.suffix(2000)) }

  /// Process id of the server itself, once the shell has started it.
  public var processID: Int32? {
    let text = try? String(contentsOf: folder.appendingPathComponent("pid"), encoding: .utf8)
    return text.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  /// Sends a signal to the server's process group: SIGSTOP and SIGCONT to hang it, SIGKILL to crash it, keeping
  /// ``folder``.
  public func signal(_ number: Int32) {
    if let processID { _ = kill(-processID, number) }
  }

  /// Kills the server and removes ``folder``.
  public func stop() {
    try? lifeline.close()
  }

  /// Stops, and returns when the process is gone.
  public func stopAndWait() async throws {
    stop()
    try await eventually("the server's end") { !self.isRunning }
    try? FileManager.default.removeItem(at: folder)
  }

  /// Waits until the server answers.
  /// - Throws: ``TestServerError`` with the log's end where the program exits or never answers.
  public func waitUntil(
    _ what: String, within deadline: Duration = .seconds(40), _ ready: () async -> Bool
  ) async throws {
    do {
      try await eventually(what, within: deadline) {
        if let status = self.status() { throw TestServerError("exited with \(status)") }
        return await ready()
      }
    } catch let error as TestServerError {
      throw TestServerError("\(what): \(error.description)\n\(log)")
    }
  }
}
