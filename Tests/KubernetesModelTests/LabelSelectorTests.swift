import KubernetesModel
import Testing

struct LabelSelectorTests {
  let labels = ["app": "db", "tier": "back"]

  @Test func emptySelectsEverything() throws {
    #expect(try LabelSelector().matches(nil))
    #expect(try LabelSelector().selectorString() == "")
  }

  @Test func allTermsHaveToHold() throws {
    let selector = LabelSelector(
      matchLabels: ["app": "db"],
      matchExpressions: [
        .init(key: "tier", operator: "In", values: ["back", "front"]), .init(key: "old", operator: "DoesNotExist"),
      ])
    #expect(try selector.matches(labels))
    #expect(try !selector.matches(labels.merging(["old": ""]) { _, new in new }))
    #expect(try !selector.matches(["app": "db"]))
    #expect(try selector.selectorString() == "!old,app=db,tier in (back,front)")
  }

  @Test func notInSelectsWhatHasNoSuchLabel() throws {
    let selector = LabelSelector(matchExpressions: [.init(key: "zone", operator: "NotIn", values: ["a"])])
    #expect(try selector.matches(labels))
    #expect(try !selector.matches(["zone": "a"]))
    #expect(try selector.selectorString() == "zone notin (a)")
  }

  @Test(arguments: [
    LabelSelector.Requirement(key: "a", operator: "in", values: ["x"]), .init(key: "a", operator: "In"),
    .init(key: "a", operator: "Exists", values: ["x"]),
  ])
  func meaninglessTermsAreErrors(term: LabelSelector.Requirement) {
    #expect(throws: LabelSelector.InvalidSelector.self) {
      try LabelSelector(matchExpressions: [term]).matches(["a": "x"])
    }
    #expect(throws: LabelSelector.InvalidSelector.self) {
      try LabelSelector(matchExpressions: [term]).selectorString()
    }
  }
}
