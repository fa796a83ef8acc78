import Foundation
import JobPlan
import Subprocess
import SystemPackage
import TestServers

struct Outcome: Sendable {
  var status: Int32
  var output: String
  var errors: String
}

/// The built program, as a person or a Job calls it.
enum Program {
  static func path() throws -> String {
    let folder =
      ProcessInfo.processInfo.environment["HOLDFAST_BIN"]
      ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
    let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    for candidate in ["\(folder)/holdfast", "\(repository)/.build/debug/holdfast"]
    where FileManager.default.isExecutableFile(atPath: candidate) {
      return candidate
    }
    throw TestServerError("holdfast is not in \(folder); Tests/run builds it, or set HOLDFAST_BIN")
  }

  static func run(
    _ arguments: [String], input: String = "", environment: [String: String] = [:]
  ) async throws -> Outcome {
    try await run(try path(), arguments, input: input, environment: environment)
  }

  /// Any program; a name is looked up on `PATH`.
  static func run(
    _ program: String, _ arguments: [String], input: String = "", environment: [String: String] = [:]
  ) async throws -> Outcome {
    let executable: Executable = program.hasPrefix("/") ? .path(.init(program)) : .name(program)
    let result = try await Subprocess.run(
      executable, arguments: Arguments(arguments), environment: updated(environment), input: .text(input),
      output: .string(limit: 8 << 20), error: .string(limit: 8 << 20))
    return Outcome(
      status: status(result.terminationStatus), output: result.standardOutput, errors: result.standardError)
  }

  /// Starts the program, waits until `isReady`, sends a signal, and waits for the end.
  static func run(
    _ arguments: [String], signal: Signal, when isReady: @escaping @Sendable () async throws -> Bool
  ) async throws -> Outcome {
    let result = try await Subprocess.run(
      .path(.init(try path())), arguments: Arguments(arguments), environment: .inherit, input: .none,
      output: .string(limit: 8 << 20), error: .string(limit: 8 << 20)
    ) { execution in
      try? await eventually("the moment for the signal", within: .seconds(30), every: .milliseconds(2)) {
        try await isReady()
      }
      // Where the program has ended already there is nothing to signal.
      try? execution.send(signal: signal)
    }
    return Outcome(
      status: status(result.terminationStatus), output: result.standardOutput, errors: result.standardError)
  }

  private static func updated(_ environment: [String: String]) -> Subprocess.Environment {
    var changes: [Subprocess.Environment.Key: String?] = [:]
    for (name, value) in environment { changes[Subprocess.Environment.Key(stringLiteral: name)] = value }
    return .inherit.updating(changes)
  }

  private static func status(_ termination: TerminationStatus) -> Int32 {
    switch termination {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  }
}

/// A folder with a plan, mounts, an age key and a filesystem target.
final class Workplace: Sendable {
  let folder: URL
  let recipient: String
  var store: String { folder.appendingPathComponent("store").path }
  var plan: String { folder.appendingPathComponent("plan.json").path }
  var result: String { folder.appendingPathComponent("result.json").path }
  var identity: String { folder.appendingPathComponent("identity.txt").path }
  var mounts: String { folder.appendingPathComponent("mounts").path }

  private init(folder: URL, recipient: String) {
    self.folder = folder
    self.recipient = recipient
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  static func make() async throws -> Workplace {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-cli-\(UUID().uuidString)")
    for name in ["store", "mounts"] {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    let identity = folder.appendingPathComponent("identity.txt").path
    let made = try await Program.run("age-keygen", ["-o", identity])
    guard made.status == 0 else { throw TestServerError("age-keygen: \(made.errors)") }
    let recipient = try await Program.run("age-keygen", ["-y", identity]).output
    return Workplace(folder: folder, recipient: recipient.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  func secret(_ name: String, _ key: String, _ value: String) throws {
    let folder = URL(fileURLWithPath: mounts).appendingPathComponent("secrets/\(name)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(value.utf8).write(to: folder.appendingPathComponent(key))
  }

  func writePlan(address: String, maxCount: Int = 2, target: [String: Any]? = nil) throws {
    let plan: [String: Any] = [
      "policy": ["namespace": "ns", "name": "bao"],
      "spec": [
        "sources": [["name": "raft", "openBao": ["address": address, "tokenSecretRef": ["name": "token"]]]],
        "target": target ?? ["provider": "filesystem", "filesystem": ["path": store]],
        "encryption": ["age": ["recipients": [recipient]]],
        "retention": ["maxCount": maxCount],
      ],
    ]
    try JSONSerialization.data(withJSONObject: plan).write(to: URL(fileURLWithPath: self.plan))
  }

  var options: [String] { ["--plan", plan, "--mounts", mounts] }

  @discardableResult
  func holdfast(_ arguments: String..., environment: [String: String] = [:]) async throws -> Outcome {
    try await Program.run(arguments + options, environment: environment)
  }

  func backup() async throws -> Outcome {
    try await Program.run(["backup", "--result", result] + options)
  }

  func readResult() throws -> ExecutorResult {
    try ExecutorResult(decoding: try Data(contentsOf: URL(fileURLWithPath: result)))
  }

  /// Part of an artifact is in the store's scratch space.
  func isUploading() throws -> Bool {
    try files().contains { file in
      let size = try? FileManager.default.attributesOfItem(atPath: "\(store)/\(file)")[.size] as? Int
      return file.contains(".holdfast-uploads") && (size ?? 0) >= 1 << 20
    }
  }

  /// Files below the store, sorted, the store's own scratch space included.
  func files() throws -> [String] {
    let all = FileManager.default.enumerator(atPath: store)?.compactMap { $0 as? String } ?? []
    return all.filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(store)/\(path)", isDirectory: &isFolder) && !isFolder.boolValue
    }.sorted()
  }
}
