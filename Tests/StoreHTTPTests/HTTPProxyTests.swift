import StoreHTTP
import Testing

@Suite struct HTTPProxyTests {
  private func proxy(_ url: String, _ environment: [String: String]) -> String? {
    HTTPProxy.forURL(url, environment: environment)?.description
  }

  @Test func schemeChoosesTheVariable() {
    let environment = ["HTTPS_PROXY": "http://secure:3128", "HTTP_PROXY": "plain"]
    #expect(proxy("https://s3.example.org", environment) == "secure:3128")
    #expect(proxy("http://s3.example.org", environment) == "plain:80")
    #expect(proxy("https://s3.example.org", ["HTTP_PROXY": "plain"]) == nil)
  }

  @Test func lowerCaseWinsAndAnEmptyOneIsNone() {
    #expect(proxy("https://a.org", ["HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:2"]) == "lower:2")
    #expect(proxy("https://a.org", ["HTTPS_PROXY": ""]) == nil)
  }

  @Test(arguments: [
    ("https://localhost:9000", ""), ("http://127.0.0.7", ""), ("https://s3.example.org", "example.org"),
    ("https://s3.example.org", "a, .example.org"), ("https://s3.example.org", "*"),
    ("http://10.1.2.3:9000", "10.0.0.0/8"),
    ("https://s3.example.org:9000", "s3.example.org:9000"), ("https://S3.EXAMPLE.org", "example.ORG"),
    ("http://bucket.s3.svc", "*.svc"),
  ])
  func hostsThatNoProxyNamesAreReachedDirectly(_ url: String, _ list: String) {
    #expect(proxy(url, ["HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://p:1", "NO_PROXY": list]) == nil)
  }

  @Test(arguments: [
    ("https://badexample.org", "example.org"), ("https://example.org", ".example.org"),
    ("http://11.1.2.3", "10.0.0.0/8"), ("https://s3.example.org", "s3.example.org:9000"),
  ])
  func othersAreNot(_ url: String, _ list: String) {
    #expect(proxy(url, ["HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://p:1", "NO_PROXY": list]) == "p:1")
  }

  @Test func passwordIsReadAndNeverShown() throws {
    let proxy = try #require(
      HTTPProxy.forURL("https://a.org", environment: ["HTTPS_PROXY": "http://me:geheim@p:8080"]))
    #expect(proxy.user == "me")
    #expect(proxy.password == "geheim")
    var dumped = ""
    dump(proxy, to: &dumped)
    #expect(!"\(proxy) \(String(reflecting: proxy)) \(dumped)".contains("geheim"))
  }
}
