extension RestoreRequest {
  /// How the API objects of one source are brought back, onto the API server that the request is on.
  public struct ObjectDestination: Codable, Sendable, Hashable {
    /// Default: that of the request.
    public var conflictPolicy: ConflictPolicy?
    /// Where cert-manager looks for the Secrets of ClusterIssuers here. Default: where it did when the backup was taken, as
    /// `namespaceMapping` has it.
    public var clusterResourceNamespace: String?
    /// Brings back the registration of ACME accounts too. Default false.
    public var restoreACMEStatus: Bool?
    /// Scales cert-manager's controller to zero while the objects are written, so that it issues nothing in between. Default
    /// false.
    public var pauseControllers: Bool?
    /// The Deployment that is scaled. Default ``Controller/defaultNamespace`` and ``Controller/defaultName``.
    public var controller: Controller?

    /// cert-manager's controller.
    public struct Controller: Codable, Sendable, Hashable {
      public static let defaultNamespace = "cert-manager"
      public static let defaultName = "cert-manager"

      public var namespace: String?
      public var name: String?

      public init(namespace: String? = nil, name: String? = nil) {
        self.namespace = namespace
        self.name = name
      }
    }

    /// The Deployment to scale to zero; nil where nothing is to be paused. Its name is nil where it is found by its labels.
    public var pausedController: (namespace: String, name: String?)? {
      guard pauseControllers == true else { return nil }
      return (controller?.namespace ?? Controller.defaultNamespace, controller?.name)
    }

    public init(
      conflictPolicy: ConflictPolicy? = nil, clusterResourceNamespace: String? = nil, restoreACMEStatus: Bool? = nil,
      pauseControllers: Bool? = nil, controller: Controller? = nil
    ) {
      self.conflictPolicy = conflictPolicy
      self.clusterResourceNamespace = clusterResourceNamespace
      self.restoreACMEStatus = restoreACMEStatus
      self.pauseControllers = pauseControllers
      self.controller = controller
    }
  }
}
