/// One thing to capture. Exactly one kind is set.
public struct Source: Codable, Sendable, Hashable {
  /// A DNS label, unique in the policy; the stem of the artifact's key.
  public var name: String
  public var openBao: OpenBao?
  /// Vault speaks the same API as OpenBao.
  public var vault: OpenBao?

  public init(name: String, openBao: OpenBao? = nil, vault: OpenBao? = nil) {
    self.name = name
    self.openBao = openBao
    self.vault = vault
  }

  /// The Raft snapshot of an OpenBao or Vault cluster, with one way to log in: a token, or a JWT.
  public struct OpenBao: Codable, Sendable, Hashable {
    /// The API's URL, for example `https://bao-active.openbao.svc:8200`.
    public var address: String
    /// The role of the JWT auth method; the pod's projected token is the JWT.
    public var jwtAuthRole: String?
    /// Audience of the projected token; default `openbao-internal`.
    public var jwtAudience: String?
    /// Mount path of the JWT auth method; default `jwt`.
    public var jwtMountPath: String?
    /// A Secret with key `token`.
    public var tokenSecretRef: SecretReference?
    /// Sent as `X-Vault-Namespace`.
    public var namespace: String?
    public var caBundle: CABundle?
    /// The name in the server's certificate where it is not the host of `address`.
    public var tlsServerName: String?

    public init(
      address: String, jwtAuthRole: String? = nil, jwtAudience: String? = nil, jwtMountPath: String? = nil,
      tokenSecretRef: SecretReference? = nil, namespace: String? = nil, caBundle: CABundle? = nil,
      tlsServerName: String? = nil
    ) {
      self.address = address
      self.jwtAuthRole = jwtAuthRole
      self.jwtAudience = jwtAudience
      self.jwtMountPath = jwtMountPath
      self.tokenSecretRef = tokenSecretRef
      self.namespace = namespace
      self.caBundle = caBundle
      self.tlsServerName = tlsServerName
    }
  }
}

/// The kinds of source that this version knows.
public enum SourceKind: String, Codable, Sendable, Hashable, CaseIterable {
  case openBao, vault
}

extension Source {
  /// The kinds that are set: one in a valid source.
  public var kinds: [SourceKind] {
    var kinds: [SourceKind] = []
    if openBao != nil { kinds.append(.openBao) }
    if vault != nil { kinds.append(.vault) }
    return kinds
  }
}
