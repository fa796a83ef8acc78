import Foundation
import KubernetesModel

/// The members of an untyped object that every controller reads.
extension JSONValue {
  var objectName: String { name ?? "" }
  var objectUID: String { uid ?? "" }
  var isBeingDeleted: Bool { self[path: "metadata", "deletionTimestamp"]?.stringValue != nil }
  var finalizers: [String] { self[path: "metadata", "finalizers"]?.arrayValue?.compactMap(\.stringValue) ?? [] }
  var ownerReferences: [JSONValue] { self[path: "metadata", "ownerReferences"]?.arrayValue ?? [] }
  var controllerUID: String? {
    ownerReferences.first { $0["controller"]?.boolValue == true }?["uid"]?.stringValue
  }
  var phase: String? { self[path: "status", "phase"]?.stringValue }

  func time(_ path: String...) -> Date? {
    var current: JSONValue? = self
    for key in path { current = current?[key] }
    return current?.stringValue.flatMap { RFC3339.parse($0) }
  }

  func hasCondition(_ type: String) -> Bool {
    self[path: "status", "conditions"]?.arrayValue?.contains {
      $0["type"]?.stringValue == type && $0["status"]?.stringValue == "True"
    } ?? false
  }

  /// Strings as a JSON object.
  static func strings(_ values: [String: String]) -> JSONValue { .object(values.mapValues { .string($0) }) }
}

/// Names as the API server's generator makes them: lower-case letters and digits without vowels and look-alikes
/// (k8s.io/apimachinery/pkg/util/rand).
enum RandomName {
  private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")

  static func suffix() -> String { String((0..<5).map { _ in alphabet.randomElement() ?? "b" }) }
}

func ownerReference(to owner: JSONValue, resource: ResourceType) -> JSONValue {
  [
    "apiVersion": .string(resource.apiVersion), "kind": .string(resource.kind), "name": .string(owner.objectName),
    "uid": .string(owner.objectUID), "controller": true, "blockOwnerDeletion": true,
  ]
}

/// Writes Events as the built-in controllers do. A failure to write one never matters.
struct EventWriter: Sendable {
  let cluster: any ClusterAccess
  let component: String

  func record(_ object: JSONValue, kind: String, apiVersion: String, type: String, reason: String, message: String)
    async
  {
    let now = JSONValue.string(Timestamp(Date()).description)
    let namespace = object.namespace ?? "default"
    let name = "\(object.objectName).\(RandomName.suffix())\(RandomName.suffix())"
    let event: JSONValue = [
      "apiVersion": "v1", "kind": "Event", "metadata": ["name": .string(name), "namespace": .string(namespace)],
      "involvedObject": [
        "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(object.objectName),
        "namespace": .string(namespace), "uid": .string(object.objectUID),
      ],
      "type": .string(type), "reason": .string(reason), "message": .string(message),
      "source": ["component": .string(component)], "firstTimestamp": now, "lastTimestamp": now, "count": 1,
    ]
    _ = try? await cluster.create(.events, namespace: namespace, object: event)
  }
}
