/// What went wrong while a key was parsed, or an age file was written or read.
///
/// The message names the fault and the remedy. It never holds a secret, nor text that could be one.
public struct AgeError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure. More codes may come: keep a `default`.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private let name: String

    private init(_ name: String) {
      self.name = name
    }

    public var description: String { name }

    /// The bytes are not an age v1 header, break its rules, or end inside it. The file is damaged or not an age file.
    public static let headerInvalid = Code("headerInvalid")
    /// An identity opened the file, and the header was changed afterwards. Do not trust the file.
    public static let hmacMismatch = Code("hmacMismatch")
    /// None of the given identities is a recipient of the file. Give the right identity.
    public static let noIdentityMatched = Code("noIdentityMatched")
    /// A chunk of the payload does not authenticate, or bytes follow the last one. Fetch the file again.
    public static let payloadCorrupt = Code("payloadCorrupt")
    /// The payload ends before its last chunk. Fetch the file again.
    public static let truncated = Code("truncated")
    /// The ASCII armor around the file is broken.
    public static let armorInvalid = Code("armorInvalid")
    /// The text is not a recipient, or the recipients cannot be used together.
    public static let recipientInvalid = Code("recipientInvalid")
    /// The text is not an identity.
    public static let identityInvalid = Code("identityInvalid")
    /// A recipient of a kind that is not implemented: hybrid, plugin or SSH.
    public static let unsupportedRecipient = Code("unsupportedRecipient")
    /// An identity of a kind that is not implemented: hybrid, plugin, SSH or a protected identity file.
    public static let unsupportedIdentity = Code("unsupportedIdentity")
    /// The passphrase's work factor is above the reader's limit. Raise the limit if the file is trusted.
    public static let workFactorTooHigh = Code("workFactorTooHigh")
    /// The encryptor or decryptor was used after `finish`. A fault of the caller.
    public static let alreadyFinished = Code("alreadyFinished")
  }

  public var code: Code
  public var message: String
  public var cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String {
    guard let cause else { return "age: \(message) (\(code))" }
    return "age: \(message) (\(code)): \(cause)"
  }
}
