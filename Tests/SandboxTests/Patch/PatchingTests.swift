import KubernetesModel
import Testing

@testable import Sandbox

@Suite struct PatchingTests {
  /// The examples of RFC 7386, appendix A.
  @Test(arguments: [
    (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
    (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
    (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
    (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
    (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
    (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#), (#"[1,2]"#, #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
    ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
  ])
  func mergePatchFollowsTheRFC(target: String, patch: String, expected: String) throws {
    #expect(Patching.mergePatch(try json(patch), on: try json(target)) == (try json(expected)))
  }

  /// From RFC 6902, appendix A.
  @Test(arguments: [
    (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#, #"{"baz":"qux","foo":"bar"}"#),
    (#"{"foo":["bar","baz"]}"#, #"[{"op":"add","path":"/foo/1","value":"qux"}]"#, #"{"foo":["bar","qux","baz"]}"#),
    (#"{"foo":["bar","qux","baz"]}"#, #"[{"op":"remove","path":"/foo/1"}]"#, #"{"foo":["bar","baz"]}"#),
    (#"{"baz":"qux"}"#, #"[{"op":"replace","path":"/baz","value":"boo"}]"#, #"{"baz":"boo"}"#),
    (
      #"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
      #"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
      #"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#
    ),
    (
      #"{"foo":["all","grass","cows","eat"]}"#, #"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
      #"{"foo":["all","cows","eat","grass"]}"#
    ),
    (#"{"foo":["bar"]}"#, #"[{"op":"add","path":"/foo/-","value":["abc"]}]"#, #"{"foo":["bar",["abc"]]}"#),
    (#"{"/":9,"~1":10}"#, #"[{"op":"test","path":"/~01","value":10}]"#, #"{"/":9,"~1":10}"#),
  ])
  func jsonPatchFollowsTheRFC(target: String, patch: String, expected: String) throws {
    #expect(try Patching.jsonPatch(try json(patch), on: try json(target)) == (try json(expected)))
  }

  @Test(arguments: [
    (#"{"a":1}"#, #"[{"op":"test","path":"/a","value":2}]"#), (#"{"a":1}"#, #"[{"op":"remove","path":"/b"}]"#),
    (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/5","value":2}]"#),
    (#"{"a":1}"#, #"[{"op":"add","path":"/b/c","value":2}]"#),
    (#"{"a":1}"#, #"[{"op":"replace","path":"/a/01","value":2}]"#),
  ])
  func jsonPatchThatDoesNotApplyIsInvalid(target: String, patch: String) throws {
    let error = #expect(throws: APIError.self) { try Patching.jsonPatch(try json(patch), on: try json(target)) }
    #expect(error?.code == 422)
  }

  @Test func strategicMergeMergesContainersByName() throws {
    let target = try json(
      #"{"spec":{"containers":[{"name":"a","image":"x","env":[{"name":"E","value":"1"}]},{"name":"b","image":"y"}]}}"#)
    let patch = try json(
      #"{"spec":{"containers":[{"name":"a","image":"z","env":[{"name":"F","value":"2"}]},{"name":"b","$patch":"delete"}]}}"#
    )
    let expected = try json(
      #"{"spec":{"containers":[{"name":"a","image":"z","env":[{"name":"E","value":"1"},{"name":"F","value":"2"}]}]}}"#)
    #expect(try Patching.strategicMergePatch(patch, on: target, kind: .pods) == expected)
  }

  @Test func strategicMergeFollowsItsDirectives() throws {
    let target = try json(#"{"metadata":{"finalizers":["a","b"],"labels":{"x":"1","y":"2"}}}"#)
    let patch = try json(
      #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"$setElementOrder/finalizers":["c","b"],"finalizers":["c"],"labels":{"$patch":"replace","z":"3"}}}"#
    )
    let result = try Patching.strategicMergePatch(patch, on: target, kind: .configMaps)
    #expect(result == (try json(#"{"metadata":{"finalizers":["c","b"],"labels":{"z":"3"}}}"#)))
  }

  @Test func strategicMergeNeedsTheMergeKey() throws {
    #expect(throws: APIError.self) {
      try Patching.strategicMergePatch(
        try json(#"{"spec":{"containers":[{"image":"z"}]}}"#), on: try json(#"{"spec":{"containers":[]}}"#), kind: .pods
      )
    }
  }

  private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: .init(text.utf8)) }
}
