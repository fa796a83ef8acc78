import Foundation
import KubernetesClient
import KubernetesModel
import NIOCore
import Testing

@testable import ResourceRestore
@testable import ResourceSet

/// Kinds that the tests use.
enum Types {
  static let secrets = core("Secret"), configMaps = core("ConfigMap"), accounts = core("ServiceAccount")
  static let services = core("Service"), claims = core("PersistentVolumeClaim"), pods = core("Pod")
  static let namespaces = ResourceType(
    group: "", version: "v1", kind: "Namespace", plural: "namespaces", isNamespaced: false)
  static let definitions = ResourceType(
    group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions", isNamespaced: false)
  static let issuers = certManager("Issuer"), certificates = certManager("Certificate")
  static let requests = certManager("CertificateRequest")
  static let clusterIssuers = ResourceType(
    group: "cert-manager.io", version: "v1", kind: "ClusterIssuer", plural: "clusterissuers", isNamespaced: false)
  static let deployments = ResourceType(group: "apps", version: "v1", kind: "Deployment", plural: "deployments")
  static let jobs = ResourceType(group: "batch", version: "v1", kind: "Job", plural: "jobs")
  static let roles = ResourceType(
    group: "rbac.authorization.k8s.io", version: "v1", kind: "RoleBinding", plural: "rolebindings")

  private static func core(_ kind: String) -> ResourceType {
    ResourceType(group: "", version: "v1", kind: kind, plural: kind.lowercased() + "s")
  }

  private static func certManager(_ kind: String) -> ResourceType {
    ResourceType(group: "cert-manager.io", version: "v1", kind: kind, plural: kind.lowercased() + "s")
  }
}

func object(
  _ resource: ResourceType, _ name: String, in namespace: String? = "shop", _ more: JSONValue = [:],
  metadata: JSONValue = [:]
) -> JSONValue {
  var object: JSONValue = [
    "apiVersion": .string(resource.apiVersion), "kind": .string(resource.kind), "metadata": ["name": .string(name)],
  ]
  if resource.isNamespaced, let namespace { object["metadata"]?["namespace"] = .string(namespace) }
  for (key, value) in metadata.objectValue ?? [:] { object["metadata"]?[key] = value }
  for (key, value) in more.objectValue ?? [:] { object[key] = value }
  return object
}

/// As API servers give objects, with what they add.
func stored(_ object: JSONValue, uid: String = UUID().uuidString) -> JSONValue {
  var object = object
  for (key, value) in [
    "uid": .string(uid), "resourceVersion": "77", "generation": 3, "creationTimestamp": "2026-01-01T00:00:00Z",
    "managedFields": [["manager": "x"]],
  ] as [String: JSONValue] { object["metadata"]?[key] = value }
  return object
}

/// A set in memory.
func makeSet(_ objects: [(JSONValue, ResourceType)]) async throws -> ReadResourceSet {
  var bytes = ByteBuffer()
  _ = try await withResourceSetWriter(ResourceSetHeader(capturedAt: Timestamp(Date()))) {
    bytes.writeImmutableBuffer($0)
  } _: { writer in
    for (object, resource) in objects { try await writer.add(object, as: resource) }
  }
  return reading(bytes)
}

func reading(_ bytes: ByteBuffer) -> ReadResourceSet {
  { consume in
    var left = bytes
    while let piece = left.readSlice(length: min(left.readableBytes, 10_000)), piece.readableBytes > 0 {
      try await consume(piece)
    }
  }
}

func makeRestore(
  _ client: KubernetesClient, _ read: @escaping ReadResourceSet,
  _ settings: ResourceRestoreSettings = ResourceRestoreSettings(), now: Date = Date()
) -> ResourceRestore {
  var restore = ResourceRestore(
    client: client, settings: settings, read: read, now: { now }, sleep: { _ in await Task.yield() })
  restore.limits.issuersSilent = 2
  return restore
}

/// Definitions that stand in for cert-manager's: the same names, and no opinion on what is in an object.
enum CertManagerDefinitions {
  static var all: [JSONValue] {
    [("Issuer", true), ("ClusterIssuer", false), ("Certificate", true)].map { kind, isNamespaced in
      let plural = kind.lowercased() + "s"
      let open: JSONValue = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
      return [
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": ["name": .string("\(plural).cert-manager.io")],
        "spec": [
          "group": "cert-manager.io", "scope": isNamespaced ? "Namespaced" : "Cluster",
          "names": [
            "kind": .string(kind), "listKind": .string("\(kind)List"), "plural": .string(plural),
            "singular": .string(kind.lowercased()),
          ],
          "versions": [
            [
              "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
              "schema": ["openAPIV3Schema": ["type": "object", "properties": ["spec": open, "status": open]]],
            ]
          ],
        ],
      ]
    }
  }

  static func install(_ client: KubernetesClient) async throws {
    for definition in all { try await client.create(Types.definitions, definition) }
    for definition in all {
      let name = definition.name ?? ""
      for _ in 0..<600 {
        let live = try await client.get(Types.definitions, name: name)
        let conditions = live[path: "status", "conditions"]?.arrayValue ?? []
        if conditions.contains(where: { $0["type"] == "Established" && $0["status"] == "True" }) { break }
        await Task.yield()
      }
    }
  }
}
