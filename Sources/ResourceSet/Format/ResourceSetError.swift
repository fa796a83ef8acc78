/// Why a resource set cannot be written or read.
public struct ResourceSetError: Error, Sendable, CustomStringConvertible {
  /// What is wrong, for programs. More may come.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String
    private init(_ rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    /// A member of the archive is not what its name says. The set is damaged, or not ours.
    public static let invalidMember = Code("invalidMember")
    /// The archive ends before its index, or holds another number of objects than the index says.
    public static let incomplete = Code("incomplete")
    /// The set is of a format that this version does not know. Use a newer one.
    public static let unsupportedFormat = Code("unsupportedFormat")
    /// An object has no name, or was written after the end. A bug of the caller.
    public static let invalidObject = Code("invalidObject")
  }

  public var code: Code
  public var message: String
  /// The member of the archive, where one is to blame.
  public var member: String?

  public init(_ code: Code, _ message: String, member: String? = nil) {
    self.code = code
    self.message = message
    self.member = member
  }

  public var description: String { member.map { "\($0): \(message)" } ?? message }
}
