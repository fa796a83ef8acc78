import Foundation
import KubernetesModel
import Testing

@testable import Sandbox

@Suite struct TablesTests {
  private static let now = Date(timeIntervalSince1970: 1_795_000_000)

  private static func ago(_ seconds: Double) -> JSONValue {
    .string(Timestamp(now.addingTimeInterval(-seconds)).description)
  }

  @Test(
    arguments: [(Double, String)]([
      (-5.0, "<invalid>"), (0, "0s"), (119, "119s"), (120, "2m"), (150, "2m30s"), (3_600, "60m"), (10_800, "3h"),
      (11_100, "3h5m"), (172_800, "2d"), (180_000, "2d2h"), (864_000, "10d"), (86_400 * 800, "2y70d"),
    ]))
  func agesReadAsKubectlWritesThem(seconds: Double, expected: String) {
    #expect(HumanDuration.text(seconds) == expected)
  }

  @Test func customColumnsFollowTheirPaths() throws {
    let columns: [JSONValue] = [
      ["name": "Protected", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Protected\")].status"],
      ["name": "Last Success", "type": "date", "jsonPath": ".status.last.time"],
      ["name": "Backups", "type": "integer", "jsonPath": ".status.count"],
    ]
    let object: JSONValue = [
      "metadata": ["name": "bao", "creationTimestamp": Self.ago(60)],
      "status": [
        "conditions": [["type": "Ready", "status": "False"], ["type": "Protected", "status": "True"]],
        "last": ["time": Self.ago(300)], "count": 3,
      ],
    ]
    let policy = ResourceType(
      group: "holdfast.dev", version: "v1alpha1", kind: "BackupPolicy", plural: "backuppolicies")
    let table = Tables.table(
      of: [object, ["metadata": ["name": "new"]]], resource: policy, crdColumns: columns, now: Self.now)
    #expect(
      table["columnDefinitions"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
        == ["Name", "Protected", "Last Success", "Backups"])
    let rows = try #require(table["rows"]?.arrayValue)
    #expect(rows[0]["cells"] == ["bao", "True", "5m", 3])
    #expect(rows[1]["cells"] == ["new", .null, .null, .null])
    #expect(rows[0]["object"]?["kind"] == "PartialObjectMetadata")
  }

  @Test func jobsAndPodsSayHowTheyAre() throws {
    let job: JSONValue = [
      "metadata": ["name": "j", "creationTimestamp": Self.ago(100)], "spec": ["completions": 1],
      "status": [
        "startTime": Self.ago(90), "completionTime": Self.ago(80), "succeeded": 1,
        "conditions": [["type": "Complete", "status": "True"]],
      ],
    ]
    let jobs = Tables.table(of: [job], resource: .jobs, crdColumns: nil, now: Self.now)
    #expect(jobs["rows"]?.arrayValue?[0]["cells"]?.arrayValue?.prefix(5) == ["j", "Complete", "1/1", "10s", "100s"])
    let pod: JSONValue = [
      "metadata": ["name": "p", "creationTimestamp": Self.ago(5)], "spec": ["containers": [["name": "c"]]],
      "status": [
        "phase": "Pending",
        "containerStatuses": [
          ["name": "c", "ready": false, "restartCount": 0, "state": ["waiting": ["reason": "ImagePullBackOff"]]]
        ],
      ],
    ]
    let pods = Tables.table(of: [pod], resource: .pods, crdColumns: nil, now: Self.now)
    #expect(
      pods["rows"]?.arrayValue?[0]["cells"]?.arrayValue?.prefix(5) == ["p", "0/1", "ImagePullBackOff", "0", "5s"])
  }

  @Test func pathsWithFiltersIndexesAndEscapes() throws {
    let document: JSONValue = [
      "a": [["n": "x", "v": 1], ["n": "y", "v": 2]], "metadata": ["annotations": ["holdfast.dev/hold": "yes"]],
    ]
    #expect(try JSONPath(".a[?(@.n=='y')].v").values(in: document) == [2])
    #expect(try JSONPath(".a[*].n").values(in: document) == ["x", "y"])
    #expect(try JSONPath(".a[-1].v").values(in: document) == [2])
    #expect(try JSONPath(#".metadata.annotations.holdfast\.dev/hold"#).values(in: document) == ["yes"])
    #expect(try JSONPath(".metadata.annotations['holdfast.dev/hold']").values(in: document) == ["yes"])
    #expect(throws: JSONPath.ParseError.self) { try JSONPath(".a[") }
  }
}
