import KubernetesModel
import Testing

@testable import Sandbox

@Suite struct FieldSetTests {
  private let fields: JSONValue = [
    "f:spec": [
      "f:items": [
        ".": [:], #"k:{"name":"a","port":80}"#: [".": [:], "f:name": [:]], #"k:{"name":"b"}"#: ["f:name": [:]],
      ],
      "f:tags": [#"v:"x""#: [:], "v:1": [:]],
    ],
    "f:status": [:],
  ]

  @Test func wireFormComesBackUnchanged() throws {
    #expect(try #require(FieldSet(fieldsV1: fields)).fieldsV1 == fields)
  }

  @Test(arguments: ["x:y", "spec", "k:[]", "k:{}", "v:", "i:x"])
  func whatIsNoPathIsRefused(name: String) {
    #expect(FieldSet(fieldsV1: .object(["f:spec": .object([name: [:]])])) == nil)
  }

  @Test func pathsReadAsMessagesWriteThem() throws {
    let set = try #require(FieldSet(fieldsV1: fields))
    #expect(
      set.paths.map { $0.map(\.description).joined() } == [
        ".status", ".spec.items", #".spec.items[name="a",port=80]"#, #".spec.items[name="a",port=80].name"#,
        #".spec.items[name="b"].name"#, ".spec.tags[=\"x\"]", ".spec.tags[=1]",
      ])
  }

  @Test func algebraGoesPathByPath() throws {
    let set = try #require(FieldSet(fieldsV1: fields))
    let part = try #require(FieldSet(fieldsV1: ["f:spec": ["f:items": [:]], "f:other": [:]]))
    #expect(set.intersection(part).fieldsV1 == ["f:spec": ["f:items": [:]]])
    // A path that is taken leaves what is below it.
    #expect(set.subtracting(part).union(part).subtracting(part) == set.subtracting(part))
    #expect(set.subtracting(part)[.field("spec")][.field("items")].isMember == false)
    #expect(set.subtracting(set).isEmpty)
    #expect(set.union(set) == set)
  }
}
