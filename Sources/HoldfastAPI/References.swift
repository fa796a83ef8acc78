/// A Secret in the same namespace. Which keys are read is fixed by the field that holds the reference, unless `key`
/// names one.
public struct SecretReference: Codable, Sendable, Hashable {
  public var name: String
  public var key: String?

  public init(name: String, key: String? = nil) {
    self.name = name
    self.key = key
  }
}

/// A key of a Secret or ConfigMap in the same namespace.
public struct KeyReference: Codable, Sendable, Hashable {
  public var name: String
  public var key: String

  public init(name: String, key: String) {
    self.name = name
    self.key = key
  }
}

/// PEM certificates to trust: in place of the system's for a source, besides them for a target. Exactly one member is
/// set.
public struct CABundle: Codable, Sendable, Hashable {
  public var secretRef: KeyReference?
  public var configMapRef: KeyReference?

  public init(secretRef: KeyReference? = nil, configMapRef: KeyReference? = nil) {
    self.secretRef = secretRef
    self.configMapRef = configMapRef
  }
}

/// An object of a known kind in the same namespace.
public struct NameReference: Codable, Sendable, Hashable {
  public var name: String
  public init(name: String) { self.name = name }
}
