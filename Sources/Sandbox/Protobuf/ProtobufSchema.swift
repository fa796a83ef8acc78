/// The fields of each message by number, read once from ``ProtobufMessages/table``.
struct ProtobufSchema: Sendable {
  enum Shape: Sendable { case single, list, map, inline }

  struct Field: Sendable {
    let name: String
    let shape: Shape
    /// See ``ProtobufMessages``.
    let type: Character
    /// Of type `m`.
    let message: String
  }

  static let shared = ProtobufSchema(table: ProtobufMessages.table)

  let messages: [String: [Int: Field]]

  init(table: String) {
    var messages: [String: [Int: Field]] = [:]
    for text in table.split(separator: "}") {
      let parts = text.split(separator: "{", maxSplits: 1)
      guard let name = parts.first?.filter({ !$0.isWhitespace }), !name.isEmpty else { continue }
      var fields: [Int: Field] = [:]
      for word in parts.dropFirst().first?.split(whereSeparator: \.isWhitespace) ?? [] {
        if let (number, field) = Self.field(word) { fields[number] = field }
      }
      messages[name] = fields
    }
    self.messages = messages
  }

  private static func field(_ word: Substring) -> (Int, Field)? {
    let digits = word.prefix(while: \.isNumber)
    var rest = word.dropFirst(digits.count)
    let shapes: [Character: Shape] = ["*": .list, "%": .map, "^": .inline]
    var shape = Shape.single
    if let mark = rest.first, let marked = shapes[mark] {
      shape = marked
      rest = rest.dropFirst()
    }
    guard let number = Int(digits), let type = rest.first else { return nil }
    let sides = rest.dropFirst().split(separator: ":")
    guard let name = sides.first else { return nil }
    return (
      number, Field(name: String(name), shape: shape, type: type, message: sides.count == 2 ? String(sides[1]) : "")
    )
  }
}
