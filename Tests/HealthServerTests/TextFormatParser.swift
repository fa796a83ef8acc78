/// Reads Prometheus's text format 0.0.4, as strictly as its specification allows: what a scrape would refuse, or would
/// read as something else, is an error here.
struct TextFormatParser {
  struct Sample: Equatable {
    var name: String
    var labels: [String: String]
    var value: Double
  }

  struct Family {
    var type: String
    var help: String?
    var samples: [Sample] = []
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private(set) var families: [String: Family] = [:]
  private var current: String?
  private var pendingHelp: (name: String, text: String)?

  static func parse(_ text: String) throws -> [String: Family] {
    guard text.isEmpty || text.hasSuffix("\n") else { throw Failure(description: "the last line has no line feed") }
    var parser = TextFormatParser()
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      try parser.read(String(line))
    }
    for (name, family) in parser.families { try check(name, family) }
    return parser.families
  }

  private mutating func read(_ line: String) throws {
    if line.hasPrefix("# HELP ") {
      let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1).map(String.init)
      pendingHelp = (parts[0], parts.count > 1 ? parts[1] : "")
    } else if line.hasPrefix("# TYPE ") {
      let parts = line.dropFirst(7).split(separator: " ").map(String.init)
      guard parts.count == 2, ["counter", "gauge", "histogram"].contains(parts[1]) else {
        throw Failure(description: "bad type: \(line)")
      }
      guard families[parts[0]] == nil else { throw Failure(description: "second TYPE of \(parts[0])") }
      if let pendingHelp, pendingHelp.name != parts[0] { throw Failure(description: "HELP of another: \(line)") }
      families[parts[0]] = Family(type: parts[1], help: pendingHelp?.text)
      pendingHelp = nil
      current = parts[0]
    } else if line.hasPrefix("#") || line.isEmpty {
      throw Failure(description: "unexpected line: \(line)")
    } else {
      let sample = try Self.sample(line)
      guard let current, let family = families[current], Self.belongs(sample.name, to: current, family.type) else {
        throw Failure(description: "sample outside its family: \(line)")
      }
      guard !family.samples.contains(where: { $0.name == sample.name && $0.labels == sample.labels }) else {
        throw Failure(description: "second sample: \(line)")
      }
      families[current]?.samples.append(sample)
    }
  }

  private static func belongs(_ name: String, to family: String, _ type: String) -> Bool {
    type == "histogram" ? ["_bucket", "_sum", "_count"].contains { name == family + $0 } : name == family
  }

  private static func sample(_ line: String) throws -> Sample {
    var rest = Substring(line)
    let name = take(&rest) { isNameCharacter($0, isFirst: false) || $0 == ":" }
    guard let first = name.unicodeScalars.first, isNameCharacter(Character(first), isFirst: true) else {
      throw Failure(description: "bad name: \(line)")
    }
    var labels: [String: String] = [:]
    if rest.first == "{" {
      rest.removeFirst()
      while rest.first != "}" {
        let label = take(&rest) { isNameCharacter($0, isFirst: false) }
        guard let first = label.first, isNameCharacter(first, isFirst: true), !label.hasPrefix("__"),
          labels[label] == nil, rest.hasPrefix("=\"")
        else { throw Failure(description: "bad label: \(line)") }
        rest.removeFirst(2)
        labels[label] = try quoted(&rest, line)
        if rest.first == "," { rest.removeFirst() }
      }
      rest.removeFirst()
    }
    guard rest.first == " " else { throw Failure(description: "no value: \(line)") }
    return Sample(name: name, labels: labels, value: try number(String(rest.dropFirst()), line))
  }

  private static func quoted(_ rest: inout Substring, _ line: String) throws -> String {
    var value = ""
    while let character = rest.popFirst() {
      switch character {
      case "\"": return value
      case "\\":
        switch rest.popFirst() {
        case "\\": value.append("\\")
        case "\"": value.append("\"")
        case "n": value.append("\n")
        default: throw Failure(description: "bad escape: \(line)")
        }
      default: value.append(character)
      }
    }
    throw Failure(description: "unterminated value: \(line)")
  }

  private static func number(_ text: String, _ line: String) throws -> Double {
    switch text {
    case "+Inf": return .infinity
    case "-Inf": return -.infinity
    case "NaN": return .nan
    default:
      guard text.allSatisfy({ $0.isASCII && ($0.isNumber || "+-.e".contains($0)) }), let value = Double(text) else {
        throw Failure(description: "bad number: \(line)")
      }
      return value
    }
  }

  private static func take(_ rest: inout Substring, while isTaken: (Character) -> Bool) -> String {
    let taken = rest.prefix(while: isTaken)
    rest.removeFirst(taken.count)
    return String(taken)
  }

  private static func isNameCharacter(_ character: Character, isFirst: Bool) -> Bool {
    guard character.isASCII else { return false }
    return character.isLetter || character == "_" || (!isFirst && character.isNumber)
  }

  /// Buckets rise, the last is +Inf and equals the count.
  private static func check(_ name: String, _ family: Family) throws {
    guard !family.samples.isEmpty else { throw Failure(description: "\(name) has no sample") }
    guard family.type == "histogram" else { return }
    let groups = Dictionary(grouping: family.samples) { $0.labels.filter { $0.key != "le" } }
    for (labels, samples) in groups {
      let buckets = samples.filter { $0.name == name + "_bucket" }
      let bounds = try buckets.map { try number($0.labels["le"] ?? "", "\(labels)") }
      guard bounds == bounds.sorted(), bounds.last == .infinity, buckets.map(\.value) == buckets.map(\.value).sorted(),
        samples.contains(where: { $0.name == name + "_sum" }),
        samples.first(where: { $0.name == name + "_count" })?.value == buckets.last?.value
      else { throw Failure(description: "\(name)\(labels) is no histogram") }
    }
  }
}
