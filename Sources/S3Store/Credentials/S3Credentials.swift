/// Keys that sign requests. Descriptions never show the secrets.
public struct S3Credentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  public var accessKeyID: String
  public var secretAccessKey: String
  public var sessionToken: String?

  public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
  }

  public var description: String {
    "S3Credentials(accessKeyID: \(accessKeyID), secretAccessKey: <redacted>, sessionToken: "
      + (sessionToken == nil ? "nil)" : "<redacted>)")
  }

  public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}

/// Gives the keys for each request; one that expires is replaced here.
public protocol CredentialsProvider: Sendable {
  /// Called before each request, concurrently; answers from memory as long as the keys are good.
  /// - Throws: ``ObjectStoreError`` where there are none.
  func credentials() async throws -> S3Credentials

  /// Called when the store says that keys are no longer valid, whatever our clock says.
  /// - Returns: Others; nil where there are none.
  func renewed(after refused: S3Credentials) async throws -> S3Credentials?
}

extension CredentialsProvider {
  public func renewed(after refused: S3Credentials) async throws -> S3Credentials? { nil }
}

/// Keys that do not change.
public struct StaticCredentials: CredentialsProvider {
  private let fixed: S3Credentials

  public init(_ credentials: S3Credentials) {
    fixed = credentials
  }

  public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
    fixed = S3Credentials(
      accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, sessionToken: sessionToken)
  }

  public func credentials() async throws -> S3Credentials { fixed }
}
