public import KubernetesModel
public import PKIPreview

/// What a restore does to one object.
public struct PlannedObject: Sendable, Hashable {
  public enum Action: String, Sendable, Hashable, CaseIterable {
    case create, replace, skip
    /// Stops the restore before anything is touched.
    case conflict
  }

  public var resource: ResourceType
  /// On the server that is restored to.
  public var key: ObjectKey
  public var action: Action
  /// Paths of the fields that a replacement changes, never values.
  public var changes: [String]
  /// Why it is skipped, or in conflict; for people.
  public var reason: String?
  public var warnings: [String]
  /// The object that is replaced; another one of the same name is not touched.
  var liveUID: String?

  init(
    _ resource: ResourceType, _ key: ObjectKey, _ action: Action, changes: [String] = [], reason: String? = nil,
    warnings: [String] = [], liveUID: String? = nil
  ) {
    self.resource = resource
    self.key = key
    self.action = action
    self.changes = changes
    self.reason = reason
    self.warnings = warnings
    self.liveUID = liveUID
  }

  var phase: RestorePhase { RestorePhase(resource) }
  /// `Secret app/web-tls`.
  public var name: String { "\(resource.kind) \(key)" }

  /// For people; nil where there is nothing to add.
  public var detail: String? {
    let changed = changes.isEmpty ? nil : "changes \(changes.joined(separator: ", "))"
    let parts = [changed, reason].compactMap(\.self) + warnings
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}

/// What a restore of a resource set will do. Made without changing anything.
public struct ResourceRestorePlan: Sendable {
  /// In the order of the set; members that do not count are nil.
  var objects: [PlannedObject?]
  /// Namespaces that objects go to, that are not there and that nothing in the set makes.
  var namespaces: [PlannedObject] = []
  /// Secrets that ClusterIssuers name.
  var clusterIssuerSecrets: Set<String> = []
  public var certificates: [CertificatePreview]
  /// Of the set as a whole.
  public var warnings: [String]

  /// In the order in which they are restored.
  public var entries: [PlannedObject] {
    let found = namespaces + objects.compactMap(\.self)
    return RestorePhase.allCases.flatMap { phase in found.filter { $0.phase == phase } }
  }

  public func count(_ action: PlannedObject.Action) -> Int {
    objects.count { $0?.action == action } + namespaces.count { $0.action == action }
  }

  /// Objects that will be written.
  public var total: Int { count(.create) + count(.replace) }

  public var conflicts: [PlannedObject] { entries.filter { $0.action == .conflict } }
  /// CAs that would be issued again.
  public var certificateErrors: [CertificatePreview] { certificates.filter(\.isError) }

  /// `12 to create, 1 to replace, 3 to skip, 0 in conflict`.
  public var summary: String {
    "\(count(.create)) to create, \(count(.replace)) to replace, \(count(.skip)) to skip, "
      + "\(count(.conflict)) in conflict"
  }

  /// What a person should read before they go on: of the set, of objects, and of Certificates that do not stay as they are.
  public var allWarnings: [String] {
    warnings + entries.flatMap { entry in entry.warnings.map { "\(entry.name): \($0)" } }
      + certificates.filter { preview in
        if case .keeps = preview.verdict { false } else { true }
      }.map(\.description)
  }
}
