internal import KubernetesClient
internal import KubernetesModel

/// Why a resource set was not restored, or not wholly.
public struct ResourceRestoreError: Error, Sendable, CustomStringConvertible {
  /// For programs. More may come; handle unknown ones as ``failed``.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String
    private init(_ rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    /// Objects are in the way, and nothing was touched.
    public static let conflict = Code("conflict")
    /// A CA would be issued again, and nothing was touched.
    public static let certificates = Code("certificates")
    /// The account may not do something. A person must act.
    public static let forbidden = Code("forbidden")
    /// The server refuses an object as it is.
    public static let refused = Code("refused")
    /// The server, or a webhook that it asks, does not answer. Worth another try.
    public static let unreachable = Code("unreachable")
    /// cert-manager's controller was scaled to zero and could not be scaled back. A person must act.
    public static let controllerPaused = Code("controllerPaused")
    public static let failed = Code("failed")
  }

  public var code: Code
  /// What is wrong and what to do; never a value of a Secret.
  public var message: String
  public var cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }

  /// - Parameter verb: As RBAC names it.
  init(_ error: KubernetesError, _ verb: String, _ resource: ResourceType, _ key: ObjectKey) {
    let kind = resource.group.isEmpty ? resource.plural : "\(resource.plural).\(resource.group)"
    let place = key.namespace.map { "in namespace \($0)" } ?? "in the cluster"
    switch error.code {
    case .forbidden, .unauthorized:
      // A quota and an admission plugin say 403 too: what the server says stays.
      self.init(
        .forbidden,
        "\(verb) \(kind) \(place) (\(key.name)) is not allowed to the account of the restore: \(error.message)",
        cause: error)
    case .invalid, .badRequest, .notFound:
      self.init(.refused, "\(verb) \(kind) \(key) was refused: \(Self.told(error, resource))", cause: error)
    case .connection, .timeout, .serverError, .tooManyRequests, .conflict:
      self.init(.unreachable, "\(verb) \(kind) \(key): \(Self.told(error, resource))", cause: error)
    default: self.init(.failed, "\(verb) \(kind) \(key): \(Self.told(error, resource))", cause: error)
    }
  }

  /// The server quotes the value that it does not like: of a Secret only fields are told.
  private static func told(_ error: KubernetesError, _ resource: ResourceType) -> String {
    guard resource.group.isEmpty, resource.kind == "Secret", error.code == .invalid || error.code == .badRequest else {
      return error.message
    }
    let fields = (error.status?.details?.causes ?? []).compactMap(\.field)
    return fields.isEmpty ? "\(error.code)" : "\(error.code): \(fields.joined(separator: ", "))"
  }
}
