internal import NIOCore

/// The lines around an armored file. Source: the age v1 format, "ASCII armor" (a strict PEM).
enum Armor {
  static let begin = "-----BEGIN AGE ENCRYPTED FILE-----"
  static let end = "-----END AGE ENCRYPTED FILE-----"
  static let columnsPerLine = 64
  static let bytesPerLine = 48
  /// White space that is tolerated before the first and after the last line, in bytes.
  static let maximumWhitespace = 1024

  static func isWhitespace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (9...13).contains(byte)
  }
}

/// Writes the armor around binary bytes that come in any pieces.
struct ArmorWriter: Sendable {
  private var pending = ByteBuffer()
  private var wroteBegin = false

  mutating func update(_ input: ByteBuffer, into output: inout ByteBuffer) {
    writeBegin(into: &output)
    var input = input
    pending.writeBuffer(&input)
    while let line = pending.readSlice(length: Armor.bytesPerLine) {
      writeLine(line, into: &output)
    }
    pending.discardReadBytes()
  }

  mutating func finish(into output: inout ByteBuffer) {
    writeBegin(into: &output)
    if pending.readableBytes > 0 { writeLine(pending, into: &output) }
    pending.clear()
    output.writeString(Armor.end + "\n")
  }

  private mutating func writeBegin(into output: inout ByteBuffer) {
    guard !wroteBegin else { return }
    output.writeString(Armor.begin + "\n")
    wroteBegin = true
  }

  private func writeLine(_ line: ByteBuffer, into output: inout ByteBuffer) {
    line.withUnsafeReadableBytes { source in
      _ = output.writeWithUnsafeMutableBytes(minimumWritableBytes: Armor.columnsPerLine + 1) { target in
        let count = Base64.encode(source, into: target, padded: true)
        target[count] = UInt8(ascii: "\n")
        return count + 1
      }
    }
  }
}

/// Removes the armor from bytes that come in any pieces. Strict: one spelling for one file, but for white space outside
/// and for CRLF line ends.
struct ArmorReader: Sendable {
  private enum Expectation {
    case begin, body, end, nothing
  }

  private var expectation = Expectation.begin
  private var line: [UInt8] = []
  private var whitespace = 0

  mutating func update(_ input: ByteBuffer, into output: inout ByteBuffer) throws {
    try input.withUnsafeReadableBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        if expectation == .nothing { return try takeTrailing(rest) }
        guard let newline = rest.firstIndex(of: UInt8(ascii: "\n")) else {
          line.append(contentsOf: rest)
          return try checkLineLength()
        }
        let part = rest[..<newline]
        rest = rest[(newline + 1)...]
        if line.isEmpty {
          try take(UnsafeRawBufferPointer(rebasing: part), into: &output)
        } else {
          line.append(contentsOf: part)
          try takeStoredLine(into: &output)
        }
      }
    }
  }

  mutating func finish(into output: inout ByteBuffer) throws {
    if !line.isEmpty { try takeStoredLine(into: &output) }
    switch expectation {
    case .nothing: return
    case .begin: throw AgeError(.armorInvalid, "the armor's first line is missing")
    case .body, .end: throw AgeError(.armorInvalid, "the armor's last line is missing: the file is cut off")
    }
  }

  private mutating func takeStoredLine(into output: inout ByteBuffer) throws {
    let whole = line
    line.removeAll(keepingCapacity: true)
    try whole.withUnsafeBytes { try take($0, into: &output) }
  }

  private func checkLineLength() throws {
    let limit = expectation == .begin ? Armor.maximumWhitespace : Armor.columnsPerLine + 1
    guard line.count <= limit else { throw AgeError(.armorInvalid, "a line of the armor is too long") }
  }

  private mutating func take(_ line: UnsafeRawBufferPointer, into output: inout ByteBuffer) throws {
    let text = line.last == UInt8(ascii: "\r") ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
    switch expectation {
    case .begin: try takeBegin(text)
    case .body: try takeBody(text, into: &output)
    case .end:
      guard text.elementsEqual(Armor.end.utf8) else {
        throw AgeError(.armorInvalid, "a short line of the armor is not followed by the last line")
      }
      expectation = .nothing
    case .nothing: try takeTrailing(line[...])
    }
  }

  private mutating func takeBegin(_ text: UnsafeRawBufferPointer) throws {
    if text.allSatisfy(Armor.isWhitespace) {
      return try countWhitespace(text.count + 1)
    }
    guard text.elementsEqual(Armor.begin.utf8) else {
      throw AgeError(.armorInvalid, "the armor's first line is not `\(Armor.begin)`")
    }
    expectation = .body
    whitespace = 0
  }

  private mutating func takeBody(_ text: UnsafeRawBufferPointer, into output: inout ByteBuffer) throws {
    if text.elementsEqual(Armor.end.utf8) {
      expectation = .nothing
      return
    }
    guard !text.isEmpty, text.count <= Armor.columnsPerLine else {
      throw AgeError(.armorInvalid, "a line of the armor is empty or longer than 64 columns")
    }
    let count = try output.writeWithUnsafeMutableBytes(minimumWritableBytes: Armor.bytesPerLine) { target in
      guard let count = Base64.decode(text, into: target, padded: true) else {
        throw AgeError(.armorInvalid, "a line of the armor is not canonical Base64")
      }
      return count
    }
    if count < Armor.bytesPerLine { expectation = .end }
  }

  private mutating func takeTrailing(_ bytes: Slice<UnsafeRawBufferPointer>) throws {
    guard bytes.allSatisfy(Armor.isWhitespace) else {
      throw AgeError(.armorInvalid, "something follows the armor's last line")
    }
    try countWhitespace(bytes.count)
  }

  private mutating func countWhitespace(_ count: Int) throws {
    whitespace += count
    guard whitespace <= Armor.maximumWhitespace else {
      throw AgeError(.armorInvalid, "there is too much white space around the armor")
    }
  }
}
