import Testing

import StoreHTTP

@Suite struct XMLElementTests {
  private func parse(_ text: String) throws -> XMLElement { try XMLElement(parsing: text.utf8) }

  @Test func readsNamesTextAndChildren() throws {
    let document = try parse(
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <!-- comment -->
      <R xmlns="http://s3.amazonaws.com/doc/2006-03-01/" a='1>2'><K>a&amp;b&#x20AC;&#233;&lt;</K><E/><E b="c" />
        <C><![CDATA[<raw> & ]]></C><N><M>x</M></N></R>

      """)
    #expect(document.name == "R")
    #expect(document["K"] == "a&b€é<")
    #expect(document.all("E").count == 2)
    #expect(document["C"] == "<raw> & ")
    #expect(document.all("N").first?["M"] == "x")
    #expect(document["X"] == nil)
  }

  @Test(arguments: [
    "", "text", "<a>", "<a></b>", "<a", "<a b></a>", "<a b=c></a>", "<a>&nope;</a>", "<a>& </a>", "<a></a><b></b>",
    "<a></a>x", "<!DOCTYPE a><a></a>", "<a>&#xD800;</a>", "<a><![CDATA[x</a>", "<>", "<a><!-- </a>",
    String(repeating: "<a>", count: 100),
  ])
  func whatIsNotWellFormedIsAnError(text: String) {
    #expect(throws: XMLElement.ParseError.self) { try parse(text) }
  }

  @Test func escapingIsTheInverse() throws {
    let text = "\"a\" & <b>"
    #expect(try parse("<a>\(XMLElement.escape(text))</a>").text == text)
  }
}
