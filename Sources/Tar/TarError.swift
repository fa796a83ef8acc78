/// Why bytes are no archive, or why something cannot be put into one.
public struct TarError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure. More may come: keep a `default`.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    private init(_ description: String) { self.description = description }

    /// The bytes end before the archive does. The archive was cut; read it again from its origin.
    public static let truncated = Code("truncated")
    /// A header's checksum differs, a number is no number, a pax record has a wrong length. The archive is damaged.
    public static let invalidHeader = Code("invalidHeader")
    /// A name, a set of extended headers or a sparse map is larger than the reader's limit.
    public static let limitExceeded = Code("limitExceeded")
    /// Bytes other than zeros follow the end of the archive.
    public static let trailingBytes = Code("trailingBytes")
    /// A multi-volume archive, which this does not read.
    public static let unsupported = Code("unsupported")
    /// An entry that cannot be written, or content of another size than its entry says. A fault of the caller.
    public static let invalidEntry = Code("invalidEntry")
  }

  public var code: Code
  public var message: String
  /// Of the block that is wrong, in bytes from the archive's start; nil where an archive is being written.
  public var offset: Int64?
  /// The member that the fault is in or, where there is none yet, behind.
  public var member: String?

  public init(_ code: Code, _ message: String, offset: Int64? = nil, member: String? = nil) {
    self.code = code
    self.message = message
    self.offset = offset
    self.member = member
  }

  public var description: String {
    let place = [offset.map { "at byte \($0)" }, member.map { "member \($0)" }].compactMap(\.self)
    return message + (place.isEmpty ? "" : " (\(place.joined(separator: ", ")))")
  }
}
