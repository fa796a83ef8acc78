import Testing

@testable import Sandbox

@Suite struct PathRewritingTests {
  private let rewriting = PathRewriting(
    root: "/sandbox/root", mountPaths: ["/dev/termination-log", "/var/run/holdfast/plan", "/tmp"])

  @Test(arguments: [
    ("/var/run/holdfast/plan/plan.json", "/sandbox/root/var/run/holdfast/plan/plan.json"),
    ("/var/run/holdfast", "/sandbox/root/var/run/holdfast"), ("--out=/tmp/x", "--out=/sandbox/root/tmp/x"),
    ("/dev/termination-log", "/sandbox/root/dev/termination-log"), ("/usr/bin/env", "/usr/bin/env"),
    ("/tmpfoo", "/tmpfoo"), ("/", "/"), ("plain", "plain"), ("https://host/tmp", "https://host/tmp"),
  ])
  func onlyMountsAndWhatIsAboveThemMove(text: String, expected: String) {
    #expect(rewriting.rewrite(text) == expected)
  }

  @Test func variablesExpandAsInKubernetes() {
    let environment = ["A": "1"]
    #expect(ContainerCommand.expand("x$(A)y$(B)$$(A)$", with: environment) == "x1y$(B)$(A)$")
  }

  @Test func imagesAreFoundWithOrWithoutATag() {
    let images = ImageMap(["holdfast": ["/bin/holdfast"], "registry:5000/x:1": ["/bin/x"]])
    #expect(images.entrypoint(of: "holdfast:dev") == ["/bin/holdfast"])
    #expect(images.entrypoint(of: "registry:5000/x:1") == ["/bin/x"])
    #expect(images.entrypoint(of: "registry:5000/x") == nil)
  }
}
