import KubernetesModel

/// A refusal by the API server: a `metav1.Status` with `status: Failure`
/// (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/).
struct APIError: Error, Sendable, Equatable {
  /// One field that is wrong: `metav1.StatusCause`.
  struct Cause: Sendable, Equatable {
    /// For example `FieldValueRequired`.
    var reason: String
    var message: String
    /// For example `spec.target.bucket`.
    var field: String
  }

  /// `metav1.StatusReason`; extensible.
  struct Reason: RawRepresentable, Sendable, Hashable {
    var rawValue: String
    init(rawValue: String) { self.rawValue = rawValue }

    static let badRequest = Reason(rawValue: "BadRequest")
    static let unauthorized = Reason(rawValue: "Unauthorized")
    static let forbidden = Reason(rawValue: "Forbidden")
    static let notFound = Reason(rawValue: "NotFound")
    static let alreadyExists = Reason(rawValue: "AlreadyExists")
    static let conflict = Reason(rawValue: "Conflict")
    static let expired = Reason(rawValue: "Expired")
    static let invalid = Reason(rawValue: "Invalid")
    static let methodNotAllowed = Reason(rawValue: "MethodNotAllowed")
    static let notAcceptable = Reason(rawValue: "NotAcceptable")
    static let unsupportedMediaType = Reason(rawValue: "UnsupportedMediaType")
    static let requestEntityTooLarge = Reason(rawValue: "RequestEntityTooLarge")
    static let internalError = Reason(rawValue: "InternalError")
    /// The sandbox does not do what was asked, while a real API server would. Not a reason of Kubernetes.
    static let notImplemented = Reason(rawValue: "NotImplemented")
  }

  /// The HTTP status code.
  var code: Int
  var reason: Reason
  var message: String
  var causes: [Cause] = []
  /// What the error is about: `details.name`, `.group`, `.kind`, `.uid`.
  var name: String?
  var group: String?
  var kind: String?
  var uid: String?
  /// Seconds after which a retry makes sense.
  var retryAfter: Int?
  /// Whether `details` is there even where it is empty.
  var hasDetails = false
  /// What there was to say before the refusal; for `Warning` headers.
  var warnings: [String] = []
}

extension APIError {
  static func badRequest(_ message: String) -> APIError {
    APIError(code: 400, reason: .badRequest, message: message)
  }

  static func notFound(_ resource: ResourceType, name: String) -> APIError {
    APIError(
      code: 404, reason: .notFound, message: "\(resource.qualifiedPlural) \"\(name)\" not found", name: name,
      group: resource.group, kind: resource.plural)
  }

  static func alreadyExists(_ resource: ResourceType, name: String) -> APIError {
    APIError(
      code: 409, reason: .alreadyExists, message: "\(resource.qualifiedPlural) \"\(name)\" already exists", name: name,
      group: resource.group, kind: resource.plural)
  }

  static func conflict(_ resource: ResourceType, name: String, _ message: String) -> APIError {
    APIError(
      code: 409, reason: .conflict,
      message: "Operation cannot be fulfilled on \(resource.qualifiedPlural) \"\(name)\": \(message)", name: name,
      group: resource.group, kind: resource.plural)
  }

  /// The conflict of an optimistic lock.
  static func modified(_ resource: ResourceType, name: String) -> APIError {
    conflict(
      resource, name: name,
      "the object has been modified; please apply your changes to the latest version and try again")
  }

  static func forbidden(_ resource: ResourceType, name: String, _ message: String) -> APIError {
    APIError(
      code: 403, reason: .forbidden,
      message: "\(resource.qualifiedPlural)\(name.isEmpty ? "" : " \"\(name)\"") is forbidden: \(message)", name: name,
      group: resource.group, kind: resource.plural)
  }

  /// - Parameter causes: At least one.
  static func invalid(_ resource: ResourceType, name: String, causes: [Cause]) -> APIError {
    var seen: Set<String> = []
    let texts = causes.map { $0.field.isEmpty ? $0.message : "\($0.field): \($0.message)" }.filter {
      seen.insert($0).inserted
    }
    let text = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    return APIError(
      code: 422, reason: .invalid,
      message: "\(resource.qualifiedKind) \"\(name)\" is invalid: \(text)", causes: causes, name: name,
      group: resource.group, kind: resource.kind)
  }

  func with(warnings: [String]) -> APIError {
    var error = self
    error.warnings += warnings
    return error
  }

  static func notImplemented(_ feature: String) -> APIError {
    APIError(code: 501, reason: .notImplemented, message: "the sandbox API server does not implement \(feature)")
  }

  static func internalError(_ message: String) -> APIError {
    APIError(code: 500, reason: .internalError, message: "Internal error occurred: \(message)")
  }

  /// The `metav1.Status` that goes over the wire.
  var status: JSONValue {
    var details: [String: JSONValue] = [:]
    details["name"] = name.flatMap { $0.isEmpty ? nil : .string($0) }
    details["group"] = group.flatMap { $0.isEmpty ? nil : .string($0) }
    details["kind"] = kind.map { .string($0) }
    details["uid"] = uid.map { .string($0) }
    details["retryAfterSeconds"] = retryAfter.map { .integer(Int64($0)) }
    if !causes.isEmpty {
      details["causes"] = .array(
        causes.map { cause in
          var members: [String: JSONValue] = ["reason": .string(cause.reason), "message": .string(cause.message)]
          if !cause.field.isEmpty { members["field"] = .string(cause.field) }
          return .object(members)
        })
    }
    var status: JSONValue = [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
      "code": .integer(Int64(code)),
    ]
    if !reason.rawValue.isEmpty { status["reason"] = .string(reason.rawValue) }
    if hasDetails || !details.isEmpty { status["details"] = .object(details) }
    return status
  }
}
