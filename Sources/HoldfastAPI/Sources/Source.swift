/// One thing to capture. Exactly one kind is set.
public struct Source: Codable, Sendable, Hashable {
  /// A DNS label, unique in the policy; the stem of the artifact's key.
  public var name: String
  public var openZiti: OpenZiti?
  public var openBao: OpenBao?
  /// Vault speaks the same API as OpenBao.
  public var vault: OpenBao?
  public var etcd: Etcd?
  public var certManager: CertManager?
  public var resources: Resources?
  public var files: Files?

  public init(
    name: String, openZiti: OpenZiti? = nil, openBao: OpenBao? = nil, vault: OpenBao? = nil, etcd: Etcd? = nil,
    certManager: CertManager? = nil, resources: Resources? = nil, files: Files? = nil
  ) {
    self.name = name
    self.openZiti = openZiti
    self.openBao = openBao
    self.vault = vault
    self.etcd = etcd
    self.certManager = certManager
    self.resources = resources
    self.files = files
  }
}

/// The kinds of source that this version knows; the raw value is the field's name, and the `kind` of an artifact.
public enum SourceKind: String, Codable, Sendable, Hashable, CaseIterable {
  case openZiti, openBao, vault, etcd, certManager, resources, files
}

extension Source {
  /// The kinds that are set: one in a valid source.
  public var kinds: [SourceKind] {
    SourceKind.allCases.filter { kind in
      switch kind {
      case .openZiti: openZiti != nil
      case .openBao: openBao != nil
      case .vault: vault != nil
      case .etcd: etcd != nil
      case .certManager: certManager != nil
      case .resources: resources != nil
      case .files: files != nil
      }
    }
  }

  /// The kind of a valid source; nil where none is set, or more than one.
  public var kind: SourceKind? { kinds.count == 1 ? kinds[0] : nil }
}
