import JobPlan
import Testing

@Suite struct ObjectNamesTests {
  @Test func shortNamesStayReadable() {
    #expect(ObjectNames.cronJob(policy: "bao") == "bao-backup")
    #expect(ObjectNames.plan(policy: "bao") == "bao-plan")
    #expect(ObjectNames.serviceAccount(policy: "bao") == "bao-backup")
  }

  @Test(arguments: [44, 45, 46, 52, 63, 253])
  func longNamesAreCutToTheirLimitAndStayDistinct(length: Int) {
    let first = String(repeating: "a", count: length)
    let second = String(repeating: "a", count: length - 1) + "b"
    #expect(ObjectNames.cronJob(policy: first).count <= 52)
    #expect(ObjectNames.plan(policy: first).count <= 63)
    #expect(ObjectNames.job(backup: first, uid: "1").count <= 63)
    #expect(ObjectNames.restoreJob(request: first, uid: "1").count <= 63)
    #expect(ObjectNames.cronJob(policy: first).hasSuffix("-backup"))
    #expect(ObjectNames.cronJob(policy: first) != ObjectNames.cronJob(policy: second))
    #expect(ObjectNames.cronJob(policy: first) == ObjectNames.cronJob(policy: first))
  }

  @Test func aCutNeverLeavesADotOrDashBeforeTheHash() {
    let name = String(repeating: "a", count: 35) + "-.-" + String(repeating: "b", count: 30)
    let cut = ObjectNames.cronJob(policy: name)
    #expect(cut.hasPrefix(String(repeating: "a", count: 35) + "-"))
    #expect(!cut.contains("--") && !cut.contains(".-") && !cut.contains("-."))
  }

  @Test func objectsOfTwoRequestsOfOneNameDiffer() {
    #expect(ObjectNames.restoreJob(request: "r", uid: "1") != ObjectNames.restoreJob(request: "r", uid: "2"))
    #expect(ObjectNames.restoreJob(request: "r", uid: "1") != ObjectNames.dryRunJob(request: "r", uid: "1"))
  }
}
