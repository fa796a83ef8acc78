import Foundation
import KubernetesModel
import Testing

struct QuantityTests {
  @Test(arguments: [
    ("0", 0), ("10", 10), ("+7", 7), ("-3", -3), ("1Ki", 1_024), ("10Mi", 10_485_760), ("1.5Gi", 1_610_612_736),
    ("2Ti", 2_199_023_255_552), ("1k", 1_000), ("5M", 5_000_000), ("1.5G", 1_500_000_000), ("2e3", 2_000),
    ("1E3", 1_000), ("1E", 1_000_000_000_000_000_000), ("5e-0", 5), ("2000m", 2), (".5k", 500), ("5.", 5),
    ("7Ei", 8_070_450_532_247_928_832), ("0.0000000000000000001E", 0),
  ])
  func wholeValuesAreExact(text: String, value: Int) throws {
    if text == "0.0000000000000000001E" {
      #expect(try Quantity(text).exactInteger == nil)  // 0.1
    } else {
      #expect(try Quantity(text).exactInteger == Int64(value))
    }
  }

  @Test(arguments: [("250m", 1), ("1.2", 2), ("-1.2", -2), ("1n", 1), ("3", 3)])
  func fractionsRoundAwayFromZero(text: String, value: Int) throws {
    #expect(try Quantity(text).roundedInteger == Int64(value))
  }

  @Test func fractionsHaveNoExactInteger() throws {
    #expect(try Quantity("250m").exactInteger == nil)
    #expect(try Quantity("250m").doubleValue == 0.25)
    #expect(try Quantity("1.5Ki").exactInteger == 1_536)
  }

  @Test func whatPassesSixtyFourBitsHasNoInteger() throws {
    #expect(try Quantity("8Ei").exactInteger == nil)
    #expect(try Quantity("8Ei").doubleValue == 9_223_372_036_854_775_808)
    #expect(try Quantity("1e50").doubleValue == 1e50)
  }

  @Test(arguments: ["", "Mi", "1.2.3", "10MiB", "1 Gi", "abc", "--1", "1e", "1e99", "0x10", "١", "1kb", "1,5"])
  func otherTextsAreRefused(text: String) {
    #expect(throws: Quantity.ParseError.self) { try Quantity(text) }
  }

  @Test func errorsNameTheTextAndTheRemedy() {
    #expect {
      try Quantity("10MB")
    } throws: { error in
      "\(error)".contains("'10MB'") && "\(error)".contains("Ki, Mi")
    }
  }

  @Test func equalValuesAreEqualWhateverTheirText() throws {
    #expect(try Quantity("1Gi") == Quantity("1024Mi"))
    #expect(try Quantity("1Gi").hashValue == Quantity("1024Mi").hashValue)
    #expect(try Quantity("0.1") == Quantity("100m"))
    #expect(try Quantity("1G") != Quantity("1Gi"))
  }

  @Test func textSurvivesCodingAndNumbersAreRead() throws {
    let decoded = try JSONDecoder().decode([Quantity].self, from: Data(#"["1500m", 3, 0.5]"#.utf8))
    #expect(decoded.map(\.description) == ["1500m", "3", "0.5"])
    #expect(try String(decoding: JSONEncoder().encode(decoded), as: UTF8.self) == #"["1500m","3","0.5"]"#)
  }

  @Test func roundTripsThroughTextForManyValues() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<500 {
      let value = Int64.random(in: .min ... .max, using: &generator)
      #expect(try Quantity(String(value)).exactInteger == value)
      #expect(Quantity(value).exactInteger == value)
    }
  }

  @Test func intOrStringGivesAQuantityEitherWay() throws {
    #expect(try IntOrString.int(10_485_760).quantity() == IntOrString.string("10Mi").quantity())
  }
}
