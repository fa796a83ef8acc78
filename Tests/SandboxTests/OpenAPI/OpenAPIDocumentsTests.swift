import KubernetesModel
import Testing

@testable import Sandbox

@Suite struct OpenAPIDocumentsTests {
  private static let widgets = ResourceType(
    group: "applyrec.example.dev", version: "v1", kind: "Widget", plural: "widgets")

  private let documents = OpenAPIDocuments(resources: [
    .init(.jobs, schema: BuiltInSchemas.shared["Job"], subresources: ["status"]),
    .init(.cronJobs, schema: BuiltInSchemas.shared["CronJob"], subresources: ["status"]),
    .init(.namespaces, schema: BuiltInSchemas.shared["Namespace"]),
    .init(widgets, schema: RecordedWrite.widget),
  ])

  private func document(_ path: String) throws -> JSONValue {
    try JSONReader.parse(try #require(documents.document(path))).value
  }

  private func schema(_ name: String, in path: String) throws -> JSONValue {
    try #require(try document(path)[path: "components", "schemas", name])
  }

  @Test func indexNamesEveryGroupVersionWithAHash() throws {
    let paths = try #require(documents.index()["paths"]?.objectValue)
    #expect(Set(paths.keys) == ["api/v1", "apis/batch/v1", "apis/applyrec.example.dev/v1"])
    let address = try #require(paths["apis/batch/v1"]?["serverRelativeURL"]?.stringValue)
    #expect(address.wholeMatch(of: /\/openapi\/v3\/apis\/batch\/v1\?hash=[0-9A-F]{64}/) != nil)
  }

  @Test func hashFollowsTheSchema() {
    func address(_ schema: Schema) -> JSONValue? {
      let documents = OpenAPIDocuments(resources: [.init(Self.widgets, schema: schema)])
      return documents.index()[path: "paths", "apis/applyrec.example.dev/v1"]
    }
    #expect(address(RecordedWrite.widget) == address(RecordedWrite.widget))
    #expect(address(RecordedWrite.widget) != address(RecordedWrite.widget.with(property: "spec", .any)))
  }

  @Test func unknownGroupVersionHasNoDocument() {
    #expect(documents.document("apis/batch/v2") == nil)
  }

  @Test func everyReferenceLeadsToAComponent() throws {
    for path in ["api/v1", "apis/batch/v1", "apis/applyrec.example.dev/v1"] {
      let document = try document(path)
      let components = try #require(document[path: "components", "schemas"]?.objectValue)
      for reference in references(document) {
        let name = reference.replacing("#/components/schemas/", with: "")
        #expect(components[name] != nil, "\(reference)")
      }
    }
  }

  private func references(_ value: JSONValue) -> [String] {
    switch value {
    case .object(let members):
      (members["$ref"]?.stringValue.map { [$0] } ?? []) + members.values.flatMap(references)
    case .array(let items): items.flatMap(references)
    default: []
    }
  }

  @Test func fieldsHaveTypesDescriptionsAndMergeRules() throws {
    let spec = try schema("io.k8s.api.core.v1.PodSpec", in: "apis/batch/v1")
    let containers = try #require(spec[path: "properties", "containers"])
    #expect(containers["type"] == "array")
    #expect(containers["description"]?.stringValue?.isEmpty == false)
    #expect(containers["x-kubernetes-patch-merge-key"] == "name")
    #expect(containers["x-kubernetes-patch-strategy"] == "merge")
    #expect(containers[path: "items", "allOf"] == [["$ref": "#/components/schemas/io.k8s.api.core.v1.Container"]])
  }

  @Test func everyTypeIsDescribed() {
    for (name, schema) in BuiltInSchemas.shared.types {
      #expect(Descriptions.shared.description(of: schema.reference ?? "") != nil, "\(name)")
    }
  }

  @Test func customKindHasMetadataAndItsGroupVersionKind() throws {
    let widget = try schema("dev.example.applyrec.v1.Widget", in: "apis/applyrec.example.dev/v1")
    #expect(
      widget["x-kubernetes-group-version-kind"] == [
        ["group": "applyrec.example.dev", "version": "v1", "kind": "Widget"]
      ])
    #expect(
      Set(widget["properties"]?.objectValue?.keys ?? [:].keys) == ["apiVersion", "kind", "metadata", "spec", "status"])
    #expect(widget[path: "properties", "spec", "properties", "items", "x-kubernetes-list-map-keys"] == ["name"])
    #expect(widget[path: "properties", "spec", "properties", "mode", "default"] == "plain")
  }

  /// kubectl looks at the PATCH operation of a kind, to see whether the server validates fields itself.
  @Test(arguments: [
    ("apis/batch/v1", "/apis/batch/v1/namespaces/{namespace}/jobs/{name}", "Job"),
    ("api/v1", "/api/v1/namespaces/{name}", "Namespace"),
    ("apis/applyrec.example.dev/v1", "/apis/applyrec.example.dev/v1/namespaces/{namespace}/widgets/{name}", "Widget"),
  ])
  func patchTakesFieldValidation(document path: String, operation: String, kind: String) throws {
    let patch = try #require(try document(path)[path: "paths", operation, "patch"])
    #expect(patch[path: "x-kubernetes-group-version-kind", "kind"]?.stringValue == kind)
    let names = (patch["parameters"]?.arrayValue ?? []).map { $0["name"]?.stringValue }
    #expect(names.contains("fieldValidation"))
    #expect(names.contains("force"))
  }
}
