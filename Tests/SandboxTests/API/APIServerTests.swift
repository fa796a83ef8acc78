import KubernetesModel
import Testing

@testable import Sandbox

@Suite struct APIServerTests {
  private let client = TestClient()
  private let maps = "/api/v1/namespaces/default/configmaps"
  private let pods = "/api/v1/namespaces/default/pods"

  private func pod(_ name: String, node: String? = nil) -> JSONValue {
    var pod: JSONValue = [
      "metadata": ["name": .string(name)], "spec": ["containers": [["name": "c", "image": "i:1"]]],
    ]
    if let node { pod["spec", default: [:]]["nodeName"] = .string(node) }
    return pod
  }

  /// Each of these patches is a read, a change and a compare-and-swap.
  @Test func concurrentPatchesAllLand() async throws {
    _ = try await client.send("POST", maps, ["metadata": ["name": "a"]])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<50 {
        group.addTask {
          let answer = try await client.send(
            "PATCH", maps + "/a", ["data": .object(["k\(index)": "v"])], contentType: "application/merge-patch+json")
          #expect(answer.status == 200)
        }
      }
      try await group.waitForAll()
    }
    #expect(try await client.send("GET", maps + "/a").body["data"]?.objectValue?.count == 50)
  }

  @Test func aWriteThatChangesNothingKeepsTheVersion() async throws {
    let made = try await client.send("POST", maps, ["metadata": ["name": "a"], "data": ["x": "1"]])
    let again = try await client.send("PUT", maps + "/a", ["metadata": ["name": "a"], "data": ["x": "1"]])
    #expect(again.status == 200)
    #expect(again.body.resourceVersion == made.body.resourceVersion)
  }

  @Test func aDryRunLeavesNothing() async throws {
    #expect(try await client.send("POST", maps + "?dryRun=All", ["metadata": ["name": "a"]]).status == 201)
    #expect(try await client.send("GET", maps + "/a").status == 404)
    _ = try await client.send("POST", maps, ["metadata": ["name": "a"]])
    #expect(try await client.send("DELETE", maps + "/a?dryRun=All").status == 200)
    #expect(try await client.send("GET", maps + "/a").status == 200)
  }

  @Test func generatedNamesDiffer() async throws {
    var names: Set<String> = []
    for _ in 0..<20 {
      names.insert(try await client.send("POST", maps, ["metadata": ["generateName": "g-"]]).body.objectName)
    }
    #expect(names.count == 20)
    #expect(names.allSatisfy { $0.hasPrefix("g-") && $0.count == 7 })
  }

  @Test func aRunningPodWaitsForItsGracePeriodAndAWaitingOneDoesNot() async throws {
    _ = try await client.send("POST", pods, pod("waiting"))
    #expect(try await client.send("DELETE", pods + "/waiting").status == 200)
    #expect(try await client.send("GET", pods + "/waiting").status == 404)
    _ = try await client.send("POST", pods, pod("running", node: "n"))
    let marked = try await client.send("DELETE", pods + "/running", ["gracePeriodSeconds": 7])
    #expect(marked.body[path: "metadata", "deletionGracePeriodSeconds"] == 7)
    #expect(try await client.send("GET", pods + "/running").status == 200)
    _ = try await client.send("DELETE", pods + "/running", ["gracePeriodSeconds": 0])
    #expect(try await client.send("GET", pods + "/running").status == 404)
  }

  @Test func propagationBecomesAFinalizer() async throws {
    for (policy, finalizers) in [("Foreground", ["foregroundDeletion"]), ("Orphan", ["orphan"])] {
      _ = try await client.send("POST", maps, ["metadata": ["name": "a"]])
      let marked = try await client.send("DELETE", maps + "/a", ["propagationPolicy": .string(policy)])
      #expect(marked.body.finalizers == finalizers)
      _ = try await client.send(
        "PATCH", maps + "/a", ["metadata": ["finalizers": .null]], contentType: "application/merge-patch+json")
      #expect(try await client.send("GET", maps + "/a").status == 404)
    }
  }

  @Test func aNamespaceGoesWhenItsFinalizerDoes() async throws {
    _ = try await client.send("POST", "/api/v1/namespaces", ["metadata": ["name": "n"]])
    let marked = try await client.send("DELETE", "/api/v1/namespaces/n")
    #expect(marked.body.phase == "Terminating")
    let refused = try await client.send("POST", "/api/v1/namespaces/n/configmaps", ["metadata": ["name": "a"]])
    #expect(refused.status == 403)
    #expect(refused.body["details"]?["causes"]?.arrayValue?.first?["reason"] == "NamespaceTerminating")
    var finalized = marked.body
    finalized["spec"] = ["finalizers": []]
    _ = try await client.send("PUT", "/api/v1/namespaces/n/finalize", finalized)
    #expect(try await client.send("GET", "/api/v1/namespaces/n").status == 404)
  }

  @Test func eventsAreTheSameObjectsInBothGroups() async throws {
    _ = try await client.send(
      "POST", "/apis/events.k8s.io/v1/namespaces/default/events",
      [
        "metadata": ["name": "e"], "regarding": ["kind": "Pod", "name": "p", "namespace": "default"], "note": "n",
        "reason": "R", "type": "Normal", "action": "A", "reportingController": "c", "reportingInstance": "i",
        "eventTime": "2026-01-01T00:00:00.000001Z",
      ])
    let core = try await client.send(
      "GET", "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dp,reason%3DR")
    #expect(core.body["items"]?.arrayValue?.first?["message"] == "n")
    let other = try await client.send("GET", "/apis/events.k8s.io/v1/namespaces/default/events/e")
    #expect(other.body["note"] == "n")
    #expect(other.body["involvedObject"] == nil)
  }

  @Test func aDefinitionTakesItsObjectsAlong() async throws {
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    let schema: JSONValue = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
    _ = try await client.send(
      "POST", definitions,
      [
        "metadata": ["name": "things.example.dev"],
        "spec": [
          "group": "example.dev", "scope": "Cluster", "names": ["plural": "things", "kind": "Thing"],
          "versions": [["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema]]],
        ],
      ])
    let thing: JSONValue = [
      "apiVersion": "example.dev/v1", "kind": "Thing", "metadata": ["name": "a", "finalizers": ["example.dev/f"]],
    ]
    #expect(try await client.send("POST", "/apis/example.dev/v1/things", thing).status == 201)
    _ = try await client.send("DELETE", definitions + "/things.example.dev")
    // The object's finalizer holds both.
    #expect(try await client.send("GET", "/apis/example.dev/v1/things/a").body.isBeingDeleted)
    #expect(try await client.send("GET", definitions + "/things.example.dev").status == 200)
    _ = try await client.send(
      "PATCH", "/apis/example.dev/v1/things/a", ["metadata": ["finalizers": .null]],
      contentType: "application/merge-patch+json")
    #expect(try await client.send("GET", definitions + "/things.example.dev").status == 404)
    #expect(try await client.send("GET", "/apis/example.dev/v1/things").status == 404)
  }

  @Test func celRulesAreStoredWithAWarning() async throws {
    let schema: JSONValue = [
      "type": "object", "x-kubernetes-validations": [["rule": "false"]],
      "properties": ["spec": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]],
    ]
    let answer = try await client.send(
      "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
      [
        "metadata": ["name": "rules.example.dev"],
        "spec": [
          "group": "example.dev", "scope": "Cluster", "names": ["plural": "rules", "kind": "Rule"],
          "versions": [["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema]]],
        ],
      ])
    #expect(answer.status == 201)
    #expect(answer.warnings.count == 1)
    #expect(answer.warnings.first?.contains("not evaluated") == true)
  }
}
