/// An element of a small XML document: what the answers of object stores use, and nothing more.
///
/// A parser of our own since the one of FoundationXML drags libxml2 into the static binary. Strict: what is not well
/// formed is an error. Attributes, comments and instructions are skipped; a document type is refused.
public struct XMLElement: Sendable, Hashable {
  public var name: String
  public var text = ""
  public var children: [XMLElement] = []

  /// The text of the first child of that name.
  public subscript(_ name: String) -> String? { children.first { $0.name == name }?.text }

  public func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

  public static func escape(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }

  public struct ParseError: Error, CustomStringConvertible {
    public var description: String
    public init(description: String) { self.description = description }
  }

  /// The document's element.
  public init(parsing bytes: some Sequence<UInt8>) throws {
    var parser = XMLParser(bytes: Array(bytes))
    self = try parser.document()
  }

  public init(name: String) {
    self.name = name
  }
}

private struct XMLParser {
  let bytes: [UInt8]
  var position = 0
  private static let maximumDepth = 32

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func document() throws -> XMLElement {
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
    try skipMisc()
    let root = try element(depth: 0)
    try skipMisc()
    guard position == bytes.count else { throw error("something follows the document") }
    return root
  }

  private func error(_ message: String) -> XMLElement.ParseError {
    XMLElement.ParseError(description: "not well-formed XML at byte \(position): \(message)")
  }

  private func at(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
  }

  private mutating func skip(past end: String) throws {
    while position < bytes.count, !at(end) { position += 1 }
    guard position < bytes.count else { throw error("the document ends before \(end)") }
    position += end.utf8.count
  }

  /// Space, instructions and comments around the document.
  private mutating func skipMisc() throws {
    while true {
      skipSpace()
      if at("<?") {
        try skip(past: "?>")
      } else if at("<!--") {
        try skip(past: "-->")
      } else {
        return
      }
    }
  }

  private mutating func element(depth: Int) throws -> XMLElement {
    guard depth < Self.maximumDepth else { throw error("too deep") }
    guard at("<"), !at("<!"), !at("</") else { throw error("an element should begin") }
    position += 1
    var element = XMLElement(name: try name())
    let isEmpty = try skipAttributes()
    if isEmpty { return element }
    var text: [UInt8] = []
    while true {
      guard position < bytes.count else { throw error("the document ends inside <\(element.name)>") }
      if at("</") {
        position += 2
        guard try name() == element.name else { throw error("</\(element.name)> expected") }
        skipSpace()
        guard at(">") else { throw error("> expected") }
        position += 1
        element.text = String(decoding: text, as: UTF8.self)
        return element
      } else if at("<!--") {
        try skip(past: "-->")
      } else if at("<![CDATA[") {
        let start = position + 9
        try skip(past: "]]>")
        text += bytes[start..<(position - 3)]
      } else if at("<?") {
        try skip(past: "?>")
      } else if at("<") {
        element.children.append(try self.element(depth: depth + 1))
      } else if at("&") {
        text += Array(String(try entity()).utf8)
      } else {
        text.append(bytes[position])
        position += 1
      }
    }
  }

  private mutating func name() throws -> String {
    let start = position
    while position < bytes.count, !" \t\n\r/>=<&".utf8.contains(bytes[position]) { position += 1 }
    guard position > start else { throw error("a name is missing") }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// - Returns: Whether the element ends here.
  private mutating func skipAttributes() throws -> Bool {
    while true {
      skipSpace()
      if at("/>") {
        position += 2
        return true
      }
      if at(">") {
        position += 1
        return false
      }
      _ = try name()
      skipSpace()
      guard at("=") else { throw error("= expected") }
      position += 1
      skipSpace()
      guard at("\"") || at("'") else { throw error("a quote expected") }
      let quote = at("\"") ? "\"" : "'"
      position += 1
      try skip(past: quote)
    }
  }

  private mutating func entity() throws -> Unicode.Scalar {
    let start = position + 1
    try skip(past: ";")
    guard position - start <= 12 else { throw error("& without ;") }
    let text = String(decoding: bytes[start..<(position - 1)], as: UTF8.self)
    let named: [String: Unicode.Scalar] = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"]
    if let scalar = named[text] { return scalar }
    let value =
      text.hasPrefix("#x")
      ? UInt32(text.dropFirst(2), radix: 16) : text.hasPrefix("#") ? UInt32(text.dropFirst()) : nil
    guard let value, let scalar = Unicode.Scalar(value) else { throw error("unknown entity &\(text);") }
    return scalar
  }
}
