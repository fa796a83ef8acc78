/// One recipient stanza of a header: the file key, wrapped for one recipient.
///
/// Source: the age v1 format (https://age-encryption.org/v1), "Recipient stanza".
struct Stanza: Equatable, Sendable {
  static let bytesPerLine = 48
  static let columnsPerLine = 64

  var type: String
  var arguments: [String]
  var body: [UInt8]

  /// The stanza's lines as they stand in a header.
  var text: String {
    var lines = "-> " + ([type] + arguments).joined(separator: " ") + "\n"
    var rest = body[...]
    // The last line is shorter than 64 columns, so a body of whole lines ends with an empty one.
    repeat {
      let line = rest.prefix(Self.bytesPerLine)
      rest = rest.dropFirst(Self.bytesPerLine)
      lines += Base64.encodeUnpadded(line) + "\n"
      if line.count < Self.bytesPerLine { return lines }
    } while true
  }
}
