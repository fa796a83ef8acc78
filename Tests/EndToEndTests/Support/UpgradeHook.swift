import Foundation
import TestServers

/// A chart whose upgrade takes a backup first, as docs/pre-upgrade.md has it: the library chart, used by a chart of one ConfigMap.
struct UpgradeHook: Sendable {
  /// Of the sandbox, where a program does not find its pod's account at the fixed path by itself.
  static let standIn = "holdfast-hook"

  let scenario: Scenario
  let helm: String
  let chart: String

  static func make(in scenario: Scenario, helm: String, values: String) throws -> UpgradeHook {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hook-\(UUID().uuidString)")
    let charts = folder.appendingPathComponent("charts")
    try FileManager.default.createDirectory(at: charts, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: Binaries.repository + "/charts/holdfast-pre-upgrade",
      toPath: charts.appendingPathComponent("holdfast-pre-upgrade").path)
    let templates = folder.appendingPathComponent("templates")
    try FileManager.default.createDirectory(at: templates, withIntermediateDirectories: true)
    try "apiVersion: v2\nname: app\nversion: 0.1.0\n".write(
      to: folder.appendingPathComponent("Chart.yaml"), atomically: true, encoding: .utf8)
    try "version: one\n".write(to: folder.appendingPathComponent("values.yaml"), atomically: true, encoding: .utf8)
    try """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: app}
    data: {version: {{ .Values.version }}}
    ---
    {{ include "holdfast.preUpgrade" (dict "context" . "image" "\(image(scenario.cluster))" \(values)) }}
    """.write(to: templates.appendingPathComponent("all.yaml"), atomically: true, encoding: .utf8)
    return UpgradeHook(scenario: scenario, helm: helm, chart: folder.path)
  }

  static func image(_ cluster: Cluster) -> String { cluster.isReal ? cluster.executorImage : standIn }

  func run(_ arguments: String...) async throws -> CommandResult {
    try await runCommand(
      helm, arguments + ["--namespace", scenario.namespace],
      environment: ["KUBECONFIG": scenario.cluster.kubeconfig])
  }

  func install() async throws { try await run("install", "app", chart, "--timeout", "150s").checked() }
  func upgrade(to version: String = "two") async throws -> CommandResult {
    try await run("upgrade", "app", chart, "--set", "version=\(version)", "--timeout", "150s")
  }

  /// What of the release is in the cluster.
  func version() async throws -> String {
    try await scenario.cluster.value("configmap/app", ".data.version", in: scenario.namespace)
  }

  func log() async throws -> String {
    let result = try await scenario.cluster.kubectl("logs", "job/bao-pre-upgrade", "--namespace", scenario.namespace)
    guard result.output.isEmpty else { return result.output }
    let pods = try await scenario.cluster.kubectl("get", "pods", "--namespace", scenario.namespace, "-o", "yaml")
    return "no log: \(result.errors)\n\(pods.output)"
  }

  /// A program that looks its pod's account up in the sandbox's folders, by namespace and name, and runs holdfast with it.
  static func writeStandIn(in folder: URL) throws -> String {
    let path = folder.appendingPathComponent("hook").path
    try """
    #!/bin/sh
    for argument; do case $argument in --namespace=*) namespace=${argument#*=} ;; esac; done
    for token in $(ls -t '\(folder.path)'/data/pods/*/volumes/kube-api-access-*/token); do
      case $(cut -d. -f2 "$token" | tr _- /+ | base64 -d 2>/dev/null) in
        *"system:serviceaccount:$namespace:"*-pre-upgrade*) account=$(dirname "$token") && break ;;
      esac
    done
    [ -n "$account" ] || { echo "no account of the hook in namespace $namespace"; exit 1; }
    KUBECONFIG=$account/../kubeconfig
    export KUBECONFIG
    cat >"$KUBECONFIG" <<END
    apiVersion: v1
    kind: Config
    current-context: pod
    contexts: [{name: pod, context: {cluster: pod, user: pod, namespace: $namespace}}]
    clusters: [{name: pod, cluster: {server: "https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT", certificate-authority: "$account/ca.crt"}}]
    users: [{name: pod, user: {tokenFile: "$account/token"}}]
    END
    exec '\(try Binaries.path("holdfast"))' "$@"
    """.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }
}
