extension Source.OpenBao {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).address", WebAddress.problem(address))
    issues.add("\(field).jwtAuthRole", jwtAuthRole.flatMap { Syntax.line($0, limit: 128) })
    issues.add("\(field).jwtAudience", jwtAudience.flatMap { Syntax.line($0, limit: 256) })
    issues.add("\(field).jwtMountPath", jwtMountPath.flatMap(Self.mountPathProblem))
    issues.add("\(field).namespace", namespace.flatMap { Syntax.line($0, limit: 256) })
    issues.add("\(field).tlsServerName", tlsServerName.flatMap { Syntax.dnsSubdomain($0.lowercased()) })
    issues += tokenSecretRef?.issues("\(field).tokenSecretRef") ?? []
    issues.add("\(field).tokenFile", tokenFile.flatMap(Syntax.absolutePath))
    issues += kubernetesAuth?.issues("\(field).kubernetesAuth") ?? []
    issues += appRole?.issues("\(field).appRole") ?? []
    issues += userpass?.issues("\(field).userpass") ?? []
    issues += caBundle?.issues("\(field).caBundle") ?? []
    if loginFields.count > 1 {
      issues.add(
        field,
        "has \(loginFields.count == 2 ? "two" : "\(loginFields.count)") logins "
          + "(\(loginFields.joined(separator: ", "))); keep one")
    }
    return issues
  }

  static func mountPathProblem(_ path: String) -> String? {
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

extension Source.OpenBao.KubernetesAuth {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).role", Syntax.line(role, limit: 128))
    issues.add("\(field).mountPath", mountPath.flatMap(Source.OpenBao.mountPathProblem))
    issues.add("\(field).audience", audience.flatMap { Syntax.line($0, limit: 256) })
    return issues
  }
}

extension Source.OpenBao.AppRole {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).mountPath", mountPath.flatMap(Source.OpenBao.mountPathProblem))
    issues.add("\(field).roleID", roleID.flatMap { Syntax.line($0, limit: 512) })
    issues += roleIDSecretRef?.issues("\(field).roleIDSecretRef") ?? []
    issues += secretIDSecretRef?.issues("\(field).secretIDSecretRef") ?? []
    if (roleID == nil) == (roleIDSecretRef == nil) {
      issues.add(field, "needs exactly one of roleID and roleIDSecretRef")
    }
    return issues
  }
}

extension Source.OpenBao.Userpass {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).mountPath", mountPath.flatMap(Source.OpenBao.mountPathProblem))
    issues.add("\(field).username", Syntax.line(username, limit: 256))
    return issues + passwordSecretRef.issues("\(field).passwordSecretRef")
  }
}
