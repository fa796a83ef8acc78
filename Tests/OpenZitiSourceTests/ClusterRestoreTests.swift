import Foundation
import KubernetesModel
import KubernetesTestKit
import NIOCore
import Testing
import ZitiStandIn

@testable import OpenZitiSource

/// When the members of a cluster count as restarted with the snapshot: each with more restarts than before, and ready.
@Suite struct ClusterRestoreTests {
  private func pod(_ name: String, uid: String = "a", restarts: Int, isReady: Bool) throws -> Pod {
    let pod: JSONValue = [
      "apiVersion": "v1", "kind": "Pod",
      "metadata": ["name": .string(name), "namespace": "z", "uid": .string(uid), "labels": ["app": "ziti"]],
      "spec": ["containers": [["name": "ziti-controller"]]],
      "status": [
        "phase": "Running", "conditions": [["type": "Ready", "status": isReady ? "True" : "False"]],
        "containerStatuses": [
          [
            "name": "ziti-controller", "image": "ziti", "imageID": "", "ready": .bool(isReady),
            "restartCount": .integer(Int64(restarts)),
          ]
        ],
      ],
    ]
    return try JSONDecoder().decode(Pod.self, from: JSONEncoder().encode(pod))
  }

  private func missing(_ pods: [Pod], before: [String: Int32]) throws -> String? {
    var check = OpenZitiDatabaseCheck()
    check.consume(ByteBuffer(bytes: try Data(contentsOf: StandIn.fixture("ctrl-schema44.db"))))
    let restored = RestoredDatabase(
      database: try #require(check.finish().database), replicas: before.count, restarts: before)
    let selector = OpenZitiConfiguration.Pods(
      namespace: "z", selector: LabelSelector(matchLabels: ["app": "ziti"]), container: "ziti-controller")
    let configuration = OpenZitiDestinationConfiguration(
      namespace: "z", way: .cluster(selector, databasePath: "/persistent/raft/ctrl-ha.db", command: ["ziti"]),
      proof: .init(endpoint: nil, isRequired: false), request: "z/back")
    return try ClusterRestore(
      configuration: configuration, pods: selector, databasePath: "/persistent/raft/ctrl-ha.db", command: ["ziti"],
      client: InMemoryAPI().client
    ).missing(after: restored, among: pods)
  }

  @Test func aMemberHasToBeRestartedAndReady() throws {
    let before: [String: Int32] = ["a": 2, "b": 0]
    func look(_ a: (Int, Bool), _ b: (Int, Bool)) throws -> String? {
      try missing(
        [
          pod("ziti-a", uid: "a", restarts: a.0, isReady: a.1), pod("ziti-b", uid: "b", restarts: b.0, isReady: b.1),
        ], before: before)
    }
    #expect(try look((2, true), (0, true)) == "ziti-a, ziti-b did not restart")
    #expect(try look((3, true), (0, true)) == "ziti-b did not restart")
    #expect(try look((3, true), (1, false))?.hasPrefix("not ready: ziti-b") == true)
    #expect(try look((3, true), (1, true)) == nil)
  }

  /// Another pod took its place: it began with the new database.
  @Test func aReplacedMemberNeedsNoRestart() throws {
    #expect(try missing([pod("ziti-c", uid: "c", restarts: 0, isReady: true)], before: ["a": 0]) == nil)
    #expect(try missing([pod("ziti-c", uid: "c", restarts: 0, isReady: false)], before: ["a": 0]) != nil)
    #expect(try missing([], before: ["a": 0]) != nil)
  }
}
