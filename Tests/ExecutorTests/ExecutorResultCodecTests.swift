import Foundation
import HoldfastAPI
import JobPlan
import KubernetesModel
import Testing

/// A termination message is cut at 4,096 bytes, and JSON that is cut cannot be read.
@Suite struct ExecutorResultCodecTests {
  private func result() -> ExecutorResult {
    let time = Timestamp(Date(timeIntervalSince1970: 1_790_000_000))
    var result = ExecutorResult(operation: .backup, outcome: .succeeded, startTime: time, completionTime: time)
    result.id = "20261121T030000Z-abcdef"
    result.location = "s3://bucket/ns/policy/20261121T030000Z-abcdef"
    return result
  }

  private func artifacts(_ count: Int) -> [Backup.Artifact] {
    (0..<count).map { index in
      Backup.Artifact(
        source: "source-\(index)", key: "source-\(index).snap.zst.age", plainSize: 1_000_000,
        plainSHA256: String(repeating: "a", count: 64), storedSize: 900_000,
        storedSHA256: String(repeating: "b", count: 64))
    }
  }

  @Test func aSmallResultIsWhole() throws {
    var result = result()
    result.artifacts = artifacts(1)
    result.warnings = ["w"]
    let data = try result.encoded()
    #expect(try ExecutorResult(decoding: data) == result)
  }

  @Test func partsGoInTheirOrder() throws {
    var result = result()
    result.artifacts = artifacts(3)
    result.facts = ["source-0": ["clusterID": "c"]]
    result.warnings = (0..<200).map { "warning number \($0) of many" }
    let first = try ExecutorResult(decoding: try result.encoded())
    #expect(first.warnings == nil)
    #expect(first.facts != nil)
    #expect(first.truncated == true)
    result.artifacts = artifacts(16)
    result.facts = Dictionary(
      uniqueKeysWithValues: (0..<16).map { ("source-\($0)", ["x": String(repeating: "y", count: 90)]) })
    let second = try ExecutorResult(decoding: try result.encoded())
    #expect(second.facts == nil)
    #expect(second.artifacts?.count == 16)
    #expect(second.artifacts?.first?.plainSHA256 == nil)
    #expect(second.artifacts?.first?.storedSize == 900_000)
  }

  @Test func thatSomethingIsMissingAlwaysStays() throws {
    var result = result()
    result.artifacts = artifacts(16)
    result.missing = (0..<300).map { "objects: kind-\($0).example.com in shop: Forbidden: no right to list it" }
    let decoded = try ExecutorResult(decoding: try result.encoded())
    #expect(decoded.missing?.count == 5)
    #expect(decoded.missing?.first?.hasPrefix("objects: kind-0.example.com") == true)
    #expect(decoded.missing?.last == "and 296 more")
  }

  @Test func anythingFits() throws {
    var result = result()
    result.outcome = .failed
    result.missing = (0..<9).map { _ in String(repeating: "\u{1}", count: 5_000) }
    result.artifacts = artifacts(16)
    result.failure = Backup.Failure(
      step: "source", reason: "SourceFailed", message: String(repeating: "\u{1}ü\"", count: 4_000), source: "raft")
    result.location = String(repeating: "l", count: 5_000)
    result.prune = ExecutorResult.Prune(
      deleted: (0..<500).map { "20261121T030000Z-\($0)" }, count: 1, bytes: 1,
      message: String(repeating: "m", count: 9_000))
    result.plan = (0..<100).map {
      RestoreRequest.PlannedAction(source: "s", action: "restore", object: "object \($0)", detail: "detail")
    }
    result.steps = (0..<100).map {
      RestoreRequest.Step(name: "step \($0)", state: .failed, message: String(repeating: "x", count: 100))
    }
    let data = try result.encoded()
    #expect(data.count <= ExecutorResult.maximumBytes)
    let decoded = try ExecutorResult(decoding: data)
    #expect(decoded.failure?.reason == "SourceFailed")
    #expect(decoded.failure?.message.isEmpty == false)
    #expect(decoded.outcome == .failed)
  }

  @Test func otherVersionsAndNonsenseAreRefused() {
    for text in ["", "{", "{}", #"{"resultVersion":2}"#, "panic: runtime error"] {
      #expect(throws: ExecutorResult.DecodingFailure.self) { try ExecutorResult(decoding: Data(text.utf8)) }
    }
  }
}
