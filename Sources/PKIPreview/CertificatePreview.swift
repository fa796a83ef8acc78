/// What cert-manager will do with one Certificate when it finds it beside its Secret.
public struct CertificatePreview: Sendable, Hashable, CustomStringConvertible {
  public enum Verdict: Sendable, Hashable, CustomStringConvertible {
    /// Serial number, hexadecimal, as openssl prints it.
    case keeps(serial: String)
    case reissued(ReissueReason)
    /// Expired, and so issued again too.
    case expired(notAfter: String)
    /// cert-manager keeps it, but nobody who trusts the CA beside it will.
    case chainDoesNotVerify(serial: String)

    public var description: String {
      switch self {
      case .keeps(let serial): "keeps serial \(serial)"
      case .reissued(let reason): "will be re-issued: \(reason)"
      case .expired(let time): "already expired, at \(time), and will be re-issued"
      case .chainDoesNotVerify(let serial): "chain does not verify under the CA in the backup (serial \(serial))"
      }
    }

    /// Whether key or certificate will change.
    public var changes: Bool {
      switch self {
      case .reissued, .expired: true
      case .keeps, .chainDoesNotVerify: false
      }
    }
  }

  public var namespace: String
  public var name: String
  public var secretName: String
  /// `Issuer/ca`, `ClusterIssuer/letsencrypt`, or with a group before it for an external one.
  public var issuer: String
  public var verdict: Verdict
  /// Others are signed with its key: a CA issuer has its Secret, or it signed itself as a CA.
  public var isRoot: Bool
  /// RFC 3339; nil where there is no certificate, or it is never renewed.
  public var renewalTime: String?
  public var notAfter: String?

  /// A root that is issued again takes everything below it along: an error, unless a person insists.
  public var isError: Bool { isRoot && verdict.changes }

  public var description: String {
    "Certificate \(namespace)/\(name)\(isRoot ? " (a CA of others)" : ""): \(verdict)"
  }
}
