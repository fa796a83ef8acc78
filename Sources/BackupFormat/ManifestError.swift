/// Why a manifest cannot be written or read.
public struct ManifestError: Error, Sendable, CustomStringConvertible {
  public struct Code: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Not JSON, or a member is missing or of the wrong type. The object was damaged or written by something else: it is
    /// no manifest, so treat nothing that it names as a backup.
    public static let malformed = Code(rawValue: "malformed")
    /// Another major format. Leave the backup alone and read it with a newer version.
    public static let unsupportedFormat = Code(rawValue: "unsupportedFormat")
    /// A member has an impossible value.
    public static let invalidField = Code(rawValue: "invalidField")
    /// A key lies outside the backup's own prefix. Never read or delete what it names.
    public static let foreignKey = Code(rawValue: "foreignKey")
    /// More than ``Manifest/maximumBytes``.
    public static let tooLarge = Code(rawValue: "tooLarge")
  }

  public var code: Code
  /// Names the member, what is wrong and what to do.
  public var message: String
  public var cause: (any Error)?

  public init(code: Code, message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }
}
