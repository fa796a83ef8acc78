import Foundation
import KubernetesModel
import Testing

@testable import Sandbox

/// One write that a real API server (Kubernetes 1.36.2) got, and what it made of it: a line of `Fixtures/apply.jsonl`.
///
/// The writes of one object follow each other; `live` is left out where it is what the write before left behind.
/// Uids, resource versions, generations and creation times are left out.
struct RecordedWrite: CustomTestStringConvertible {
  var note: String
  var kind: String
  var isApply: Bool
  var manager: String
  var force: Bool
  var subresource: String?
  var live: JSONValue?
  /// The applied configuration.
  var body: JSONValue?
  /// The `managedFields` that the client sent with an update.
  var sent: JSONValue?
  /// The object that the server answered with.
  var result: JSONValue?
  var error: JSONValue?

  var testDescription: String { note }

  static let all: [RecordedWrite] = {
    let url = Bundle.module.url(forResource: "Fixtures/apply", withExtension: "jsonl")
    guard let url, let text = try? String(contentsOf: url, encoding: .utf8) else { return [] }
    var objects: [String: JSONValue] = [:]
    return text.split(separator: "\n").compactMap { line in
      guard let value = try? JSONReader.parse(line.utf8).value else { return nil }
      let name = value["object"]?.stringValue ?? ""
      var write = RecordedWrite(
        note: value["note"]?.stringValue ?? "", kind: value["kind"]?.stringValue ?? "",
        isApply: value["op"] == "apply", manager: value["manager"]?.stringValue ?? "", force: value["force"] == true,
        subresource: value["subresource"]?.stringValue)
      write.live = value["live"] ?? objects[name]
      write.body = value["body"]
      write.sent = value["sent"]
      write.result = value["result"]
      write.error = value["error"]
      objects[name] = write.result ?? write.live
      return write
    }
  }()

  var apiVersion: String {
    switch kind {
    case "Widget": "applyrec.example.dev/v1"
    case "Deployment": "apps/v1"
    case "CronJob": "batch/v1"
    default: "v1"
    }
  }

  var schema: Schema { kind == "Widget" ? Self.widget : BuiltInSchemas.shared[kind] }

  /// The schema of the recorded custom resource.
  static let widget = Schema(jsonSchemaProps: [
    "type": "object",
    "properties": [
      "spec": [
        "type": "object",
        "properties": [
          "schedule": ["type": "string"], "count": ["type": "integer"],
          "mode": ["type": "string", "default": "plain"],
          "items": [
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            "items": [
              "type": "object", "required": ["name"],
              "properties": [
                "name": ["type": "string"], "value": ["type": "string"], "size": ["type": "integer"],
              ],
            ],
          ],
          "tags": ["type": "array", "x-kubernetes-list-type": "set", "items": ["type": "string"]],
          "steps": ["type": "array", "items": ["type": "string"]],
          "labels": ["type": "object", "additionalProperties": ["type": "string"]],
          "target": [
            "type": "object",
            "properties": [
              "bucket": ["type": "string"], "prefix": ["type": "string"],
              "tls": ["type": "object", "properties": ["ca": ["type": "string"]]],
            ],
          ],
          "ref": [
            "type": "object", "x-kubernetes-map-type": "atomic",
            "properties": ["name": ["type": "string"], "key": ["type": "string"]],
          ],
          "free": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
        ],
      ],
      "status": [
        "type": "object",
        "properties": [
          "phase": ["type": "string"], "last": ["type": "string"],
          "conditions": [
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
            "items": [
              "type": "object", "required": ["type"],
              "properties": ["type": ["type": "string"], "status": ["type": "string"]],
            ],
          ],
        ],
      ],
    ],
  ])
}
