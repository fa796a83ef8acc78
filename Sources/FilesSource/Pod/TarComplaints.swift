import Tar

/// What GNU tar wrote to its standard error, sorted. Its messages are in English, names in its `escape` quoting.
struct TarComplaints {
  private(set) var changed: [[UInt8]] = []
  private(set) var removed: [[UInt8]] = []
  private(set) var sockets: [[UInt8]] = []
  /// Lines of any other kind, without the program's name.
  private(set) var others: [String] = []

  init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      // The program's name is in front of each.
      let message = line.firstRange(of: ": ").map { line[$0.upperBound...] } ?? line
      if let name = Self.name(in: message, before: ": file changed as we read it") ?? Self.shrunk(message) {
        changed.append(name)
      } else if let name = Self.name(in: message, before: ": File removed before we read it") {
        removed.append(name)
      } else if let name = Self.name(in: message, before: ": socket ignored") {
        sockets.append(name)
      } else if !message.contains("Exiting with failure status due to previous errors") {
        others.append(String(message))
      }
    }
  }

  private static func name(in message: Substring, before suffix: String) -> [UInt8]? {
    message.hasSuffix(suffix) ? PathSet.normalized(unquoted(message.dropLast(suffix.count))) : nil
  }

  private static func shrunk(_ message: Substring) -> [UInt8]? {
    guard message.hasSuffix("padding with zeros"), let end = message.ranges(of: ": File shrank by ").last else {
      return nil
    }
    return PathSet.normalized(unquoted(message[..<end.lowerBound]))
  }

  /// https://www.gnu.org/software/tar/manual/html_node/quoting-styles.html, `escape`.
  static func unquoted(_ text: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    let letters: [UInt8: UInt8] = [0x61: 7, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9, 0x76: 11]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let next = rest.first else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(3)
      if digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
        bytes.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }))
        rest = rest.dropFirst(3)
      } else {
        bytes.append(letters[next] ?? next)
        rest = rest.dropFirst()
      }
    }
    return bytes
  }
}
