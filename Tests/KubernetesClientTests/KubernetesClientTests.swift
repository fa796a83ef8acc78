import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import Testing

struct KubernetesClientTests {
  let api = InMemoryAPI()
  var client: KubernetesClient { api.client }

  private func map(_ name: String, namespace: String = "default") -> ConfigMap {
    ConfigMap(metadata: ObjectMeta(name: name, namespace: namespace))
  }

  @Test func listsReadAllPages() async throws {
    for number in 0..<25 { try await client.create(map("m\(number)")) }
    let list = try await client.list(ConfigMap.self, options: ListOptions(limit: 10))
    #expect(list.objects().count == 25)
    #expect(api.requests.filter { $0.verb == .list }.count == 3)
  }

  @Test func anExpiredPageStartsTheListOver() async throws {
    for number in 0..<15 { try await client.create(map("m\(number)")) }
    let once = Counter(1)
    api.onRequest { request in
      request.query.contains { $0.name == "continue" } && once.take() ? .status(410, reason: "Expired") : nil
    }
    let list = try await client.list(ConfigMap.self, options: ListOptions(limit: 10))
    #expect(list.items.count == 15)
  }

  @Test func aListThatKeepsExpiringIsReadAtOnce() async throws {
    for number in 0..<15 { try await client.create(map("m\(number)")) }
    api.onRequest { request in
      request.query.contains { $0.name == "continue" } ? .status(410, reason: "Expired") : nil
    }
    let list = try await client.list(ConfigMap.self, options: ListOptions(limit: 10))
    #expect(list.items.count == 15)
    #expect(api.requests.last?.query.contains { $0.name == "limit" } == false)
  }

  @Test func aBrokenObjectDoesNotEndAList() async throws {
    try await client.create(map("good"))
    try api.put(ConfigMap.resource, ["metadata": ["name": "bad", "namespace": "default"], "data": ["k": 1]])
    let list = try await client.list(ConfigMap.self)
    #expect(list.objects().map(\.metadata.name) == ["good"])
    let failure = try #require(list.failures().first)
    #expect(failure.code == .decoding && failure.message.contains("data.k"))
    #expect(list.items.first { $0.failure != nil }?.key == ObjectKey(namespace: "default", name: "bad"))
  }

  @Test func staleUpdatesConflict() async throws {
    let first = try await client.create(map("a"))
    var second = first
    second.data = ["k": "v"]
    try await client.update(second)
    let error = await #expect(throws: KubernetesError.self) { try await client.update(first) }
    #expect(error?.code == .conflict && error?.operation == "update configmaps default/a")
  }

  @Test func answersBecomeCodes() async throws {
    try await client.create(map("a"))
    let exists = await #expect(throws: KubernetesError.self) { try await client.create(map("a")) }
    #expect(exists?.code == .alreadyExists)
    #expect(try await absentIfNotFound { try await client.get(ConfigMap.self, name: "none") } == nil)
    let codes: [(Int, KubernetesError.Code)] = [
      (400, .badRequest), (401, .unauthorized), (403, .forbidden), (410, .gone), (422, .invalid),
      (429, .tooManyRequests), (500, .serverError), (504, .timeout),
    ]
    for (status, code) in codes {
      api.onRequest { _ in .status(status) }
      let error = await #expect(throws: KubernetesError.self) { try await client.get(ConfigMap.self, name: "a") }
      #expect(error?.code == code)
    }
  }

  @Test func deletePreconditionsGuardTheObject() async throws {
    let object = try await client.create(map("a"))
    let error = await #expect(throws: KubernetesError.self) {
      try await client.delete(ConfigMap.self, name: "a", options: DeleteOptions(uid: "other"))
    }
    #expect(error?.code == .conflict)
    try await client.delete(ConfigMap.self, name: "a", options: DeleteOptions(uid: object.metadata.uid))
    #expect(api.objects(ConfigMap.resource).isEmpty)
  }

  @Test func objectsGoToTheDefaultNamespaceUnlessTheyNameOne() async throws {
    let client = KubernetesClient(transport: api, defaultNamespace: "work")
    try await client.create(ConfigMap(metadata: ObjectMeta(name: "a")))
    try await client.create(map("b", namespace: "other"))
    #expect(api.objects(ConfigMap.resource).map(\.key.description) == ["other/b", "work/a"])
    #expect(try await client.list(ConfigMap.self).items.count == 2)
    #expect(try await client.list(ConfigMap.self, namespace: "other").items.count == 1)
  }

  @Test func statusIsWrittenAlone() async throws {
    let job = Job(
      metadata: ObjectMeta(name: "j", namespace: "default"),
      spec: JobSpec(backoffLimit: 1, template: PodTemplateSpec(spec: PodSpec(containers: []))))
    var stored = try await client.create(job)
    stored.spec.backoffLimit = 9
    stored.status = JobStatus(active: 1)
    stored = try await client.updateStatus(stored)
    #expect(stored.spec.backoffLimit == 1 && stored.status?.active == 1)
    let patched = try await client.patch(
      Job.self, name: "j", .merge(["status": ["active": 2]]), subresource: .status)
    #expect(patched.status?.active == 2)
  }

  @Test func watchHandsOverEvents() async throws {
    let object = try await client.create(map("a"))
    let seen = Recorded<WatchEvent>()
    let client = api.client
    try await client.update(object)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await client.watch(ConfigMap.resource, options: WatchOptions(resourceVersion: "0")) { seen.append($0) }
      }
      try await eventually { seen.count == 2 }
      api.cutWatches()
    }
    guard case .added = seen.values.first, case .modified = seen.values.last else {
      Issue.record("wrong events")
      return
    }
  }

  @Test func proxiesThatAnswerInHTMLAreQuoted() async throws {
    struct HTMLTransport: Transport {
      func send(_ request: Request) async throws -> Response {
        Response(status: 502, body: Data("<html>Bad Gateway</html>\nmore".utf8))
      }
      func stream<Value: Sendable>(
        _ request: Request, consume: @escaping @Sendable (StreamedResponse) async throws -> Value
      ) async throws -> Value { throw CancellationError() }
    }
    let error = await #expect(throws: KubernetesError.self) {
      try await KubernetesClient(transport: HTMLTransport()).get(path: "/version")
    }
    #expect(error?.message == "HTTP status 502: <html>Bad Gateway</html>" && error?.status == nil)
  }
}

struct LineDecoderTests {
  @Test func linesAreTheSameHoweverTheyAreCut() throws {
    let text = Data("{\"a\":1}\r\n\n{\"b\":2}\n{\"half".utf8)
    for size in 1...text.count {
      var decoder = LineDecoder()
      var lines: [String] = []
      for start in stride(from: 0, to: text.count, by: size) {
        lines += try decoder.append(text[start..<min(start + size, text.count)]).map {
          String(decoding: $0, as: UTF8.self)
        }
      }
      #expect(lines == ["{\"a\":1}", "{\"b\":2}"])
      #expect(decoder.hasPartialLine)
    }
  }

  @Test func endlessLinesAreRefused() {
    var decoder = LineDecoder(limit: 10)
    #expect(throws: LineDecoder.LineTooLong.self) { try decoder.append(Data(repeating: 65, count: 11)) }
  }
}
