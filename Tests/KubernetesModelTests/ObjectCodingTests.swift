import Foundation
import KubernetesModel
import Testing

struct ObjectCodingTests {
  @Test func unknownFieldsDoNotMatter() throws {
    let job = try Job(
      json: JSONValue(
        parsing: Data(
          """
          {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a", "managedFields": [{"x": 1}],
           "creationTimestamp": "2026-01-02T03:04:05Z"},
           "spec": {"completionMode": "NonIndexed", "template": {"metadata": {"creationTimestamp": null},
             "spec": {"containers": [{"name": "c", "somethingNew": {}}]}}},
           "status": {"uncountedTerminatedPods": {}, "failed": 2,
             "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]}}
          """.utf8)))
    #expect(job.status?.failed == 2)
    #expect(job.status?.conditions?.first?.reason == "BackoffLimitExceeded")
    #expect(job.metadata.creationTimestamp == Timestamp("2026-01-02T03:04:05Z"))
  }

  @Test func itemsOfListsNeedNoKind() throws {
    let item = try JSONValue(parsing: Data(#"{"metadata": {"name": "a", "namespace": "n"}, "data": {"k": "v"}}"#.utf8))
    let map = try ConfigMap(json: item)
    #expect(map.kind == "ConfigMap" && map.apiVersion == "v1" && map.key.description == "n/a")
  }

  @Test func absentFieldsAreNotWritten() throws {
    let json = try JSONValue(encoding: ConfigMap(metadata: ObjectMeta(name: "a"), data: ["k": "v"]))
    #expect(json == ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"], "data": ["k": "v"]])
  }

  @Test func bytesAreBase64() throws {
    let secret = Secret(metadata: ObjectMeta(name: "s"), data: ["token": Data("hunter2".utf8)])
    #expect(try JSONValue(encoding: secret)[path: "data", "token"] == "aHVudGVyMg==")
    #expect(try Secret(json: JSONValue(encoding: secret)) == secret)
  }

  @Test func secretsDoNotPrintTheirValues() {
    let secret = Secret(metadata: ObjectMeta(name: "s"), data: ["token": Data("hunter2".utf8)], stringData: ["p": "pw"])
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), dumped] {
      #expect(!text.contains("hunter2") && !text.contains("pw") && !text.contains("aHVudGVyMg"))
    }
    #expect("\(secret)".contains("token"))
  }

  @Test func podStateTellsWhyItEnded() throws {
    let pod = try Pod(
      json: JSONValue(
        parsing: Data(
          """
          {"metadata": {"name": "p"}, "spec": {"containers": []}, "status": {"phase": "Failed", "containerStatuses": [
            {"name": "c", "ready": false, "restartCount": 0, "image": "i", "imageID": "",
             "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "message": "{}"}}}]}}
          """.utf8)))
    let state = pod.status?.containerStatuses?.first?.state?.terminated
    #expect(state?.exitCode == 137 && state?.reason == "OOMKilled" && state?.message == "{}")
  }

  @Test func leaseTimesKeepMicroseconds() throws {
    let json = try JSONValue(
      parsing: Data(#"{"spec": {"renewTime": "2026-11-21T10:00:00.123456Z"}, "metadata": {}}"#.utf8))
    let lease = try Lease(json: json)
    #expect(try JSONValue(encoding: lease)[path: "spec", "renewTime"] == "2026-11-21T10:00:00.123456Z")
  }

  @Test func metadataOfBrokenObjectsIsStillRead() throws {
    let json: JSONValue = [
      "metadata": ["name": "a", "namespace": "n", "labels": ["ok": "yes", "bad": 1], "generation": 4]
    ]
    #expect(json.objectMeta.name == "a" && json.objectMeta.labels == ["ok": "yes"] && json.objectMeta.generation == 4)
    #expect(json.key == ObjectKey(namespace: "n", name: "a"))
  }

  @Test func statusKeepsItsCauses() throws {
    let status = try JSONDecoder.kubernetes.decode(
      APIStatus.self,
      from: Data(
        """
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "bad", "code": 422,
         "reason": "Invalid", "details": {"name": "x", "kind": "backuppolicies",
         "causes": [{"reason": "FieldValueInvalid", "message": "bad cron", "field": "spec.schedule"}]}}
        """.utf8))
    #expect(status.details?.causes?.first?.field == "spec.schedule")
  }
}
