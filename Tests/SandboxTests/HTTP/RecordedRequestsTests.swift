import Foundation
import KubernetesModel
import NIOCore
import Testing

@testable import Sandbox

/// Requests that a real API server (Kubernetes 1.36.2) was sent one after the other, with its answers: status, body and
/// warnings. What every cluster has of its own is normalized: uids, times, resource versions and ages; table columns'
/// descriptions and `managedFields` are left out.
///
/// Guards the rule of DESIGN.md that a difference between the sandbox and a real control plane is a bug of the sandbox.
@Suite struct RecordedRequestsTests {
  private static func recording() throws -> [JSONValue] {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/requests", withExtension: "jsonl"))
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
      try JSONReader.parse($0.utf8).value
    }
  }

  @Test func answersAreThoseOfTheRealServer() async throws {
    let client = TestClient()
    var compared = 0
    for step in try Self.recording() {
      let (method, path) = (step["method"]?.stringValue ?? "", step["path"]?.stringValue ?? "")
      let bytes = step["text"]?.stringValue.map { ByteBuffer(string: $0) }
      let answer = try await client.send(
        method, path, bytes: bytes ?? step["body"].map { ByteBuffer(bytes: JSONWriter.bytes($0)) },
        contentType: step["contentType"]?.stringValue ?? "application/json",
        accept: step["accept"]?.stringValue ?? "application/json")
      guard let expected = step["response"] else { continue }
      compared += 1
      let note = Comment(rawValue: "\(method) \(path) \(JSONWriter.text(step["body"] ?? .null).prefix(300))")
      #expect(answer.status == Int(step["status"]?.integerValue ?? 0), note)
      #expect(JSONWriter.text(Normalized.value(answer.body)) == JSONWriter.text(expected), note)
      let warnings = (step["warnings"]?.arrayValue ?? []).compactMap(\.stringValue)
      #expect(answer.warnings.sorted() == warnings.sorted(), note)
    }
    #expect(compared > 200)
  }
}

/// Takes out of an answer what differs from cluster to cluster.
private enum Normalized {
  private static let leftOut: Set = ["managedFields", "columnDefinitions", "verbs", "storageVersionHash"]

  static func value(_ value: JSONValue, key: String = "") -> JSONValue {
    switch value {
    case .object(let members):
      return .object(
        Dictionary(
          uniqueKeysWithValues: members.filter { !leftOut.contains($0.key) }.map {
            ($0.key, self.value($0.value, key: $0.key))
          }))
    case .array(let elements):
      return .array(elements.map { element in key == "cells" ? cell(element) : self.value(element) })
    case .string(let text):
      if key == "resourceVersion" { return "RV" }
      if key == "clusterIP" { return "IP" }
      return .string(normalized(text, key: key))
    default: return value
    }
  }

  private static func cell(_ value: JSONValue) -> JSONValue {
    guard let text = value.stringValue else { return value }
    return text.wholeMatch(of: /\d+[smh](\d+s)?/) == nil ? self.value(value) : "AGE"
  }

  private static func normalized(_ text: String, key: String) -> String {
    var text = text.replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "UID")
    text = text.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/, with: "TIME")
    text = text.replacing(/resource version: \d+( \(\d+\))?/, with: "resource version: N")
    return key == "message" ? text.replacing(/current: \d+/, with: "current: N") : text
  }
}
