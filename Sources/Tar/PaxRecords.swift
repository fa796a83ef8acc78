/// Records of an extended header, in their order: `length keyword=value\n` (POSIX.1-2017, pax, "pax Extended Header").
struct PaxRecords: Sendable {
  struct Record: Sendable {
    var keyword: String
    var value: [UInt8]
  }

  var records: [Record] = []

  static let attributePrefix = "SCHILY.xattr."

  init() {}

  /// - Throws: A message for people.
  init(parsing bytes: [UInt8]) throws(PaxFault) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // GNU tar and others pad the records with NULs.
      if rest.allSatisfy({ $0 == 0 }) { return }
      guard let space = rest.prefix(20).firstIndex(of: UInt8(ascii: " ")),
        let length = TarNumber.decimal(rest[..<space]), length > Int64(space - rest.startIndex + 1),
        length <= Int64(rest.count)
      else { throw PaxFault("a pax record's length is wrong") }
      let record = rest.prefix(Int(length))
      guard record.last == UInt8(ascii: "\n") else { throw PaxFault("a pax record does not end with a line feed") }
      let body = record[(space + 1)...].dropLast()
      guard let equals = body.firstIndex(of: UInt8(ascii: "=")), equals > body.startIndex,
        let keyword = String(validating: body[..<equals], as: UTF8.self)
      else { throw PaxFault("a pax record has no keyword") }
      records.append(Record(keyword: keyword, value: Array(body[(equals + 1)...])))
      rest = rest.dropFirst(Int(length))
    }
  }

  mutating func append(_ keyword: String, _ value: [UInt8]) {
    records.append(Record(keyword: keyword, value: value))
  }

  mutating func append(_ keyword: String, _ value: String) { append(keyword, Array(value.utf8)) }

  /// GNU tar writes the two characters that a keyword cannot hold like this.
  mutating func appendAttribute(_ name: String, _ value: [UInt8]) {
    append(Self.attributePrefix + name.replacing("%", with: "%25").replacing("=", with: "%3D"), value)
  }

  static func attributeName(of keyword: String) -> String? {
    guard keyword.hasPrefix(attributePrefix) else { return nil }
    return String(keyword.dropFirst(attributePrefix.count)).replacing("%3D", with: "=").replacing("%25", with: "%")
  }

  var encoded: [UInt8] {
    records.reduce(into: []) { bytes, record in
      let body = record.keyword.utf8.count + record.value.count + 3
      var length = body + 1
      // The length counts its own digits.
      while String(length).utf8.count + body > length { length += 1 }
      bytes += Array("\(length) \(record.keyword)=".utf8) + record.value + [UInt8(ascii: "\n")]
    }
  }
}

/// What is wrong with an extended header; becomes a ``TarError`` where the place is known.
struct PaxFault: Error {
  let message: String
  init(_ message: String) { self.message = message }
}
