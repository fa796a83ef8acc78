internal import Foundation
internal import KubernetesModel

/// One page of a list, with its objects still as JSON text: a page as values would take ten times the memory.
struct ListPage: Sendable {
  private let data: Data
  private let items: [Range<Int>]
  let resourceVersion: String
  /// Where the next page starts; nil at the end.
  let continueToken: String?

  /// - Throws: `DecodingError` where the text is no list.
  init(_ data: Data) throws {
    var scanner = Scanner(data)
    let members = try scanner.members()
    guard let metadata = members["metadata"], let items = members["items"] else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "the answer is no list"))
    }
    let meta = try JSONValue(parsing: data.slice(metadata))
    self.data = data
    self.items = try scanner.elements(of: items)
    resourceVersion = meta["resourceVersion"]?.stringValue ?? ""
    continueToken = meta["continue"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
  }

  var count: Int { items.count }

  func object(at index: Int) throws -> JSONValue { try JSONValue(parsing: data.slice(items[index])) }
}

extension Data {
  fileprivate func slice(_ range: Range<Int>) -> Data {
    self[startIndex + range.lowerBound..<startIndex + range.upperBound]
  }
}

/// Finds where values begin and end in JSON text, without reading them.
private struct Scanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ data: Data) { bytes = Array(data) }

  /// The members of the object that the text is.
  mutating func members() throws -> [String: Range<Int>] {
    var members: [String: Range<Int>] = [:]
    try expect(UInt8(ascii: "{"))
    if take(UInt8(ascii: "}")) { return members }
    repeat {
      let name = try value()
      try expect(UInt8(ascii: ":"))
      // Names of members of a list need no escapes.
      let key = String(decoding: bytes[name].dropFirst().dropLast(), as: UTF8.self)
      members[key] = try value()
    } while take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"))
    return members
  }

  /// The elements of an array; none where there is null in its place.
  mutating func elements(of array: Range<Int>) throws -> [Range<Int>] {
    position = array.lowerBound
    var elements: [Range<Int>] = []
    guard take(UInt8(ascii: "[")) else {
      if bytes[array].elementsEqual("null".utf8) { return [] }
      throw failure("no list of items")
    }
    if take(UInt8(ascii: "]")) { return elements }
    repeat { elements.append(try value()) } while take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"))
    return elements
  }

  private mutating func value() throws -> Range<Int> {
    skipSpace()
    let start = position
    var depth = 0
    repeat {
      guard let byte = peek else { throw failure("the text ends too early") }
      switch byte {
      case UInt8(ascii: "\""): try skipString()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        position += 1
      default:
        if depth == 0 { skipWord() } else { position += 1 }
      }
      guard position > start else { throw failure("no value starts here") }
    } while depth > 0
    return start..<position
  }

  private mutating func skipString() throws {
    position += 1
    while let byte = peek, byte != UInt8(ascii: "\"") { position += byte == UInt8(ascii: "\\") ? 2 : 1 }
    guard peek != nil else { throw failure("a string does not end") }
    position += 1
  }

  private mutating func skipWord() {
    while let byte = peek, byte > 0x20, byte != UInt8(ascii: ","), byte != UInt8(ascii: "}"), byte != UInt8(ascii: "]")
    {
      position += 1
    }
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ byte: UInt8) throws {
    guard take(byte) else { throw failure("'\(UnicodeScalar(byte))' is missing") }
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private func failure(_ message: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: [], debugDescription: "not JSON at byte \(position): \(message)"))
  }
}
