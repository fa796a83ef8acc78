import KubernetesModel
import Testing

@testable import Sandbox

@Suite struct JSONTests {
  @Test(arguments: [
    #"{"a":[1,-2.5,1e-3,true,null,"x\n\"\\\u00e9\ud83d\ude00"],"b":{}}"#, "[]", "\"\"", "0", "-9223372036854775808",
  ])
  func valuesSurvive(text: String) throws {
    let value = try JSONReader.parse(text.utf8).value
    #expect(try JSONReader.parse(JSONWriter.bytes(value)).value == value)
  }

  @Test(arguments: ["", "{", "{\"a\"}", "[1,]", "{\"a\":1,}", "01x", "tru", "\"\u{1}\"", "\"\\x\"", "1 2", "-", "nan"])
  func brokenTextIsRefused(text: String) {
    #expect(throws: JSONReader.SyntaxError.self) { try JSONReader.parse(text.utf8) }
  }

  @Test func deepNestingIsRefused() {
    let text = String(repeating: "[", count: 100_000)
    #expect(throws: JSONReader.SyntaxError.self) { try JSONReader.parse(text.utf8) }
  }

  @Test func duplicatesAreNamedByPath() throws {
    let parsed = try JSONReader.parse(#"{"a":{"b":1,"b":2},"c":[{"d":1,"d":1}]}"#.utf8)
    #expect(parsed.duplicates == ["a.b", "c[0].d"])
    #expect(parsed.value["a"]?["b"] == 2)
  }
}
