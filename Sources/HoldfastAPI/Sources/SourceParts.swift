public import KubernetesModel

/// A claim in the same namespace that an executor mounts to read from it.
public struct SourceClaim: Codable, Sendable, Hashable {
  public var claimName: String
  /// Where the pods that own the claim mount it: a path of theirs is found in the claim by what follows this.
  public var mountPath: String?

  public init(claimName: String, mountPath: String? = nil) {
    self.claimName = claimName
    self.mountPath = mountPath
  }
}

/// How a connection to a server is secured.
public struct TLSSettings: Codable, Sendable, Hashable {
  /// Default: the certificates of the system.
  public var caBundle: CABundle?
  /// A Secret with keys `tls.crt` and `tls.key`, or `client.crt` and `client.key`.
  public var clientCertificateSecretRef: NameReference?
  /// The name in the server's certificate where it is not the host of the URL.
  public var serverName: String?
  /// Takes any certificate: whoever sits in between can read along.
  public var insecureSkipVerify: Bool?

  public init(
    caBundle: CABundle? = nil, clientCertificateSecretRef: NameReference? = nil, serverName: String? = nil,
    insecureSkipVerify: Bool? = nil
  ) {
    self.caBundle = caBundle
    self.clientCertificateSecretRef = clientCertificateSecretRef
    self.serverName = serverName
    self.insecureSkipVerify = insecureSkipVerify
  }
}

/// `All`, `None`, or a list of names.
public enum NameSelection: Sendable, Hashable {
  case all
  case nothing
  case names([String])

  /// Whether the object of this name is taken.
  public func contains(_ name: String) -> Bool {
    switch self {
    case .all: true
    case .nothing: false
    case .names(let names): names.contains(name)
    }
  }

  /// Whether nothing can be taken.
  public var isEmpty: Bool {
    switch self {
    case .all: false
    case .nothing: true
    case .names(let names): names.isEmpty
    }
  }
}

extension NameSelection: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let names = try? container.decode([String].self) {
      self = .names(names)
      return
    }
    switch try? container.decode(String.self) {
    case "All": self = .all
    case "None": self = .nothing
    case .some, nil:
      throw DecodingError.typeMismatch(
        NameSelection.self,
        DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "neither All, None nor a list"))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .all: try container.encode("All")
    case .nothing: try container.encode("None")
    case .names(let names): try container.encode(names)
    }
  }
}

/// Pods in the same namespace, and a container in them.
public struct PodSelection: Codable, Sendable, Hashable {
  public var podSelector: LabelSelector
  /// Default: the one that the annotation `kubectl.kubernetes.io/default-container` names, else the first.
  public var container: String?

  public init(podSelector: LabelSelector, container: String? = nil) {
    self.podSelector = podSelector
    self.container = container
  }
}
