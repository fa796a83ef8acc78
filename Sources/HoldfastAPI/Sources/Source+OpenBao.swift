extension Source {
  /// The Raft snapshot of an OpenBao or Vault cluster, with one way to log in.
  public struct OpenBao: Codable, Sendable, Hashable {
    /// The Kubernetes auth method: the pod's projected token is exchanged for a token of this role.
    public struct KubernetesAuth: Codable, Sendable, Hashable {
      public var role: String
      /// Default `kubernetes`.
      public var mountPath: String?
      /// Audience of the projected token; default the API server's own, which a role without `audience` takes.
      public var audience: String?

      public init(role: String, mountPath: String? = nil, audience: String? = nil) {
        self.role = role
        self.mountPath = mountPath
        self.audience = audience
      }
    }

    /// The AppRole auth method. Exactly one of `roleID` and `roleIDSecretRef` is set.
    public struct AppRole: Codable, Sendable, Hashable {
      /// Default `approle`.
      public var mountPath: String?
      public var roleID: String?
      /// Default key `roleId`.
      public var roleIDSecretRef: SecretReference?
      /// Default key `secretId`; nil for a role that needs none (`bind_secret_id=false`).
      public var secretIDSecretRef: SecretReference?

      public init(
        mountPath: String? = nil, roleID: String? = nil, roleIDSecretRef: SecretReference? = nil,
        secretIDSecretRef: SecretReference? = nil
      ) {
        self.mountPath = mountPath
        self.roleID = roleID
        self.roleIDSecretRef = roleIDSecretRef
        self.secretIDSecretRef = secretIDSecretRef
      }
    }

    /// The userpass auth method.
    public struct Userpass: Codable, Sendable, Hashable {
      /// Default `userpass`.
      public var mountPath: String?
      public var username: String
      /// Default key `password`.
      public var passwordSecretRef: SecretReference

      public init(mountPath: String? = nil, username: String, passwordSecretRef: SecretReference) {
        self.mountPath = mountPath
        self.username = username
        self.passwordSecretRef = passwordSecretRef
      }
    }

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
    /// An absolute path in the executor's filesystem: for runs outside a cluster, and for pods that an agent injects a
    /// token into.
    public var tokenFile: String?
    public var kubernetesAuth: KubernetesAuth?
    public var appRole: AppRole?
    public var userpass: Userpass?
    /// Sent as `X-Vault-Namespace`.
    public var namespace: String?
    public var caBundle: CABundle?
    /// The name in the server's certificate where it is not the host of `address`.
    public var tlsServerName: String?

    public init(
      address: String, jwtAuthRole: String? = nil, jwtAudience: String? = nil, jwtMountPath: String? = nil,
      tokenSecretRef: SecretReference? = nil, tokenFile: String? = nil, kubernetesAuth: KubernetesAuth? = nil,
      appRole: AppRole? = nil, userpass: Userpass? = nil, namespace: String? = nil, caBundle: CABundle? = nil,
      tlsServerName: String? = nil
    ) {
      self.address = address
      self.jwtAuthRole = jwtAuthRole
      self.jwtAudience = jwtAudience
      self.jwtMountPath = jwtMountPath
      self.tokenSecretRef = tokenSecretRef
      self.tokenFile = tokenFile
      self.kubernetesAuth = kubernetesAuth
      self.appRole = appRole
      self.userpass = userpass
      self.namespace = namespace
      self.caBundle = caBundle
      self.tlsServerName = tlsServerName
    }
  }
}

extension Source.OpenBao {
  /// How a run logs in. Mount paths are as they stand in the URL, without slashes at the ends.
  public enum Login: Sendable, Hashable {
    case token(SecretReference)
    case tokenFile(String)
    /// The pod's projected token is exchanged for a token of this role.
    case jwt(role: String, audience: String, mountPath: String)
    /// As ``jwt(role:audience:mountPath:)``, by the Kubernetes auth method; nil is the API server's own audience.
    case kubernetes(role: String, audience: String?, mountPath: String)
    case appRole(AppRole)
    case userpass(Userpass)
  }

  public static let defaultJWTAudience = "openbao-internal"
  public static let defaultJWTMountPath = "jwt"
  public static let defaultKubernetesMountPath = "kubernetes"
  public static let defaultAppRoleMountPath = "approle"
  public static let defaultUserpassMountPath = "userpass"

  /// Names of the fields that log in and are set: one in a valid source.
  public var loginFields: [String] {
    let fields: [(String, Bool)] = [
      ("jwtAuthRole", jwtAuthRole != nil), ("tokenSecretRef", tokenSecretRef != nil), ("tokenFile", tokenFile != nil),
      ("kubernetesAuth", kubernetesAuth != nil), ("appRole", appRole != nil), ("userpass", userpass != nil),
    ]
    return fields.filter(\.1).map(\.0)
  }

  /// Every field that logs in, for messages.
  static let loginFieldList = "jwtAuthRole, kubernetesAuth, appRole, userpass, tokenSecretRef or tokenFile"

  /// nil where there is no login, or two.
  public var login: Login? {
    guard loginFields.count == 1 else { return nil }
    if let tokenSecretRef { return .token(tokenSecretRef) }
    if let tokenFile { return .tokenFile(tokenFile) }
    if let appRole { return .appRole(appRole) }
    if let userpass { return .userpass(userpass) }
    if let kubernetesAuth {
      return .kubernetes(
        role: kubernetesAuth.role, audience: kubernetesAuth.audience,
        mountPath: kubernetesAuth.mountPath ?? Self.defaultKubernetesMountPath)
    }
    return jwtAuthRole.map {
      .jwt(
        role: $0, audience: jwtAudience ?? Self.defaultJWTAudience,
        mountPath: jwtMountPath ?? Self.defaultJWTMountPath)
    }
  }
}
