internal import NIOCore

/// A parsed header: the stanzas, and what the MAC covers.
struct Header: Sendable {
  static let firstLine = "age-encryption.org/v1"
  static let macByteCount = 32

  var stanzas: [Stanza]
  /// All bytes up to and including the `---` of the last line.
  var authenticated: [UInt8]
  var mac: [UInt8]
}

/// Reads a header from bytes that arrive in any pieces.
struct HeaderReader: Sendable {
  /// Far above any real header (a stanza takes about 100 bytes), so that a hostile file cannot use up memory.
  static let maximumByteCount = 1 << 20

  private enum Expectation {
    case firstLine, stanzaOrEnd, body
  }

  private var bytes: [UInt8] = []
  private var lineStart = 0
  private var expectation = Expectation.firstLine
  private var stanzas: [Stanza] = []

  /// Consumes `input` up to the header's end. Returns nil while more bytes are needed.
  mutating func read(from input: inout ByteBuffer) throws -> Header? {
    while input.readableBytes > 0 {
      let view = input.readableBytesView
      let newline = view.firstIndex(of: UInt8(ascii: "\n"))
      let count = newline.map { $0 - view.startIndex + 1 } ?? view.count
      guard bytes.count + count <= Self.maximumByteCount else {
        throw AgeError(.headerInvalid, "the header is larger than \(Self.maximumByteCount) bytes")
      }
      bytes.append(contentsOf: view.prefix(count))
      input.moveReaderIndex(forwardBy: count)
      guard newline != nil else { break }
      let line = bytes[lineStart..<(bytes.count - 1)]
      if let header = try take(line) { return header }
      lineStart = bytes.count
    }
    try rejectForeignStart()
    return nil
  }

  /// The error for an input that ends here.
  func endOfInput() -> AgeError {
    if bytes.isEmpty { return AgeError(.headerInvalid, "the input is empty: not an age file") }
    return AgeError(.headerInvalid, "the input ends inside the header: the file is cut off")
  }

  private mutating func take(_ line: ArraySlice<UInt8>) throws -> Header? {
    switch expectation {
    case .firstLine:
      try takeFirstLine(line)
    case .body:
      try takeBody(line)
    case .stanzaOrEnd:
      if line.starts(with: "---".utf8) { return try end(line) }
      try takeStanza(line)
    }
    return nil
  }

  private mutating func takeFirstLine(_ line: ArraySlice<UInt8>) throws {
    guard line.elementsEqual(Header.firstLine.utf8) else {
      let isOther = line.starts(with: "age-encryption.org/".utf8) && !line.contains(UInt8(ascii: "\r"))
      let found = isOther ? "a version of the age format other than v1" : "the first line is not that of an age file"
      throw AgeError(.headerInvalid, found)
    }
    expectation = .stanzaOrEnd
  }

  private mutating func takeStanza(_ line: ArraySlice<UInt8>) throws {
    let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard words.count >= 2, words[0].elementsEqual("->".utf8),
      words.dropFirst().allSatisfy({ !$0.isEmpty && $0.allSatisfy { (33...126).contains($0) } })
    else {
      throw AgeError(.headerInvalid, "a line of the header is neither a recipient stanza nor the end")
    }
    let texts = words.dropFirst().map { String(decoding: $0, as: UTF8.self) }
    stanzas.append(Stanza(type: texts[0], arguments: Array(texts.dropFirst()), body: []))
    expectation = .body
  }

  private mutating func takeBody(_ line: ArraySlice<UInt8>) throws {
    guard line.count <= Stanza.columnsPerLine, let decoded = Base64.decodeUnpadded(line) else {
      throw AgeError(.headerInvalid, "a recipient stanza's body is not canonical Base64 in lines of 64 columns")
    }
    stanzas[stanzas.count - 1].body += decoded
    if decoded.count < Stanza.bytesPerLine { expectation = .stanzaOrEnd }
  }

  private func end(_ line: ArraySlice<UInt8>) throws -> Header {
    let prefix = "--- ".utf8
    guard line.starts(with: prefix), let mac = Base64.decodeUnpadded(line.dropFirst(prefix.count)),
      mac.count == Header.macByteCount
    else {
      throw AgeError(.headerInvalid, "the header's last line is not `--- ` and a MAC of 32 bytes")
    }
    // Source of the rule: the format's "scrypt recipient stanza". It binds who decrypts to who knows the passphrase.
    guard stanzas.count == 1 || !stanzas.contains(where: { $0.type == ScryptStanza.type }) else {
      throw AgeError(.headerInvalid, "a passphrase stanza stands beside other stanzas; it must be alone")
    }
    return Header(stanzas: stanzas, authenticated: Array(bytes[..<(lineStart + 3)]), mac: mac)
  }

  /// Says early that this is no age file, so that a caller need not feed all of it.
  private func rejectForeignStart() throws {
    guard expectation == .firstLine else { return }
    let family = "age-encryption.org/".utf8
    let common = min(bytes.count, family.count)
    guard bytes.prefix(common).elementsEqual(family.prefix(common)), bytes.count <= 64 else {
      throw AgeError(.headerInvalid, "the first line is not that of an age file")
    }
  }
}
