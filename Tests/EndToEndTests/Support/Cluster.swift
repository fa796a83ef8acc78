import Foundation
import Testing
import TestServers

/// Where the end-to-end suite runs: a sandbox of its own, or the cluster that `KUBECONFIG` names.
///
/// A real cluster must be one that may be changed at will: custom resource definitions are applied, namespaces are
/// made. Its pods must reach servers on the test machine's 127.0.0.1 and have the image `HOLDFAST_E2E_IMAGE`;
/// where `HOLDFAST_E2E_SHELL_IMAGE` names one with busybox's programs, and claims without a class get a volume,
/// stand-ins for OpenZiti controllers run there too.
struct Cluster: Sendable {
  let kubeconfig: String
  let isReal: Bool
  /// The sandbox's process; nil for a real cluster.
  let sandbox: ServerProcess?
  let executorImage: String

  static var isRealConfigured: Bool { !(ProcessInfo.processInfo.environment["KUBECONFIG"] ?? "").isEmpty }

  /// An image with a shell and the usual small programs, as busybox has them.
  static let shellImage = ProcessInfo.processInfo.environment["HOLDFAST_E2E_SHELL_IMAGE"] ?? "busybox:1.37"
  /// A real cluster's nodes may reach no registry, so that somebody has to say which image they have.
  static let canRunShells =
    !isRealConfigured || ProcessInfo.processInfo.environment["HOLDFAST_E2E_SHELL_IMAGE"] != nil
  static let shellImageComment: Comment =
    "a real cluster needs an image with a shell for stand-ins; name it in HOLDFAST_E2E_SHELL_IMAGE"

  /// The folder of a claim on this machine; nil where there is none.
  func claim(_ name: String, in namespace: String) -> String? {
    sandbox.map { $0.folder.appendingPathComponent("data/claims/\(namespace)/\(name)").path }
  }

  /// The cluster that tests share, with the definitions applied and an operator running.
  static let shared = SharedServer { try await Cluster.startShared() }
  private static let sharedOperator = SharedServer { try await Operator.start(in: try await Cluster.shared.get()) }

  private static func startShared() async throws -> Cluster {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["KUBECONFIG"], !path.isEmpty {
      let cluster = Cluster(
        kubeconfig: path, isReal: true, sandbox: nil,
        executorImage: environment["HOLDFAST_E2E_IMAGE"] ?? "holdfast:dev")
      try await cluster.applyDefinitions()
      return cluster
    }
    return try await startSandbox()
  }

  /// The shared cluster, with the shared operator running.
  static func withOperator() async throws -> Cluster {
    _ = try await sharedOperator.get()
    return try await shared.get()
  }

  /// A sandbox for one test.
  /// - Parameter isEmpty: Without Holdfast's definitions and roles.
  static func startSandbox(isEmpty: Bool = false) async throws -> Cluster {
    let folder = try ServerProcess.makeFolder("sandbox")
    let kubeconfig = folder.appendingPathComponent("kubeconfig").path
    let process = try ServerProcess(
      [
        try Binaries.path("holdfast-sandbox"), "--port", "0", "--kubeconfig", kubeconfig, "--data-dir",
        folder.appendingPathComponent("data").path, "--image", "holdfast=\(try Binaries.path("holdfast"))",
        "--image", "\(shellImage)=/bin/sh", "--image",
        "\(UpgradeHook.standIn)=\(try UpgradeHook.writeStandIn(in: folder))",
      ], folder: folder)
    let cluster = Cluster(kubeconfig: kubeconfig, isReal: false, sandbox: process, executorImage: "holdfast:dev")
    try await process.waitUntil("the sandbox answers") {
      guard FileManager.default.fileExists(atPath: kubeconfig) else { return false }
      return (try? await cluster.kubectl("get", "--raw", "/readyz").succeeded) ?? false
    }
    if !isEmpty { try await cluster.applyDefinitions() }
    return cluster
  }

  private func applyDefinitions() async throws {
    try await kubectl("apply", "--server-side", "--force-conflicts", "-f", Binaries.repository + "/crds").checked()
    try await kubectl(
      "wait", "--for=condition=Established", "--timeout=30s", "crd/backuppolicies.holdfast.dev",
      "crd/backups.holdfast.dev", "crd/restorerequests.holdfast.dev"
    ).checked()
    for role in try Binaries.executorRoles() { try await apply(role) }
  }

  func kubectl(_ arguments: String..., input: String = "") async throws -> CommandResult {
    try await kubectl(arguments, input: input)
  }

  func kubectl(_ arguments: [String], input: String = "") async throws -> CommandResult {
    try await runCommand("kubectl", arguments, environment: ["KUBECONFIG": kubeconfig], input: input)
  }

  func apply(_ manifest: String) async throws {
    try await kubectl("apply", "-f", "-", input: manifest).checked()
  }

  /// One value of an object by kubectl's JSONPath; empty where there is no object or no value.
  func value(_ object: String, _ path: String, in namespace: String) async throws -> String {
    let result = try await kubectl(
      "get", object, "--namespace", namespace, "--ignore-not-found", "-o", "jsonpath={\(path)}")
    return result.output
  }

  /// Waits until a value is one of those expected.
  /// - Throws: With the object's YAML, its events and what was seen last.
  @discardableResult
  func waitFor(
    _ object: String, _ path: String, in namespace: String, toBe expected: String...,
    within deadline: Duration = .seconds(90)
  ) async throws -> String {
    var seen = ""
    do {
      try await eventually("\(object) \(path) to be \(expected)", within: deadline, every: .milliseconds(200)) {
        seen = try await value(object, path, in: namespace)
        return expected.contains(seen)
      }
      return seen
    } catch {
      let yaml = try await kubectl("get", object, "--namespace", namespace, "-o", "yaml").output
      let events = try await kubectl("get", "events", "--namespace", namespace).output
      throw TestServerError("\(error); seen '\(seen)'\n\(yaml)\n\(events)")
    }
  }
}

/// What the build made.
enum Binaries {
  /// The ClusterRoles that the chart installs for executors.
  static func executorRoles() throws -> [String] {
    let folder = repository + "/charts/holdfast/files"
    return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("executor-") }.map {
      file in
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata: {name: holdfast-\(file.dropLast("-rules.yaml".count))}
      rules:
      \(try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8))
      """
    }
  }

  /// The repository's root: two folders above this file's target.
  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  static func path(_ name: String) throws -> String {
    let folder =
      ProcessInfo.processInfo.environment["HOLDFAST_BIN"]
      ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
    for candidate in ["\(folder)/\(name)", "\(repository)/.build/debug/\(name)"]
    where FileManager.default.isExecutableFile(atPath: candidate) {
      return candidate
    }
    throw TestServerError("\(name) is not in \(folder); Tests/run builds it, or set HOLDFAST_BIN")
  }
}

/// An operator process.
struct Operator: Sendable {
  let process: ServerProcess

  /// - Parameter arguments: In addition to the kubeconfig and the executor's image.
  static func start(in cluster: Cluster, _ arguments: String...) async throws -> Operator {
    let folder = try ServerProcess.makeFolder("operator")
    let process = try ServerProcess(
      [
        try Binaries.path("holdfast"), "operator", "--kubeconfig", cluster.kubeconfig, "--executor-image",
        cluster.executorImage, "--health-port", "0",
      ] + arguments, folder: folder)
    return Operator(process: process)
  }
}
