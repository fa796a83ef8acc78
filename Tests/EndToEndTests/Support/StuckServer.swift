import Foundation
import TestServers

/// A server that takes connections and never answers: a source that hangs.
struct StuckServer: Sendable {
  let process: ServerProcess
  let address: String

  static func start() async throws -> StuckServer {
    let folder = try ServerProcess.makeFolder("stuck")
    let port = try freePorts(1)[0]
    let program = """
      import socket, time
      server = socket.create_server(("127.0.0.1", \(port)))
      held = []
      while True:
          held.append(server.accept())
      """
    let python = try Tool.find("python3", package: "Debian python3")
    let process = try ServerProcess([python.path, "-c", program], folder: folder)
    try await process.waitUntil("the stuck server listens") {
      (try? await runCommand("bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port)"]).succeeded) ?? false
    }
    return StuckServer(process: process, address: "http://127.0.0.1:\(port)")
  }
}
