import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import SnapshotSource
import Synchronization
import Testing

@testable import ResourceSet

/// Lists of many pages are one state of the cluster, in bounded memory.
struct PagingTests {
  typealias Stub = StubCluster

  private func cluster(_ count: Int) throws -> StubCluster {
    let cluster = try StubCluster([Stub.configMaps, Stub.namespaces])
    for number in 0..<count { try cluster.put(Stub.configMaps, name(number), ["data": ["v": "1"]]) }
    return cluster
  }

  private func name(_ number: Int) -> String { "c" + String(1_000 + number) }

  private func paged(_ cluster: StubCluster, _ size: Int = 10) -> ResourcesSource {
    source(cluster) { $0.pageSize = size }
  }

  @Test func everyPageIsTakenOnce() async throws {
    let cluster = try cluster(95)
    let (set, _) = try await capture(paged(cluster))
    #expect(set.index.kinds.first { $0.plural == "configmaps" }?.count == 95)
    let lists = cluster.lists(of: Stub.configMaps)
    #expect(lists.count == 10)
    #expect(lists.allSatisfy { $0.query.contains { $0.name == "limit" && $0.value == "10" } })
    #expect(set.index.lists?.count == 1 && set.index.superseded == nil)
  }

  /// 410 in the middle: what changed is taken anew, what is gone is not in the set, and all is one later state.
  @Test func aListWhoseStateIsForgottenStartsOver() async throws {
    let cluster = try cluster(40)
    let calls = Mutex(0)
    cluster.onRequest { request in
      guard request.verb == .list, request.path.hasSuffix("/configmaps") else { return nil }
      let call = calls.withLock { calls in
        calls += 1
        return calls
      }
      guard call == 3 else { return nil }
      // Between the pages: one of the first page changes, one goes, one of the last page goes.
      try cluster.put(Stub.configMaps, name(2), ["data": ["v": "2"]])
      try cluster.api.remove(Stub.configMaps, ObjectKey(namespace: "shop", name: name(5)))
      try cluster.api.remove(Stub.configMaps, ObjectKey(namespace: "shop", name: name(35)))
      return Stub.failure(410, "Expired")
    }
    let (set, facts) = try await capture(paged(cluster))
    let expected = (0..<40).filter { $0 != 5 && $0 != 35 }.map { "configmaps/\(name($0))" } + ["namespaces/shop"]
    #expect(set.names == expected.sorted())
    #expect(set.objects["resources/core/v1/configmaps/shop/\(name(2)).yaml"]?["data"] == ["v": "2"])
    #expect(set.index.superseded?.count == 2)
    #expect(set.index.kinds.first { $0.plural == "configmaps" }?.count == 38)
    #expect(set.index.lists?.first?.consistent == true && facts.warnings == [] && facts.missing == [])
    #expect(facts.values["objects"] == "39")
  }

  @Test func aStateThatIsForgottenAgainAndAgainIsTakenAsItComes() async throws {
    let cluster = try cluster(40)
    let refused = Mutex(0)
    cluster.onRequest { request in
      guard request.verb == .list, request.path.hasSuffix("/configmaps") else { return nil }
      let token = request.query.first { $0.name == "continue" }?.value
      guard token?.hasSuffix(":20") == true else { return nil }
      let count = refused.withLock { count in
        count += 1
        return count
      }
      // What the real server offers: to go on from the same key in the state of now.
      return count <= 3 ? Stub.failure(410, "Expired", continueToken: (token ?? "").replacing(":20", with: ":20")) : nil
    }
    let (set, facts) = try await capture(paged(cluster))
    #expect(set.index.kinds.first { $0.plural == "configmaps" }?.count == 40)
    #expect(set.index.lists?.first?.consistent == false)
    #expect(facts.warnings.count == 1 && facts.warnings[0].contains("configmaps in shop"))
  }

  @Test func aStateThatIsForgottenForGoodIsNamed() async throws {
    let cluster = try cluster(40)
    cluster.onRequest { request in
      request.query.contains { $0.name == "continue" } ? Stub.failure(410, "Expired") : nil
    }
    let (set, facts) = try await capture(paged(cluster))
    #expect(facts.missing.count == 1 && facts.missing[0].contains("Expired"))
    #expect(set.index.kinds.first { $0.plural == "configmaps" }?.count == 10, "what was read is kept")
  }

  @Test func pagesShrinkWhereObjectsAreLarge() async throws {
    let cluster = try cluster(30)
    cluster.onRequest { request in
      let limit = request.query.first { $0.name == "limit" }?.value.flatMap(Int.init) ?? 0
      guard request.verb == .list, limit > 4 else { return nil }
      throw KubernetesError(code: .answerTooLarge, operation: request.operation, message: "too large")
    }
    let (set, facts) = try await capture(paged(cluster, 100))
    #expect(set.index.kinds.first { $0.plural == "configmaps" }?.count == 30 && facts.missing == [])
  }

  @Test func anObjectThatIsTooLargeIsNamed() async throws {
    let cluster = try cluster(3)
    cluster.onRequest { request in
      guard request.verb == .list, request.path.hasSuffix("/configmaps") else { return nil }
      throw KubernetesError(code: .answerTooLarge, operation: request.operation, message: "too large")
    }
    let (_, facts) = try await capture(paged(cluster))
    #expect(facts.missing == ["configmaps in shop: answerTooLarge: too large"])
  }

  @Test func aKindThatFailsInTheMiddleIsNamedAndKeepsWhatWasRead() async throws {
    let cluster = try cluster(30)
    cluster.onRequest { request in
      request.query.contains { $0.name == "continue" && $0.value?.hasSuffix(":20") == true }
        ? Stub.failure(500, "InternalError") : nil
    }
    let (set, facts) = try await capture(paged(cluster))
    #expect(set.index.kinds.first { $0.plural == "configmaps" }?.count == 20)
    #expect(facts.missing == ["configmaps in shop: InternalError: the stub says InternalError"])
  }
}
