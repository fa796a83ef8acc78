import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import NIOCore
import SnapshotSource
import Subprocess
import SystemPackage
import Synchronization
import Tar
import Testing

@testable import FilesSource

/// A folder that is gone after the test.
func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.path + "/holdfast-files-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try await body(folder)
}

struct ToolFailure: Error, CustomStringConvertible {
  var description: String
}

/// Runs a shell script in a folder and returns what it wrote to its standard output.
@discardableResult
func shell(_ script: String, in folder: String) async throws -> String {
  let result = try await Subprocess.run(
    .name("bash"), arguments: ["-euo", "pipefail", "-c", "cd \"$0\"; \(script)", folder],
    environment: .inherit.updating(["LC_ALL": "C.UTF-8", "TZ": "UTC"]), output: .string(limit: 4 << 20),
    error: .string(limit: 1 << 20))
  guard result.terminationStatus.isSuccess else {
    throw ToolFailure(description: "\(script): \(result.terminationStatus): \(result.standardError)")
  }
  return result.standardOutput
}

/// What a source gave, and what it said.
struct Captured: Sendable {
  var bytes: [UInt8]
  var facts: SnapshotFacts

  /// The names of the members, in their order.
  func names() throws -> [String] { try entries().map(\.name.description) }

  func entries() throws -> [TarEntry] { try members().map(\.entry) }

  func members() throws -> [(entry: TarEntry, content: [UInt8])] {
    var reader = TarReader()
    var members: [(entry: TarEntry, content: [UInt8])] = []
    for event in try reader.consume(ByteBuffer(bytes: bytes)) {
      switch event {
      case .entry(let entry): members.append((entry, []))
      case .content(let piece): members[members.count - 1].content += Array(piece.readableBytesView)
      case .entryEnd, .archiveEnd: break
      }
    }
    try reader.finish()
    return members
  }

  func write(to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
}

func capture(_ source: FilesSource, onPiece: @Sendable (Int) async throws -> Void = { _ in }) async throws -> Captured {
  var bytes: [UInt8] = []
  let facts = try await source.capture { piece in
    bytes += Array(piece.readableBytesView)
    try await onPiece(bytes.count)
  }
  return Captured(bytes: bytes, facts: facts)
}

/// Why a capture failed; nil where it did not.
func failure(of source: FilesSource) async -> SnapshotSourceError? {
  do {
    _ = try await capture(source)
    return nil
  } catch {
    return error as? SnapshotSourceError
  }
}

/// The files of a folder, whose root is `/`.
func claim(_ folder: String, paths: [String] = ["/"], exclude: [String] = []) -> FilesSource {
  FilesSource(
    name: "files",
    configuration: FilesConfiguration(
      place: .folder(folder, name: "claim data"), paths: paths, exclude: exclude),
    pause: { _ in })
}

typealias PodCommand = @Sendable (ExecServer.Call, ExecServerConnection) async throws -> Void

/// A pod whose commands are functions, or programs of this machine.
enum FakePod {
  static let pod = """
    {"metadata":{"name":"web-0","namespace":"shop","annotations":{"kubectl.kubernetes.io/default-container":"main"}},\
    "spec":{"containers":[{"name":"side","image":"x"},{"name":"main","image":"x"}]},"status":{"phase":"Running",\
    "conditions":[{"type":"Ready","status":"True"}]}}
    """

  static func run<Value: Sendable>(
    answer: @escaping @Sendable (String, String) -> ExecServer.Answer? = { _, _ in nil },
    handle: @escaping PodCommand, _ body: (KubernetesClient, ExecServer) async throws -> Value
  ) async throws -> Value {
    try await ExecServer.run(
      answer: { method, uri in
        if let given = answer(method, uri) { return given }
        guard uri.contains("/pods?") else { return nil }
        return .init(#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[\#(pod)]}"#)
      }, handle: handle
    ) { server in
      try await withTransport(ClientConfiguration(server: server.url)) { transport in
        try await body(KubernetesClient(transport: RetryingTransport(transport), defaultNamespace: "shop"), server)
      }
    }
  }

  /// A pod with GNU tar, whose archive and end are a function's.
  static func gnu<Value: Sendable>(
    _ archive: @escaping PodCommand, _ body: (KubernetesClient, ExecServer) async throws -> Value
  ) async throws -> Value {
    try await run(
      handle: { call, connection in
        guard !call.command.contains("--version") else {
          try await connection.stdout("tar (GNU tar) 1.34\n")
          return try await connection.exit(0)
        }
        try await archive(call, connection)
      }, body)
  }

  static func source(
    _ client: KubernetesClient, paths: [String], exclude: [String] = [], container: String? = nil,
    pause: @escaping @Sendable (Duration) async throws -> Void = { _ in }
  ) -> FilesSource {
    let pods = FilesConfiguration.Pods(
      namespace: "shop", selector: LabelSelector(matchLabels: ["app": "web"]), container: container)
    return FilesSource(
      name: "files", configuration: FilesConfiguration(place: .pod(pods), paths: paths, exclude: exclude),
      client: client, pause: pause)
  }

  /// Runs commands for real, with the programs of a folder and no others.
  static func real(_ programs: String) -> PodCommand {
    { call, connection in try await real(call, connection, programs) }
  }

  static func real(_ call: ExecServer.Call, _ connection: ExecServerConnection, _ programs: String) async throws {
    let program = "\(programs)/\(call.command[0])"
    guard FileManager.default.fileExists(atPath: program) else {
      return try await connection.internalError(
        "OCI runtime exec failed: exec: \"\(call.command[0])\": executable file not found in $PATH: unknown")
    }
    let isDone = Mutex(false)
    async let running = {
      defer { isDone.withLock { $0 = true } }
      return try await Subprocess.run(
        .path(.init(program)), arguments: Arguments(Array(call.command.dropFirst())),
        environment: .custom(["PATH": programs]), output: .bytes(limit: 16 << 20), error: .string(limit: 1 << 20))
    }()
    // A server that says nothing is taken for dead, and a loaded machine may take its time.
    var beat = ContinuousClock.now
    while !isDone.withLock({ $0 }) {
      if ContinuousClock.now - beat > .seconds(5) {
        try await connection.message(1, ByteBuffer())
        beat = .now
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    let result = try await running
    var output = ByteBuffer(bytes: result.standardOutput)
    while let piece = output.readSlice(length: min(output.readableBytes, 100_000)), piece.readableBytes > 0 {
      try await connection.stdout(piece)
    }
    if !result.standardError.isEmpty { try await connection.stderr(result.standardError) }
    switch result.terminationStatus {
    case .exited(let code): try await connection.exit(Int(code))
    case .signaled(let signal): try await connection.exit(128 + Int(signal))
    }
  }

  /// A folder of programs as an image has them.
  static func programs(_ flavor: String, in folder: String) async throws -> String {
    let script =
      switch flavor {
      case "gnu": "for p in tar env ls date find stat; do ln -s $(command -v $p) bin/$p; done"
      case "busybox": "for p in tar env ls date find stat sh; do ln -s $(command -v busybox) bin/$p; done"
      case "bsdtar":
        "ln -s $(command -v bsdtar) bin/tar; for p in env ls date find stat; do ln -s $(command -v $p) bin/$p; done"
      case "shell": "for p in sh ls stat cat readlink; do ln -s $(command -v $p) bin/$p; done"
      case "busybox shell": "for p in sh ls stat cat readlink; do ln -s $(command -v busybox) bin/$p; done"
      default: "true"
      }
    try await shell("mkdir bin; \(script)", in: folder)
    return folder + "/bin"
  }
}
