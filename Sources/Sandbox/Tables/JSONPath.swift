import KubernetesModel

/// The JSONPath dialect of printer columns (`additionalPrinterColumns[].jsonPath`): members, indexes, wildcards and
/// filters that compare one member: `.status.conditions[?(@.type=="Ready")].status`.
struct JSONPath: Sendable {
  struct ParseError: Error { let message: String }

  private enum Step: Sendable {
    case member(String)
    case index(Int)
    case all
    case filter(path: [String], isEqual: Bool, value: JSONValue)
  }

  private let steps: [Step]

  init(_ text: String) throws(ParseError) {
    var rest = text[...]
    if rest.hasPrefix("{"), rest.hasSuffix("}") { rest = rest.dropFirst().dropLast() }
    if rest.hasPrefix("$") { rest = rest.dropFirst() }
    var steps: [Step] = []
    while let first = rest.first {
      if first == "." {
        rest = rest.dropFirst()
        let name = Self.takeName(&rest)
        if name == "*" {
          steps.append(.all)
        } else if !name.isEmpty {
          steps.append(.member(name))
        } else if !rest.isEmpty && rest.first != "[" {
          throw ParseError(message: "unrecognized character in '\(text)'")
        }
      } else if first == "[" {
        guard let end = Self.closingBracket(in: rest) else {
          throw ParseError(message: "unterminated array in '\(text)'")
        }
        let inside = rest[rest.index(after: rest.startIndex)..<end]
        steps.append(try Self.bracket(String(inside), in: text))
        rest = rest[rest.index(after: end)...]
      } else {
        throw ParseError(message: "unrecognized character '\(first)' in '\(text)'")
      }
    }
    self.steps = steps
  }

  /// Every value that the path leads to.
  func values(in document: JSONValue) -> [JSONValue] {
    steps.reduce([document]) { values, step in values.flatMap { Self.follow(step, from: $0) } }
  }

  private static func follow(_ step: Step, from value: JSONValue) -> [JSONValue] {
    switch step {
    case .member(let name): value[name].map { [$0] } ?? []
    case .index(let index):
      value.arrayValue.flatMap { items in
        let position = index < 0 ? items.count + index : index
        return items.indices.contains(position) ? [items[position]] : nil
      } ?? []
    case .all: value.arrayValue ?? value.objectValue.map { Array($0.values) } ?? []
    case .filter(let path, let isEqual, let expected):
      (value.arrayValue ?? []).filter { item in
        var current: JSONValue? = item
        for name in path { current = current?[name] }
        return (current == expected) == isEqual
      }
    }
  }

  /// A backslash before a dot makes it part of the name: `.metadata.annotations.holdfast\.dev/hold`.
  private static func takeName(_ rest: inout Substring) -> String {
    var name = ""
    while let character = rest.first, character != ".", character != "[" {
      rest = rest.dropFirst()
      if character == "\\", let escaped = rest.first {
        name.append(escaped)
        rest = rest.dropFirst()
      } else {
        name.append(character)
      }
    }
    return name
  }

  private static func closingBracket(in text: Substring) -> Substring.Index? {
    var quote: Character?
    for index in text.indices {
      let character = text[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character == "]" {
        return index
      }
    }
    return nil
  }

  private static func bracket(_ inside: String, in text: String) throws(ParseError) -> Step {
    if inside == "*" { return .all }
    if let index = Int(inside) { return .index(index) }
    if inside.count >= 2, let quote = inside.first, quote == "'" || quote == "\"", inside.last == quote {
      return .member(String(inside.dropFirst().dropLast()))
    }
    guard inside.hasPrefix("?("), inside.hasSuffix(")") else {
      throw ParseError(message: "invalid array index in '\(text)'")
    }
    let condition = inside.dropFirst(2).dropLast()
    for (symbol, isEqual) in [("==", true), ("!=", false)] {
      guard let range = condition.firstRange(of: symbol) else { continue }
      let left = condition[..<range.lowerBound].trimmingPrefix(while: \.isWhitespace)
      guard left.hasPrefix("@.") else { break }
      let path = left.dropFirst(2).split(separator: ".").map { $0.filter { !$0.isWhitespace } }
      return .filter(path: path, isEqual: isEqual, value: literal(String(condition[range.upperBound...])))
    }
    throw ParseError(message: "unsupported filter in '\(text)'")
  }

  private static func literal(_ text: String) -> JSONValue {
    let trimmed = text.filter { !$0.isWhitespace }
    if trimmed.count >= 2, let quote = trimmed.first, quote == "'" || quote == "\"" {
      let inner = text.drop { $0 != quote }.dropFirst()
      return .string(String(inner.prefix { $0 != quote }))
    }
    if trimmed == "true" || trimmed == "false" { return .bool(trimmed == "true") }
    if let number = Int64(trimmed) { return .integer(number) }
    return .string(trimmed)
  }
}
