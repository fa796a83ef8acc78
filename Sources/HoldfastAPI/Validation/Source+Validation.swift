extension Source.OpenBao {
  /// How a run logs in.
  public enum Login: Sendable, Hashable {
    case token(SecretReference)
    /// The pod's projected token is exchanged for a token of this role.
    case jwt(role: String, audience: String, mountPath: String)
  }

  public static let defaultJWTAudience = "openbao-internal"
  public static let defaultJWTMountPath = "jwt"

  /// nil where there is no login, or two.
  public var login: Login? {
    switch (tokenSecretRef, jwtAuthRole) {
    case (let token?, nil): .token(token)
    case (nil, let role?):
      .jwt(
        role: role, audience: jwtAudience ?? Self.defaultJWTAudience,
        mountPath: jwtMountPath ?? Self.defaultJWTMountPath)
    default: nil
    }
  }

  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).address", WebAddress.problem(address))
    issues.add("\(field).jwtAuthRole", jwtAuthRole.flatMap { Syntax.line($0, limit: 128) })
    issues.add("\(field).jwtAudience", jwtAudience.flatMap { Syntax.line($0, limit: 256) })
    issues.add("\(field).jwtMountPath", jwtMountPath.flatMap(Self.mountPathProblem))
    issues.add("\(field).namespace", namespace.flatMap { Syntax.line($0, limit: 256) })
    issues.add("\(field).tlsServerName", tlsServerName.flatMap { Syntax.dnsSubdomain($0.lowercased()) })
    issues += tokenSecretRef?.issues("\(field).tokenSecretRef") ?? []
    issues += caBundle?.issues("\(field).caBundle") ?? []
    if tokenSecretRef != nil && jwtAuthRole != nil {
      issues.add(field, "has two logins; keep either tokenSecretRef or jwtAuthRole")
    }
    return issues
  }

  private static func mountPathProblem(_ path: String) -> String? {
    if let problem = Syntax.line(path, limit: 256) { return problem }
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    let isValid = segments.allSatisfy { segment in
      !segment.isEmpty && segment != "." && segment != ".."
        && segment.utf8.allSatisfy { Syntax.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    }
    return isValid
      ? nil : "\(Syntax.quoted(path)) is not a mount path; write it without slashes at the ends, for example jwt"
  }
}

extension Source {
  static let kindList = SourceKind.allCases.map(\.rawValue).joined(separator: ", ")

  /// - Parameter hasInheritedLogin: The policy has a login that this source may take over.
  func issues(_ field: String, hasInheritedLogin: Bool) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).name", Self.nameProblem(name))
    switch kinds.count {
    case 1: break
    case 0:
      issues.add(field, "has no kind; set exactly one of the kinds that this version knows: \(Self.kindList)")
    default:
      issues.add(
        field,
        "has \(kinds.count) kinds (\(kinds.map(\.rawValue).joined(separator: ", "))); keep one and make each other a "
          + "source of its own")
    }
    for (kind, server) in [("openBao", openBao), ("vault", vault)] {
      guard let server else { continue }
      issues += server.issues("\(field).\(kind)")
      if server.tokenSecretRef == nil, server.jwtAuthRole == nil, !hasInheritedLogin {
        issues.add("\(field).\(kind)", "has no login; set either jwtAuthRole or tokenSecretRef")
      }
    }
    return issues
  }

  static func nameProblem(_ name: String) -> String? {
    if name == "manifest" { return "'manifest' is reserved for the manifest's own key; choose another name" }
    return Syntax.dnsLabel(name)
  }

  /// Names that more than one source has, one issue for each.
  static func duplicateIssues(of names: [String], in field: String) -> [ValidationIssue] {
    var seen: Set<String> = []
    return names.enumerated().compactMap { index, name in
      seen.insert(name).inserted
        ? nil
        : ValidationIssue(
          field: "\(field)[\(index)].name",
          message: "\(Syntax.quoted(name)) is taken by another source; names must be unique, since they become keys")
    }
  }
}
