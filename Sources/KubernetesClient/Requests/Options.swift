public import KubernetesModel

/// What to list.
public struct ListOptions: Sendable, Hashable {
  /// As of `kubectl -l`; ``KubernetesModel/LabelSelector/selectorString()`` makes one.
  public var labelSelector: String?
  /// For example `metadata.name=x`.
  public var fieldSelector: String?
  /// Objects in one page.
  public var limit: Int?
  /// Where the page starts, from `metadata.continue` of the one before.
  public var continueToken: String?
  public var resourceVersion: String?
  /// `Exact` or `NotOlderThan`.
  public var resourceVersionMatch: String?
  /// Asks for `PartialObjectMetadata`; a server that does not know it sends whole objects.
  public var isMetadataOnly: Bool

  public init(
    labelSelector: String? = nil, fieldSelector: String? = nil, limit: Int? = nil, continueToken: String? = nil,
    resourceVersion: String? = nil, resourceVersionMatch: String? = nil, isMetadataOnly: Bool = false
  ) {
    self.isMetadataOnly = isMetadataOnly
    self.labelSelector = labelSelector
    self.fieldSelector = fieldSelector
    self.limit = limit
    self.continueToken = continueToken
    self.resourceVersion = resourceVersion
    self.resourceVersionMatch = resourceVersionMatch
  }
}

/// What to watch.
public struct WatchOptions: Sendable, Hashable {
  public var labelSelector: String?
  public var fieldSelector: String?
  /// Changes after this one are sent; nil means all objects first.
  public var resourceVersion: String?
  /// When the server ends the watch.
  public var timeoutSeconds: Int?
  /// Asks for now and then a `BOOKMARK` with the resource version reached.
  public var allowBookmarks: Bool
  /// Asks for `PartialObjectMetadata`; a server that does not know it sends whole objects.
  public var isMetadataOnly: Bool

  public init(
    labelSelector: String? = nil, fieldSelector: String? = nil, resourceVersion: String? = nil,
    timeoutSeconds: Int? = nil, allowBookmarks: Bool = true, isMetadataOnly: Bool = false
  ) {
    self.isMetadataOnly = isMetadataOnly
    self.labelSelector = labelSelector
    self.fieldSelector = fieldSelector
    self.resourceVersion = resourceVersion
    self.timeoutSeconds = timeoutSeconds
    self.allowBookmarks = allowBookmarks
  }
}

/// How to write.
public struct WriteOptions: Sendable, Hashable {
  /// Who owns the fields that are written; the user agent's name where nil.
  public var fieldManager: String?
  /// Admission and validation run, nothing is stored.
  public var isDryRun: Bool
  /// `Strict`, `Warn` (the server's default) or `Ignore` unknown fields.
  public var fieldValidation: String?

  public init(fieldManager: String? = nil, isDryRun: Bool = false, fieldValidation: String? = nil) {
    self.fieldManager = fieldManager
    self.isDryRun = isDryRun
    self.fieldValidation = fieldValidation
  }
}

/// How to delete.
public struct DeleteOptions: Sendable, Hashable {
  /// What becomes of the objects that this one owns.
  public enum PropagationPolicy: String, Sendable {
    case background = "Background", foreground = "Foreground", orphan = "Orphan"
  }

  /// Deletes only this very object; another of the same name gives `conflict`.
  public var uid: String?
  /// Deletes only this version; a changed one gives `conflict`.
  public var resourceVersion: String?
  public var propagationPolicy: PropagationPolicy?
  public var gracePeriodSeconds: Int?
  public var isDryRun: Bool

  public init(
    uid: String? = nil, resourceVersion: String? = nil, propagationPolicy: PropagationPolicy? = nil,
    gracePeriodSeconds: Int? = nil, isDryRun: Bool = false
  ) {
    self.uid = uid
    self.resourceVersion = resourceVersion
    self.propagationPolicy = propagationPolicy
    self.gracePeriodSeconds = gracePeriodSeconds
    self.isDryRun = isDryRun
  }
}

/// A change to an object.
public enum Patch: Sendable, Hashable {
  /// RFC 7386: members replace, null removes, arrays are replaced whole.
  case merge(JSONValue)
  /// RFC 6902: an array of operations.
  case json(JSONValue)
  /// Merges lists by key; built-in kinds only, a custom resource answers 415.
  case strategicMerge(JSONValue)
  /// Server-side apply: the fields that this manager wants. With `force` it takes fields that others own; without, they
  /// give `conflict`.
  case apply(JSONValue, fieldManager: String, force: Bool)

  var contentType: String {
    switch self {
    case .merge: "application/merge-patch+json"
    case .json: "application/json-patch+json"
    case .strategicMerge: "application/strategic-merge-patch+json"
    case .apply: "application/apply-patch+yaml"
    }
  }

  var body: JSONValue {
    switch self {
    case .merge(let body), .json(let body), .strategicMerge(let body), .apply(let body, _, _): body
    }
  }
}

/// A part of an object that has a path of its own.
public struct Subresource: Sendable, Hashable {
  public let name: String

  public init(_ name: String) { self.name = name }

  public static let status = Subresource("status")
  public static let scale = Subresource("scale")
}

/// Which part of a container's output to read.
public struct LogOptions: Sendable, Hashable {
  /// May be nil in a pod with one container.
  public var container: String?
  /// Only the last lines.
  public var tailLines: Int?
  /// Bytes at most.
  public var limitBytes: Int?
  public var sinceSeconds: Int?
  public var timestamps: Bool
  /// Of the container that ran before a restart.
  public var previous: Bool

  public init(
    container: String? = nil, tailLines: Int? = nil, limitBytes: Int? = nil, sinceSeconds: Int? = nil,
    timestamps: Bool = false, previous: Bool = false
  ) {
    self.container = container
    self.tailLines = tailLines
    self.limitBytes = limitBytes
    self.sinceSeconds = sinceSeconds
    self.timestamps = timestamps
    self.previous = previous
  }
}
