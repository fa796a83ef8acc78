/// `metav1.Status`: what the API server answers when a call failed, and after some deletes.
public struct APIStatus: Codable, Sendable, Hashable {
  /// `Success` or `Failure`.
  public var status: String?
  /// The HTTP status.
  public var code: Int?
  /// A CamelCase word for machines, for example `NotFound` or `AlreadyExists`.
  public var reason: String?
  public var message: String?
  public var details: StatusDetails?
  public var metadata: ListMeta?

  public init(
    status: String? = nil, code: Int? = nil, reason: String? = nil, message: String? = nil,
    details: StatusDetails? = nil, metadata: ListMeta? = nil
  ) {
    self.status = status
    self.code = code
    self.reason = reason
    self.message = message
    self.details = details
    self.metadata = metadata
  }
}

public struct StatusDetails: Codable, Sendable, Hashable {
  public var name: String?
  public var group: String?
  /// Usually the plural name of the resource.
  public var kind: String?
  public var uid: String?
  public var causes: [StatusCause]?
  public var retryAfterSeconds: Int?

  public init(
    name: String? = nil, group: String? = nil, kind: String? = nil, uid: String? = nil, causes: [StatusCause]? = nil,
    retryAfterSeconds: Int? = nil
  ) {
    self.name = name
    self.group = group
    self.kind = kind
    self.uid = uid
    self.causes = causes
    self.retryAfterSeconds = retryAfterSeconds
  }
}

public struct StatusCause: Codable, Sendable, Hashable {
  /// For example `FieldValueInvalid` or `UIDMismatch`.
  public var reason: String?
  public var message: String?
  /// The path of the field at fault, for example `spec.schedule`.
  public var field: String?

  public init(reason: String? = nil, message: String? = nil, field: String? = nil) {
    self.reason = reason
    self.message = message
    self.field = field
  }
}

/// Metadata of a list.
public struct ListMeta: Codable, Sendable, Hashable {
  public var resourceVersion: String?
  /// Where the next page starts; nil or empty on the last page.
  public var `continue`: String?
  public var remainingItemCount: Int64?

  public init(resourceVersion: String? = nil, `continue`: String? = nil, remainingItemCount: Int64? = nil) {
    self.resourceVersion = resourceVersion
    self.`continue` = `continue`
    self.remainingItemCount = remainingItemCount
  }
}
