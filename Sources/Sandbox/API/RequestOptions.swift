import KubernetesModel

/// Who asks.
struct Caller: Sendable, Equatable {
  var username: String
  var uid: String?
  var groups: [String]

  /// Holds the kubeconfig's token: may do everything.
  static let administrator = Caller(username: "sandbox", groups: ["system:masters", "system:authenticated"])

  /// A built-in controller.
  static func controller(_ name: String = "kube-controller-manager") -> Caller {
    Caller(username: "system:\(name)", groups: ["system:masters", "system:authenticated"])
  }

  var isAdministrator: Bool { groups.contains("system:masters") }
}

/// The query parameters of a write.
struct WriteOptions: Sendable {
  enum FieldValidation: String, Sendable { case ignore = "Ignore", warn = "Warn", strict = "Strict" }

  var fieldManager = "unknown"
  var isDryRun = false
  var fieldValidation = FieldValidation.warn
  /// Server-side apply takes over fields of other managers.
  var force = false
  var caller = Caller.administrator
}

/// `metav1.DeleteOptions`.
struct DeleteOptions: Sendable {
  var uid: String?
  var resourceVersion: String?
  var propagation: DeletionPropagation?
  var gracePeriodSeconds: Int?
  var isDryRun = false
}

/// What a write has done.
struct WriteResult: Sendable {
  var object: JSONValue
  var isCreated = false
  /// For `Warning` headers.
  var warnings: [String] = []
}

/// The four ways of a PATCH.
enum PatchType: String, Sendable {
  case json = "application/json-patch+json"
  case merge = "application/merge-patch+json"
  case strategic = "application/strategic-merge-patch+json"
  case apply = "application/apply-patch+yaml"
}
