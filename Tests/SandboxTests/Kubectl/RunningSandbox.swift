import Foundation
import Logging
import ServiceLifecycle
import Testing

@testable import Sandbox

/// A sandbox on a free port with a directory of its own, and kubectl to talk to it.
struct RunningSandbox: Sendable {
  let directory: String

  static var hasKubectl: Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/kubectl")
    }
  }

  /// Runs a sandbox for as long as `body`.
  static func with(_ body: (RunningSandbox) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.path + "/sandbox-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let (ready, announce) = AsyncStream<Void>.makeStream()
    var logger = Logger(label: "sandbox")
    logger.logLevel = .critical
    let server = try SandboxServer(
      configuration: .init(
        kubeconfig: directory + "/kubeconfig", dataDirectory: directory, images: ImageMap(["shell": ["/bin/sh"]])),
      logger: logger
    ) { _ in announce.finish() }
    let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      for await _ in ready {}
      let result: Result<Void, any Error>
      do { result = .success(try await body(RunningSandbox(directory: directory))) } catch { result = .failure(error) }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      try result.get()
    }
  }

  /// Runs a shell script with kubectl in the PATH.
  /// - Returns: What it wrote, to both outputs together.
  func shell(_ script: String, expecting status: Int32 = 0) async throws -> String {
    let output = directory + "/output-\(UUID().uuidString)"
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script]
    var environment = ProcessInfo.processInfo.environment
    environment["KUBECONFIG"] = directory + "/kubeconfig"
    environment["HOME"] = directory
    process.environment = environment
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.standardOutput = handle
    process.standardError = handle
    process.standardInput = FileHandle.nullDevice
    let ended: Int32 = try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    let text = try String(contentsOfFile: output, encoding: .utf8)
    #expect(ended == status, "\(script)\n\(text)")
    return text
  }
}
