import Foundation
import KubernetesClient
import KubernetesModel
import Testing

struct RequestTests {
  @Test func pathsFollowGroupScopeAndSubresource() throws {
    #expect(try Request.get(Pod.resource, name: "p", namespace: "n").uri == "/api/v1/namespaces/n/pods/p")
    #expect(
      try Request.get(Job.resource, name: "j", namespace: "n", subresource: .status).uri
        == "/apis/batch/v1/namespaces/n/jobs/j/status")
    #expect(try Request.get(Namespace.resource, name: "n", namespace: nil).uri == "/api/v1/namespaces/n")
    #expect(try Request.list(Job.resource, namespace: nil).uri == "/apis/batch/v1/jobs")
    #expect(
      try Request.get(ClusterRole.resource, name: "system:node", namespace: nil).uri
        == "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode")
  }

  @Test func listOptionsBecomeEncodedQuery() throws {
    let request = try Request.list(
      Pod.resource, namespace: "n",
      options: ListOptions(labelSelector: "a in (b,c),d=e+f", limit: 50, continueToken: "x/y=="))
    #expect(
      request.uri
        == "/api/v1/namespaces/n/pods?labelSelector=a%20in%20%28b%2Cc%29%2Cd%3De%2Bf&limit=50&continue=x%2Fy%3D%3D")
    #expect(request.verb == .list && request.method == .get && request.body == nil)
  }

  @Test func watchAsksForBookmarksAndWaitsALittleLonger() throws {
    let request = try Request.watch(
      Job.resource, namespace: nil, options: WatchOptions(resourceVersion: "7", timeoutSeconds: 290))
    #expect(
      request.uri == "/apis/batch/v1/jobs?watch=true&resourceVersion=7&timeoutSeconds=290&allowWatchBookmarks=true")
    #expect(request.timeout == .seconds(305))
  }

  @Test func createPostsToTheCollection() throws {
    let request = try Request.create(
      Job.resource, ["metadata": ["name": "j"]], namespace: "n",
      options: WriteOptions(fieldManager: "me", isDryRun: true, fieldValidation: "Strict"))
    #expect(request.method == .post && !request.isIdempotent)
    #expect(
      request.uri == "/apis/batch/v1/namespaces/n/jobs?fieldManager=me&dryRun=All&fieldValidation=Strict")
    #expect(request.body == Data(#"{"metadata":{"name":"j"}}"#.utf8))
    #expect(request.operation == "create jobs.batch n/j")
  }

  @Test func patchesHaveTheirContentTypes() throws {
    func request(_ patch: Patch) throws -> Request { try .patch(Job.resource, patch, name: "j", namespace: "n") }
    #expect(try request(.merge([:])).contentType == "application/merge-patch+json")
    #expect(try request(.json([])).contentType == "application/json-patch+json")
    #expect(try request(.strategicMerge([:])).contentType == "application/strategic-merge-patch+json")
    let apply = try request(.apply([:], fieldManager: "me", force: true))
    #expect(apply.contentType == "application/apply-patch+yaml" && apply.isIdempotent)
    #expect(apply.uri.hasSuffix("/jobs/j?fieldManager=me&force=true"))
    #expect(try request(.apply([:], fieldManager: "me", force: false)).uri.hasSuffix("?fieldManager=me"))
    #expect(try !request(.json([])).isIdempotent)
  }

  @Test func deleteCarriesPreconditions() throws {
    let request = try Request.delete(
      Job.resource, name: "j", namespace: "n",
      options: DeleteOptions(uid: "u", resourceVersion: "5", propagationPolicy: .background, gracePeriodSeconds: 0))
    let body = try JSONValue(parsing: #require(request.body))
    #expect(body["preconditions"] == ["uid": "u", "resourceVersion": "5"])
    #expect(body["propagationPolicy"] == "Background" && body["gracePeriodSeconds"] == 0)
  }

  @Test func logsAreText() throws {
    let request = try Request.podLogs(
      name: "p", namespace: "n", options: LogOptions(container: "c", tailLines: 10, previous: true))
    #expect(request.uri == "/api/v1/namespaces/n/pods/p/log?container=c&tailLines=10&previous=true")
    #expect(request.accept.hasPrefix("text/plain"))
  }

  @Test(arguments: ["", ".", "..", "a/b", "a%2Fb"])
  func namesThatWouldChangeThePathAreRefused(name: String) {
    #expect(throws: KubernetesError.self) { try Request.delete(Job.resource, name: name, namespace: "n") }
    #expect(throws: KubernetesError.self) { try Request.get(Job.resource, name: "j", namespace: name) }
  }

  @Test func namespacedObjectsNeedANamespace() {
    #expect(throws: KubernetesError.self) { try Request.get(Job.resource, name: "j", namespace: nil) }
    #expect(throws: KubernetesError.self) { try Request.create(Job.resource, [:], namespace: nil) }
    #expect(throws: KubernetesError.self) {
      try Request.deleteCollection(Job.resource, namespace: nil, selecting: ListOptions())
    }
    #expect(throws: KubernetesError.self) { try Request.get(Namespace.resource, name: "x", namespace: "n") }
  }
}
