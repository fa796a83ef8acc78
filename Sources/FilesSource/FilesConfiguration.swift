public import KubernetesModel

/// What a files source takes and from where. All checked before: see the policy's validation.
public struct FilesConfiguration: Sendable {
  /// Where the paths are.
  public enum Place: Sendable {
    /// In a container, by exec.
    case pod(Pods)
    /// Below a folder of this machine, which is what `/` means: a mounted claim. Links out of it are never followed.
    /// - Parameter name: For people, for example `claim host-pki`.
    case folder(String, name: String)
    /// On this machine.
    case machine
  }

  public struct Pods: Sendable {
    public var namespace: String
    public var selector: LabelSelector
    /// nil for the pod's default one.
    public var container: String?

    public init(namespace: String, selector: LabelSelector, container: String? = nil) {
      self.namespace = namespace
      self.selector = selector
      self.container = container
    }
  }

  public var place: Place
  /// Absolute.
  public var paths: [String]
  /// Shell patterns, matched against the whole path, or against each name where they have no slash.
  public var exclude: [String]
  /// The longest that a container may be silent while bytes are awaited.
  public var idle: Duration
  /// How often a file is read that changes meanwhile.
  public var attempts: Int

  public init(
    place: Place, paths: [String], exclude: [String] = [], idle: Duration = .seconds(300), attempts: Int = 3
  ) {
    self.place = place
    self.paths = paths
    self.exclude = exclude
    self.idle = idle
    self.attempts = attempts
  }
}
