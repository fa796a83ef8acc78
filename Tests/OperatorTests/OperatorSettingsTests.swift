import Foundation
import JobPlan
import Testing

@testable import Operator

@Suite struct OperatorSettingsTests {
  private static let image: [OperatorSetting: [String]] = [.executorImage: ["i"]]

  private func file(_ text: String) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "holdfast-config-\(UUID().uuidString).yaml").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private func problems(
    flags: [OperatorSetting: [String]] = image, environment: [String: String] = [:], file: String? = nil
  ) throws -> String {
    let error = #expect(throws: OperatorSettings.Invalid.self) {
      try OperatorSettings(flags: flags, environment: environment, file: file)
    }
    return error?.description ?? ""
  }

  @Test func defaultsAreThoseThatAreDocumented() throws {
    let settings = try OperatorSettings(flags: Self.image)
    let configuration = OperatorConfiguration(settings, ownNamespace: "own", identity: "me")
    #expect(
      configuration
        == OperatorConfiguration(executor: .init(image: "i", imagePullSecrets: [], fileSystemGroup: 65_532)))
    #expect(settings.number(.healthPort) == 8_080 && settings.text(.logFormat) == "text")
    // A default is a value that is allowed.
    for setting in OperatorSetting.allCases {
      for value in settings.list(setting) where setting.fallback != nil { #expect(setting.problem(with: value) == nil) }
    }
  }

  @Test func aFlagGoesBeforeAVariableAndThatBeforeTheFile() throws {
    let file = try file(
      """
      executorImage: from-file
      workers: 3
      failedBackupsLimit: 30
      healthPort: 1234
      namespaces: [a, b]
      trustedNamespaces: [a]
      leaderElect: true
      """)
    let settings = try OperatorSettings(
      flags: [.workers: ["5"], .trustedNamespaces: ["flag"]],
      environment: [
        "HOLDFAST_WORKERS": "4", "HOLDFAST_FAILED_BACKUPS_LIMIT": "40", "HOLDFAST_TRUSTED_NAMESPACES": "x, y",
        "HOLDFAST_CONFIG": file, "HOLDFAST_HEALTH_PORT": "", "HOLDFAST_SOMETHING_SERVICE_HOST": "10.0.0.1",
      ])
    #expect(settings.number(.workers) == 5 && settings.number(.failedBackupsLimit) == 40)
    #expect(settings.number(.healthPort) == 1_234 && settings.text(.executorImage) == "from-file")
    #expect(settings.list(.namespaces) == ["a", "b"] && settings.list(.trustedNamespaces) == ["flag"])
    let configuration = OperatorConfiguration(settings, ownNamespace: "own", identity: "me")
    #expect(
      configuration.leaderElection == .init(namespace: "own", leaseName: "holdfast-operator", identity: "me"))
    let listed = try OperatorSettings(flags: Self.image, environment: ["HOLDFAST_TRUSTED_NAMESPACES": "x, y,"])
    #expect(listed.list(.trustedNamespaces) == ["x", "y"])
  }

  @Test(arguments: [
    (OperatorSetting.workers, "two", "--workers 'two' is not a whole number from 1 to 64"),
    (.workers, "0", "1 to 64"), (.healthPort, "70000", "0 to 65535"),
    (.targetPreflight, "yes", "neither true nor false"),
    (.logLevel, "loud", "none of trace, debug"), (.logFormat, "xml", "none of text, json"),
    (.executorImagePullPolicy, "Sometimes", "none of Always"), (.namespaces, "Not_A_Name", "name of a namespace"),
    (.trustedNamespaces, "*", "name of a namespace"), (.executorImagePullSecrets, "a b", "name of a Secret"),
    (.executorFsGroup, "-1", "from 0"), (.notificationsFormat, "xml", "none of json, slack, cloudevents"),
    (.notificationsReasons, "Nothing", "none of *, PolicyInvalid"), (.executorImage, "a b", "is not an image"),
    (.healthHost, "", "is empty"), (.leaderElect, "maybe", "neither true nor false"),
  ])
  func wrongValuesAreRefusedWhereverTheyAreSaid(setting: OperatorSetting, value: String, message: String) throws {
    var flags = Self.image
    flags[setting] = [value]
    #expect(try problems(flags: flags).contains(message))
    #expect(try problems(flags: flags).contains(setting.flag))
    guard !value.isEmpty else { return }
    flags = Self.image
    flags[setting] = nil
    #expect(try problems(flags: flags, environment: [setting.variable: value]).contains(setting.variable + " '"))
    let file = try file(setting.isList ? "\(setting.key): ['\(value)']" : "\(setting.key): '\(value)'")
    #expect(try problems(flags: flags, file: file).contains("\(file): \(setting.key) '"))
  }

  @Test func everythingThatIsWrongIsSaidAtOnce() throws {
    let text = try problems(
      flags: [.workers: ["x"]], environment: ["HOLDFAST_LOG_LEVEL": "y"], file: try file("healthPort: z"))
    for part in ["--workers 'x'", "HOLDFAST_LOG_LEVEL 'y'", "healthPort 'z'", "no image for executor pods"] {
      #expect(text.contains(part), "\(text)")
    }
    #expect(text.split(separator: "\n").count == 4)
  }

  @Test(arguments: [
    ("workerz: 2", "workerz is no setting; known are kubeconfig, context"),
    ("workers: [2]", "is one value, not a list"),
    ("namespaces: a", "is a list"), ("namespaces: [{a: b}]", "list of plain values"), ("- a", "has to be a mapping"),
    ("workers: {a: b}", "not a mapping"), ("a: [", "is no YAML"),
  ])
  func filesOfTheWrongShapeAreRefused(text: String, message: String) throws {
    #expect(try problems(file: try file(text)).contains(message))
  }

  @Test func aFileThatIsNotThereIsRefusedAndAnEmptyOneIsNot() throws {
    #expect(try problems(file: "/nonexistent/x.yaml").contains("/nonexistent/x.yaml cannot be read"))
    #expect(try OperatorSettings(flags: Self.image, file: try file("# nothing\n")).number(.workers) == 2)
    #expect(try OperatorSettings(flags: Self.image, file: try file("workers:\n")).number(.workers) == 2)
  }

  @Test func namesFollowFromTheKey() {
    #expect(OperatorSetting.failedBackupsLimit.flag == "--failed-backups-limit")
    #expect(OperatorSetting.failedBackupsLimit.variable == "HOLDFAST_FAILED_BACKUPS_LIMIT")
    #expect(OperatorSetting.executorImage.variable == "HOLDFAST_EXECUTOR_IMAGE")
    #expect(OperatorSetting.trustedNamespaces.flag == "--trusted-namespace")
    #expect(Set(OperatorSetting.allCases.map(\.flag)).count == OperatorSetting.allCases.count)
  }

  /// The page is made from the list; so is the help, which the tests of the command line look at.
  @Test func thePageListsEverySetting() throws {
    let page = try Manifests.text("docs/configuration.md")
    let lines = page.split(separator: "\n").filter { $0.hasPrefix("| `--") }.map(String.init)
    let wanted = OperatorSetting.allCases.map { setting in
      "| `\(setting.flag)` | `\(setting.variable)` | `\(setting.key)` | "
        + "\(setting == .notificationsReasons ? "see below" : setting.fallback ?? "") | \(setting.summary) |"
    }
    #expect(lines == wanted, "docs/configuration.md should have:\n\(wanted.joined(separator: "\n"))")
    for reason in NotificationReasons.usual { #expect(page.contains("`\(reason)`"), "\(reason)") }
  }
}
