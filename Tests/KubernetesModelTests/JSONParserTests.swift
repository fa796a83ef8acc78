import Foundation
import KubernetesModel
import Testing

struct JSONParserTests {
  private func byFoundation(_ text: String) -> JSONValue? {
    try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  private func parse(_ text: String) -> JSONValue? { try? JSONValue(parsing: Data(text.utf8)) }

  @Test(arguments: [
    "null", " true ", "[]", "{}", "[1, -2, 3.5, 1.0, 1e3, -0, 0.1e-2]", #"{"a":{"b":[{"c":null}]}}"#,
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e300",
    #""\u00e4\ud83d\ude00\n\"\\\/\b\f\r\t""#, "\"äöü 😀\"", "\r\n\t[ \"x\" , 1 ]\n",
  ])
  func readsWhatFoundationReads(text: String) {
    #expect(parse(text) != nil)
    #expect(parse(text) == byFoundation(text))
  }

  @Test(arguments: [
    "", " ", "{", "[1,]", "[1 2]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, "tru", "nul", "01", "+1", "1.", ".5",
    "1e", "--1", "\"abc", #""\x""#, #""\u12""#, #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, "\"a\nb\"", "[1]]",
    "1e999", "NaN", "\u{FEFF}1",
  ])
  func refusesWhatIsNotJSON(text: String) {
    #expect(throws: DecodingError.self) { try JSONValue(parsing: Data(text.utf8)) }
  }

  @Test func bytesThatAreNotUTF8AreRefused() {
    #expect(throws: DecodingError.self) { try JSONValue(parsing: Data([0x22, 0xFF, 0x22])) }
    #expect(throws: DecodingError.self) { try JSONValue(parsing: Data([0x22, 0x5C, 0x6E, 0xC3, 0x22])) }
  }

  @Test func deepNestingIsAnErrorAndNoCrash() {
    #expect(parse(String(repeating: "[", count: 500) + String(repeating: "]", count: 500)) != nil)
    #expect(throws: DecodingError.self) {
      try JSONValue(parsing: Data(String(repeating: "[", count: 1_000_000).utf8))
    }
  }

  @Test func errorsTellThePlace() {
    #expect {
      try JSONValue(parsing: Data(#"{"a": x}"#.utf8))
    } throws: { error in
      "\(error)".contains("byte 6")
    }
  }

  @Test func everyPrefixOfADocumentIsRefused() {
    let text = #"{"a":[1,"ä\n",{"b":null}],"c":true}"#
    let bytes = Data(text.utf8)
    for end in 0..<bytes.count { #expect(throws: DecodingError.self) { try JSONValue(parsing: bytes.prefix(end)) } }
    // A slice does not start at index 0.
    #expect(throws: Never.self) { try JSONValue(parsing: (Data("  ".utf8) + bytes).dropFirst(2)) }
  }

  @Test(arguments: 0..<100) func writtenValuesAreReadBack(seed: Int) throws {
    var generator = Generator(state: UInt64(seed) &* 7_919 &+ 1)
    let value = generator.value(depth: 4)
    #expect(try JSONValue(parsing: value.serialized()) == value)
    #expect(try JSONValue(parsing: value.serialized(prettyPrinted: true)) == value)
  }
}

/// Makes values of every kind.
private struct Generator {
  var state: UInt64

  private mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  private mutating func text() -> String {
    let alphabet: [Character] = ["a", "é", "😀", "\"", "\\", "\n", "\u{1}", "/", " ", "z"]
    return String((0..<next(8)).map { _ in alphabet[next(alphabet.count)] })
  }

  mutating func value(depth: Int) -> JSONValue {
    switch next(depth > 0 ? 7 : 5) {
    case 0: return .null
    case 1: return .bool(next(2) == 0)
    case 2: return .integer(Int64(next(1 << 30)) * Int64(next(1 << 30)) - 1 << 40)
    case 3: return .number(Double(next(1_000_000)) / 1_000 + 0.000_5)
    case 4: return .string(text())
    case 5: return .array((0..<next(5)).map { _ in value(depth: depth - 1) })
    default: return .object(Dictionary((0..<next(5)).map { _ in (text(), value(depth: depth - 1)) }) { $1 })
    }
  }
}
