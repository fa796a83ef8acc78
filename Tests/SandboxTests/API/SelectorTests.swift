import KubernetesModel
import Testing

@testable import Sandbox

@Suite struct SelectorTests {
  @Test(arguments: [
    ("a=1", true), ("a==1", true), ("a!=1", false), ("b!=1", true), ("a", true), ("!a", false), ("!b", true),
    ("a in (1,2)", true), ("a in (2, 3)", false), ("a notin (2)", true), ("b notin (2)", true), ("a=1,x/y=z", true),
    ("a=1,x/y=q", false), ("n>4", true), ("n<5", false), ("", true), (" a = 1 , n ", true), ("a=", false),
  ])
  func labelTermsSelect(text: String, matches: Bool) throws {
    #expect(try LabelQuery(text).matches(["a": "1", "x/y": "z", "n": "5"]) == matches)
  }

  @Test(arguments: ["a in (", "a in b", "=1", "a=b c", "a b", "a in (x", "a/b/c=1", "a=$"])
  func brokenLabelTermsAreRefused(text: String) {
    #expect(throws: APIError.self) { try LabelQuery(text) }
  }

  @Test func fieldTermsSelectByWhatTheKindOffers() throws {
    let pods = BuiltInResources.resource(.pods)
    let pod: JSONValue = ["metadata": ["name": "p"], "status": ["phase": "Running"]]
    #expect(try FieldQuery("status.phase=Running,metadata.name!=q", resource: pods).matches(pod))
    #expect(try !FieldQuery("spec.nodeName=n", resource: pods).matches(pod))
    #expect(throws: APIError.self) { try FieldQuery("spec.foo=n", resource: pods) }
  }
}
