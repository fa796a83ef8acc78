import ArgumentParser
import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Look for what would keep backups and restores from working.",
    discussion: """
      The API server and its clock, the definitions, your own rights, the operator, policies that are not ready or not \
      protected, and what nobody looks after any more. Ends with 1 where there is a problem. Changes nothing.
      """)

  @OptionGroup var cluster: ClusterOptions

  @Flag(name: [.customShort("A"), .long], help: "Policies and leftovers of all namespaces.")
  var allNamespaces = false

  @Option(name: .shortAndLong, help: "text, json or yaml.")
  var output = ObjectFormat.text

  func run() async throws {
    try await cluster.run { session in
      let findings = try await Doctor(session: session, isEverywhere: allNamespaces).examine()
      switch output {
      case .json, .yaml: try session.console.say(JSONValue(encoding: findings), isYAML: output == .yaml)
      case .text: session.say(findings.flatMap(\.lines) + [findings.summary])
      }
      return findings.exit
    }
  }
}

/// Fetches what is judged by ``ClusterFacts`` and ``Leftovers``.
struct Doctor: Sendable {
  let session: Session
  let isEverywhere: Bool

  private var client: KubernetesClient { session.client }

  func examine() async throws -> [Finding] {
    var findings = try await api()
    let (definitions, areThere) = await self.definitions()
    findings += definitions
    findings += await rights()
    findings += await operators()
    guard areThere else { return findings }
    return await findings + policiesAndLeftovers()
  }

  /// - Throws: Where there is no answer: nothing else can be looked at then.
  private func api() async throws -> [Finding] {
    let request = try Request.raw(path: "/version")
    let sent = session.now()
    let response = try await client.transport.send(request)
    let received = session.now()
    if response.status == 401 {
      throw KubernetesError(code: .unauthorized, operation: "get /version", message: "HTTP status 401")
    }
    let version = (try? JSONValue(parsing: response.body))?["gitVersion"]?.stringValue
    var findings = [
      Finding("api", .ok, "\(session.server) answers" + (version.map { " (Kubernetes \($0))" } ?? ""))
    ]
    if let date = response.headers["date"].flatMap(ClusterFacts.httpDate) {
      findings.append(ClusterFacts.clock(server: date, sent: sent, received: received))
    } else {
      findings.append(Finding("api", .unknown, "the server does not tell its time"))
    }
    return findings
  }

  private static let definition = ResourceType(
    group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition", plural: "customresourcedefinitions",
    isNamespaced: false)

  private static var known: [(ResourceType, [String: Set<String>])] {
    let policy = BackupPolicySpec(sources: [], target: Target())
    let backup = Backup.Spec(policyRef: NameReference(name: ""))
    let restore = RestoreRequest.Spec(from: .init())
    return [
      (
        BackupPolicy.resource,
        ["spec": ClusterFacts.fields(of: policy), "status": ClusterFacts.fields(of: BackupPolicyStatus())]
      ),
      (Backup.resource, ["spec": ClusterFacts.fields(of: backup), "status": ClusterFacts.fields(of: Backup.Status())]),
      (
        RestoreRequest.resource,
        ["spec": ClusterFacts.fields(of: restore), "status": ClusterFacts.fields(of: RestoreRequest.Status())]
      ),
    ]
  }

  private func definitions() async -> (findings: [Finding], areThere: Bool) {
    var findings: [Finding] = []
    for (resource, fields) in Self.known {
      let name = "\(resource.plural).\(resource.group)"
      do {
        findings.append(
          ClusterFacts.definition(name, try await client.get(Self.definition, name: name), known: fields))
      } catch let error as KubernetesError where error.code == .notFound {
        findings.append(
          Finding(
            "definitions", .problem, "there is no \(name)",
            remedy: "kubectl apply --server-side -f charts/holdfast/crds, or helm install holdfast"))
      } catch {
        findings.append(Finding("definitions", .unknown, "\(name) may not be read"))
      }
    }
    return (findings, !findings.contains { $0.message.hasPrefix("there is no") })
  }

  private func rights() async -> [Finding] {
    let review = ResourceType(
      group: "authorization.k8s.io", version: "v1", kind: "SelfSubjectAccessReview", plural: "selfsubjectaccessreviews",
      isNamespaced: false)
    var denied: [String] = []
    for right in ClusterFacts.Right.all {
      var attributes: JSONValue = [
        "namespace": .string(session.namespace), "verb": .string(right.verb), "group": .string(right.group),
        "resource": .string(right.resource),
      ]
      attributes["subresource"] = right.subresource.map { .string($0) }
      do {
        let answer = try await client.create(
          review,
          [
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": ["resourceAttributes": attributes],
          ])
        if answer[path: "status", "allowed"]?.boolValue != true { denied.append("\(right.text) (\(right.command))") }
      } catch {
        return [Finding("rights", .unknown, "the server does not say what you may do: \(PluginFailure(error).message)")]
      }
    }
    guard !denied.isEmpty else {
      return [Finding("rights", .ok, "you may do all that this program does in namespace \(session.namespace)")]
    }
    return [
      Finding(
        "rights", .warning, "in namespace \(session.namespace) you may not \(denied.joined(separator: ", "))",
        remedy:
          "the chart's roles are holdfast-view, holdfast-edit and holdfast-admin; Secrets and logs are the namespace's own"
      )
    ]
  }

  private func operators() async -> [Finding] {
    let resource = ResourceType(group: "apps", version: "v1", kind: "Deployment", plural: "deployments")
    do {
      let found = try await client.list(
        resource, options: ListOptions(labelSelector: "app.kubernetes.io/component=operator"))
      let ours = found.items.filter { item in
        let containers = item[path: "spec", "template", "spec", "containers"]?.arrayValue ?? []
        return containers.contains { $0["args"]?.arrayValue?.first?.stringValue == "operator" }
          && item.labels["app.kubernetes.io/name"]?.contains("holdfast") ?? false
      }
      guard !ours.isEmpty else {
        return [
          Finding(
            "operator", .warning, "no Deployment of the operator is in this cluster",
            remedy: "helm install holdfast charts/holdfast, unless it runs elsewhere with a kubeconfig")
        ]
      }
      var findings: [Finding] = []
      for deployment in ours {
        let (lease, isKnown) = await self.lease(of: deployment)
        findings += ClusterFacts.operatorDeployment(
          deployment, lease: lease, leaseIsKnown: isKnown, version: PluginVersion.current, now: session.now())
      }
      return findings
    } catch {
      return [Finding("operator", .unknown, "Deployments of all namespaces may not be listed")]
    }
  }

  private func lease(of deployment: JSONValue) async -> (Lease?, isKnown: Bool) {
    do {
      return (
        try await client.get(Lease.self, name: deployment.name ?? "", namespace: deployment.namespace), true
      )
    } catch {
      return (nil, (error as? KubernetesError)?.code == .notFound)
    }
  }

  private func policiesAndLeftovers() async -> [Finding] {
    let now = session.now()
    do {
      let policies = try await session.all(BackupPolicy.self, everywhere: isEverywhere)
      var findings = policies.isEmpty ? [Finding("policies", .ok, "there is no policy here")] : []
      for policy in policies.sorted(by: { $0.key < $1.key }) {
        findings.append(Self.finding(PolicySummary(policy, now: now)))
      }
      let leftovers = Leftovers(
        policies: policies, backups: try await session.all(Backup.self, everywhere: isEverywhere),
        restores: try await session.all(RestoreRequest.self, everywhere: isEverywhere),
        jobs: try await jobs(), deployments: await paused(), now: now)
      return findings + leftovers.findings
    } catch {
      return [Finding("policies", .unknown, PluginFailure(error).message)]
    }
  }

  static func finding(_ policy: PolicySummary) -> Finding {
    let name = "BackupPolicy \(policy.namespace)/\(policy.policy)"
    if policy.ready == "True", policy.protected == "True" {
      return Finding("policies", .ok, "\(name) is ready and protected")
    }
    // Elsewhere the message sends people here.
    let message = (policy.message ?? "not protected").replacingOccurrences(of: ": kubectl holdfast doctor", with: "")
    // One that has just been made has no backup, and nothing is wrong with it.
    let isNew = policy.ready == "True" && policy.message?.hasPrefix("NoBackupYet") ?? false
    return Finding(
      "policies", isNew ? .warning : .problem, "\(name): \(message)",
      remedy: isNew ? "kubectl holdfast backup \(policy.policy) -n \(policy.namespace) --wait" : nil)
  }

  /// Any Job with the policy's label, as the operator sees them: a run waits for a person's own Job too.
  static let jobSelector = HoldfastAPI.policyLabel

  private func jobs() async throws -> [Job] {
    do {
      return try await session.all(Job.self, everywhere: isEverywhere, label: Self.jobSelector)
    } catch let error as KubernetesError where error.code == .forbidden {
      return []
    }
  }

  /// Empty where they may not be listed: the restore itself has told.
  private func paused() async -> [JSONValue] {
    let resource = ResourceType(group: "apps", version: "v1", kind: "Deployment", plural: "deployments")
    let all = try? await client.list(resource, namespace: isEverywhere ? nil : session.namespace)
    return (all?.items ?? []).filter { $0.annotations[HoldfastAPI.pausedByAnnotation] != nil }
  }
}
