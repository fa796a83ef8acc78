import Foundation
import KubernetesModel
import Testing

@testable import Sandbox

/// What a real API server did, done again.
@Suite struct RecordedApplyTests {
  /// Later than all recorded times, so that a new time shows.
  private static let now = Date(timeIntervalSince1970: 1_900_000_000)
  private static let nowText = "2030-03-17T17:46:40Z"

  @Test func theRecordingIsThere() {
    #expect(RecordedWrite.all.count > 50)
  }

  @Test(arguments: RecordedWrite.all)
  func ownershipIsThatOfTheRealServer(write: RecordedWrite) throws {
    guard let result = write.result else { return }
    let ours = write.isApply ? try apply(write) : track(write, result)
    #expect(owners(ours, live: write.live, now: Self.nowText) == owners(result, live: write.live, now: nil))
  }

  @Test(arguments: RecordedWrite.all.filter { $0.isApply && $0.result != nil && $0.kind != "Deployment" })
  func contentIsThatOfTheRealServer(write: RecordedWrite) throws {
    // Defaults are the caller's business: what the server alone set is left out on both sides.
    let ours = content(try apply(write))
    var expected = content(try #require(write.result))
    if ours[path: "spec", "mode"] == nil, write.kind == "Widget" { expected["spec"]?["mode"] = nil }
    if write.kind == "Service" { expected = withoutDefaults(expected, of: ours) }
    #expect(JSONWriter.text(ours) == JSONWriter.text(expected))
  }

  @Test(arguments: RecordedWrite.all.filter { $0.isApply && $0.result != nil && $0.live != nil })
  func applyingTheSameAgainChangesNothing(write: RecordedWrite) throws {
    let once = try apply(write)
    var again = write
    again.live = once
    again.force = false
    #expect(try apply(again) == once)
  }

  @Test(arguments: RecordedWrite.all.filter { $0.isApply && $0.error != nil })
  func refusalIsThatOfTheRealServer(write: RecordedWrite) throws {
    let expected = try #require(write.error)
    let error = try #require(throws: APIError.self) { try apply(write) }
    #expect(error.code == expected["code"]?.integerValue.map(Int.init))
    #expect(error.message == expected["message"]?.stringValue)
    // The real server lists managers in any order.
    #expect(
      error.causes.map(\.field).sorted() == (expected["fields"]?.arrayValue ?? []).compactMap(\.stringValue).sorted())
  }

  @Test(arguments: RecordedWrite.all.filter { !$0.isApply && $0.live != nil })
  func updatingNothingKeepsTheObject(write: RecordedWrite) throws {
    let live = try #require(write.live)
    let same = ServerSideApply.trackUpdate(
      before: live, after: live, manager: "someone", schema: write.schema, apiVersion: write.apiVersion,
      subresource: nil, now: Self.now)
    #expect(same == live)
  }

  // MARK: - Replay

  private func apply(_ write: RecordedWrite) throws -> JSONValue {
    try ServerSideApply.apply(
      try #require(write.body), on: write.live, manager: write.manager, force: write.force, schema: write.schema,
      apiVersion: write.apiVersion, subresource: write.subresource, now: Self.now)
  }

  private func track(_ write: RecordedWrite, _ result: JSONValue) -> JSONValue {
    var after = result
    after["metadata"]?["managedFields"] = write.sent
    return ServerSideApply.trackUpdate(
      before: write.live, after: after, manager: write.manager, schema: write.schema, apiVersion: write.apiVersion,
      subresource: write.subresource, now: Self.now)
  }

  /// Each owner with its fields, and whether its time is none, an old one or a new one.
  private func owners(_ object: JSONValue, live: JSONValue?, now: String?) -> [String] {
    let old = Set((live?[path: "metadata", "managedFields"]?.arrayValue ?? []).compactMap { $0["time"]?.stringValue })
    return (object[path: "metadata", "managedFields"]?.arrayValue ?? []).map { entry in
      var entry = entry
      if let time = entry["time"]?.stringValue {
        entry["time"] = .string(now.map { time == $0 ? "new" : "old" } ?? (old.contains(time) ? "old" : "new"))
      }
      return JSONWriter.text(entry)
    }
  }

  private func content(_ object: JSONValue) -> JSONValue {
    var object = object
    object["metadata"]?["managedFields"] = nil
    object["metadata"]?["namespace"] = nil
    return object
  }

  private func withoutDefaults(_ object: JSONValue, of other: JSONValue) -> JSONValue {
    guard case .object(let members) = object, case .object(let known) = other else {
      guard case .array(let items) = object, case .array(let others) = other, items.count == others.count else {
        return object
      }
      return .array(zip(items, others).map { withoutDefaults($0, of: $1) })
    }
    return .object(
      members.filter { known[$0.key] != nil }.reduce(into: [:]) { result, member in
        result[member.key] = withoutDefaults(member.value, of: known[member.key] ?? .null)
      })
  }
}
