import Foundation
import KubernetesModel
import Testing

@testable import ResourceSet

struct ListPageTests {
  @Test func itemsAreFoundWhateverTheyHold() throws {
    let items: [JSONValue] = [
      ["metadata": ["name": "a"], "s": "]},{\"\\"], ["n": -1.25, "t": true, "u": .null, "e": [[], [:]]], 7, "x", [],
    ]
    let list: JSONValue = [
      "items": .array(items), "kind": "List", "metadata": ["resourceVersion": "5", "continue": ""],
    ]
    for pretty in [true, false] {
      let page = try ListPage(try list.serialized(prettyPrinted: pretty))
      #expect(try (0..<page.count).map(page.object) == items)
      #expect(page.resourceVersion == "5" && page.continueToken == nil)
    }
  }

  @Test func itemsMayBeNullAndDataMayBeASlice() throws {
    let text = Data("xx {\"metadata\":{\"continue\":\"t\"},\"items\":null}".utf8)
    let page = try ListPage(text.dropFirst(3))
    #expect(page.count == 0 && page.continueToken == "t")
    let one = try ListPage(Data("yy{\"items\":[{\"a\":1}],\"metadata\":{}}".utf8).dropFirst(2))
    #expect(try one.object(at: 0) == ["a": 1])
  }
}
