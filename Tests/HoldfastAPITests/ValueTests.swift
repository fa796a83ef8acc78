import KubernetesModel
import Testing

@testable import HoldfastAPI

struct DurationTextTests {
  @Test(arguments: [
    ("168h", Duration.seconds(604_800)), ("1h30m", .seconds(5_400)), ("500ms", .milliseconds(500)),
    ("7d", .seconds(604_800)),
    ("2w", .seconds(1_209_600)), ("1.5h", .seconds(5_400)), (".5s", .milliseconds(500)),
    ("1w2d3h4m5s", .seconds(788_645)),
    ("0", .zero), ("0s", .zero), ("100us", .microseconds(100)), ("100µs", .microseconds(100)), ("1ns", .nanoseconds(1)),
    ("0.1s", .milliseconds(100)), ("106751d", .seconds(106_751 * 86_400)),
  ])
  func readsGoSyntaxWithDaysAndWeeks(text: String, expected: Duration) throws {
    #expect(try DurationText.parse(text) == expected)
    #expect(try DurationText.parse(DurationText.format(expected)) == expected)
  }

  @Test(arguments: [
    ("", "is empty"), ("-5h", "is negative"), ("168", "has no unit"), ("7 d", "unknown unit"),
    ("7y", "unknown unit 'y'"),
    ("h", "is not a duration"), ("1h30", "has no unit"), ("106752d", "292 years"),
    ("99999999999999999999h", "292 years"),
    ("300y", "unknown unit"), ("1.h.", "is not a duration"), ("٣h", "is not a duration"), ("1H", "unknown unit 'H'"),
    ("106751d1000h", "292 years"),
  ])
  func refusesTheRestAndSaysWhatToWrite(text: String, message: String) {
    let error = #expect(throws: DurationText.ParseError.self) { try DurationText.parse(text) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test func formatsTheShortestExactText() throws {
    #expect(DurationText.format(.seconds(604_800)) == "1w")
    #expect(DurationText.format(.seconds(90_061)) == "1d1h1m1s")
    #expect(DurationText.format(.zero) == "0s")
    #expect(DurationText.format(.seconds(-60)) == "-1m")
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<500 {
      let duration = Duration.nanoseconds(
        Int64.random(in: 0...Int64.max, using: &generator) >> Int64.random(in: 0...60, using: &generator))
      #expect(try DurationText.parse(DurationText.format(duration)) == duration)
    }
  }
}

struct PartSizeTests {
  @Test(arguments: [
    ("10485760", Int64(10_485_760)), ("20Mi", 20 << 20), ("5Gi", 5 << 30), ("1.5Ki", 1_536), ("5e6", 5_000_000),
  ])
  func readsWholeBytes(text: String, bytes: Int64) { #expect(IntOrString.string(text).bytes == bytes) }

  @Test(arguments: ["", "Mi", "10 Mi", "10MB", "0.1", "1m", "16Ei", "ten"])
  func refusesTheRest(text: String) { #expect(IntOrString.string(text).bytes == nil) }
}

struct AgeRecipientTests {
  static let recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

  @Test func acceptsARecipient() { #expect(AgeRecipient.problem(Self.recipient) == nil) }

  @Test func findsEverySingleChangedCharacter() {
    let characters = Array(Self.recipient)
    for index in 4..<characters.count {
      for replacement in "qpzry9x8gf2tvdw0s3jn54khce6mua7lb1" where replacement != characters[index] {
        var changed = characters
        changed[index] = replacement
        #expect(AgeRecipient.problem(String(changed)) != nil)
      }
    }
  }

  @Test(arguments: [
    ("AGE-SECRET-KEY-1QQPQ", "treat it as disclosed"), ("age-secret-key-1qqpq", "treat it as disclosed"),
    ("ssh-ed25519 AAAA", "SSH key"), ("age1pq1qqqq", "post-quantum"), ("age1yubikey1qqqq", "plugin"),
    ("", "starts with age1"),
    ("age1ql3z7hjy", "62"), ("AGE1QL3Z7HJY54PW3HYWW5AYYFG7ZQGVC7W3J2ELW8ZMRJ2KG5SFN9AQMCAC8P", "starts with age1"),
    ("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8b", "position 62"),
  ])
  func saysWhatIsWrong(text: String, message: String) throws {
    let problem = try #require(AgeRecipient.problem(text))
    #expect(problem.contains(message))
    #expect(text.count < 12 || !problem.contains(text), "a pasted key must not be repeated")
  }
}

struct DefaultsTests {
  @Test func writesOutEveryDefault() throws {
    var spec = Fixtures.spec()
    spec.schedule = "H 2 * * *"
    let defaulted = spec.defaulted(namespace: "openziti", name: "overlay")
    #expect(defaulted.schedule == "42 2 * * *" && defaulted.timeZone == "Etc/UTC")
    #expect(defaulted.compression == .zstd)
    #expect(defaulted.target.provider == .s3 && defaulted.target.region == "us-east-1")
    #expect(defaulted.target.partSize == .int(10_485_760) && defaulted.target.concurrency == 3)
    #expect(defaulted.target.usePathStyle == false)
    #expect(defaulted.sources[0].openBao?.jwtAudience == "openbao-internal")
    #expect(defaulted.sources[0].openBao?.jwtMountPath == "jwt")
    #expect(defaulted.defaulted(namespace: "openziti", name: "overlay") == defaulted)
  }

  @Test func movesTheFieldsOfTheOpenBaoOperator() {
    var spec = Fixtures.spec()
    spec.sources = [
      Source(name: "a", openBao: .init(address: "https://a:8200")),
      Source(name: "b", vault: .init(address: "https://b:8200", jwtAuthRole: "own")),
    ]
    spec.tokenSecretRef = SecretReference(name: "backup-token")
    spec.executorImage = "registry.example/holdfast:1"
    spec.target.partSize = .string("20Mi")
    #expect(spec.validate().isEmpty, "\(spec.validate())")
    let defaulted = spec.defaulted(namespace: "n", name: "p")
    #expect(defaulted.sources[0].openBao?.login == .token(SecretReference(name: "backup-token")))
    #expect(defaulted.sources[0].openBao?.jwtAudience == nil)
    #expect(defaulted.sources[1].vault?.login == .jwt(role: "own", audience: "openbao-internal", mountPath: "jwt"))
    #expect(defaulted.executor?.image == "registry.example/holdfast:1")
    #expect(defaulted.executorImage == nil && defaulted.tokenSecretRef == nil)
    #expect(defaulted.target.partSize == .int(20 << 20))
    #expect(defaulted.validate().isEmpty)
  }

  @Test func leavesAWrongFieldForValidation() {
    var spec = Fixtures.spec()
    spec.schedule = "61 * * * *"
    spec.target.partSize = .string("many")
    let defaulted = spec.defaulted(namespace: "n", name: "p")
    #expect(defaulted.schedule == "61 * * * *" && defaulted.target.partSize == .string("many"))
    #expect(defaulted.target.partSizeBytes == Target.defaultPartSize)
  }
}
