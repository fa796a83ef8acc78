import Foundation
import KubernetesModel
import Testing

@testable import HoldfastAPI

/// The CRDs on a real API server, whose rules (CEL) nothing else evaluates. Needs HOLDFAST_TEST_KUBECONFIG, the CRDs
/// installed there, and `kubectl`. Writes nothing: every request is a dry run.
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["HOLDFAST_TEST_KUBECONFIG"] != nil,
    "needs a real API server: set KUBECONFIG or KUBEBUILDER_ASSETS for Tests/run"))
struct RealAPIServerTests {
  /// What only Swift can tell: calendars, time zones, checksums, and classes of letters in keys.
  static let swiftOnly: Set<String> = [
    "30 February", "unknown zone", "mistyped recipient", "tag of other letters",
    "endpoint without TLS", "issuers as number", "issuers as name", "dots in a path", "bad field selector",
    "database beside the claim",
  ]

  @Test func malformedPoliciesAreRefusedWithTheFieldAndWithoutSecrets() throws {
    let cases =
      PolicyValidationTests.schedules + PolicyValidationTests.sources + PolicyValidationTests.kinds
      + PolicyValidationTests.targets + PolicyValidationTests.providers + PolicyValidationTests.rest
    for `case` in cases {
      var object = PolicyValidationTests.valid
      `case`.change(&object)
      object["metadata"]?["namespace"] = "default"
      let (status, output) = try dryRun(object)
      #expect((status != 0) != Self.swiftOnly.contains(`case`.name), "\(`case`.name): \(output)")
      if status != 0 {
        // The rule of a list or an object may stand one level above the field that Swift names.
        let path = `case`.field.split(separator: "[")[0].split(separator: ".").suffix(2)
        #expect(path.contains { output.contains($0) }, "\(`case`.name): \(output)")
      }
      for secret in ["AGE-SECRET-KEY-1", "hunter2"] { #expect(!output.contains(secret), "\(output)") }
    }
  }

  @Test func validPoliciesAreAccepted() throws {
    for change in [{ _ in }] + PolicyValidationTests.accepted + PolicyValidationTests.acceptedTargets {
      var object = PolicyValidationTests.valid
      change(&object)
      object["metadata"]?["namespace"] = "default"
      let (status, output) = try dryRun(object)
      #expect(status == 0, "\(output)")
    }
  }

  private func dryRun(_ object: JSONValue) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "kubectl", "--kubeconfig", ProcessInfo.processInfo.environment["HOLDFAST_TEST_KUBECONFIG"]!, "create",
      "--dry-run=server", "--validate=ignore", "-f", "-",
    ]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: object.serialized())
    try input.fileHandleForWriting.close()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
