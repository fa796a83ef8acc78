public import KubernetesModel

/// Why a call to the API server gave no result.
public struct KubernetesError: Error, Sendable {
  /// The kind of failure. More may be added; treat an unknown one like ``serverError``.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }

    /// There is no such object, or the server has no such resource (a missing CRD). Create it, or treat it as deleted.
    public static let notFound = Code("notFound")
    /// An object of this name exists. Read it and decide whether it is yours.
    public static let alreadyExists = Code("alreadyExists")
    /// The object changed since it was read, or a precondition or field owner differs. Read it again and redo the change.
    public static let conflict = Code("conflict")
    /// The credential is good but has no right to do this. A person has to change RBAC or a quota.
    public static let forbidden = Code("forbidden")
    /// The credential is missing, expired or wrong.
    public static let unauthorized = Code("unauthorized")
    /// The server refused the object's contents. `status.details.causes` names the fields. Sending it again is no use.
    public static let invalid = Code("invalid")
    /// The server could not make sense of the request (400, 405, 406, 413, 415). Sending it again is no use.
    public static let badRequest = Code("badRequest")
    /// The resource version or continue token has expired. List again from the start.
    public static let gone = Code("gone")
    /// The server is busy. Come back after `retryAfter`.
    public static let tooManyRequests = Code("tooManyRequests")
    /// The server failed (5xx). Try again later.
    public static let serverError = Code("serverError")
    /// No answer in time; a write may have happened. Read before writing again.
    public static let timeout = Code("timeout")
    /// No connection, or it broke; a write may have happened. Try again later.
    public static let connection = Code("connection")
    /// The answer, or an object in it, is not of the expected shape.
    public static let decoding = Code("decoding")
    /// The answer has more bytes than the transport holds. List in smaller pages.
    public static let answerTooLarge = Code("answerTooLarge")
    /// The client is set up wrongly (kubeconfig, certificates, files). A person has to change that.
    public static let configuration = Code("configuration")
    /// The caller's arguments make no request, for example an empty name. A bug of the caller.
    public static let invalidArgument = Code("invalidArgument")
    /// The container has no such program, or cannot run it. Use another image, or another way to get the data.
    public static let executableNotFound = Code("executableNotFound")
    /// Another process leads now, or the lease could not be renewed in time. End the process or wait to lead again.
    public static let leadershipLost = Code("leadershipLost")
  }

  public var code: Code
  /// What was tried, for example `create jobs.batch backup/nightly-1`.
  public var operation: String
  /// For people: what is wrong and, where it is known, what to do.
  public var message: String
  /// What the server said, where it answered with a `Status`.
  public var status: APIStatus?
  /// How long the server asks to wait.
  public var retryAfter: Duration?
  public var cause: (any Error)?

  public init(
    code: Code, operation: String, message: String, status: APIStatus? = nil, retryAfter: Duration? = nil,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.operation = operation
    self.message = message
    self.status = status
    self.retryAfter = retryAfter
    self.cause = cause
  }
}

extension KubernetesError: CustomStringConvertible {
  public var description: String { "\(operation): \(message) (\(code))" }
}

extension KubernetesError {
  /// Whether the same call may succeed later without anybody changing anything.
  public var isTransient: Bool {
    [.tooManyRequests, .serverError, .timeout, .connection, .conflict, .gone].contains(code)
  }
}

/// Turns a missing object into nil: `try await absentIfNotFound { try await client.get(...) }`.
public func absentIfNotFound<Value>(
  isolation: isolated (any Actor)? = #isolation, _ call: () async throws -> Value
) async throws -> Value? {
  do {
    return try await call()
  } catch let error as KubernetesError where error.code == .notFound {
    return nil
  }
}
