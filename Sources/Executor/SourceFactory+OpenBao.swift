internal import Foundation
internal import HoldfastAPI
internal import JobPlan
internal import OpenBaoSource
internal import SnapshotSource

extension SourceFactory {
  func openBaoSource(_ source: Source, field: String) throws -> any SnapshotSource {
    guard let kind = source.kind, let server = source.openBao ?? source.vault else {
      throw RunFailure(step: .prepare, reason: .invalidSpec, message: "\(field) has no kind", source: source.name)
    }
    return OpenBaoSource(
      name: source.name, kind: kind.rawValue,
      endpoint: try endpoint(server, source: source.name, field: "\(field).\(kind.rawValue)"))
  }

  func openBaoDestination(source: String, kind: String, force: Bool) throws -> any SnapshotDestination {
    let selection = plan.restore?.sources?.firstIndex { $0.name == source }
    if let selection, let chosen = plan.restore?.sources?[selection], let server = chosen.openBao ?? chosen.vault {
      let field = "restore.sources[\(selection)].\(chosen.openBao == nil ? "vault" : "openBao")"
      let endpoint = try endpoint(server.defaulted(), source: source, field: field)
      return OpenBaoDestination(name: source, kind: kind, endpoint: endpoint, force: force)
    }
    guard let index = plan.spec.sources.firstIndex(where: { $0.name == source }),
      let server = plan.spec.sources[index].openBao ?? plan.spec.sources[index].vault
    else {
      throw RunFailure(
        step: .preflight, reason: .invalidSpec,
        message: "nobody says where \(source) goes; name it in sources with its \(kind) address and login",
        source: source)
    }
    let endpoint = try endpoint(server, source: source, field: "spec.sources[\(index)].\(kind)")
    return OpenBaoDestination(name: source, kind: kind, endpoint: endpoint, force: force)
  }

  private func endpoint(_ server: Source.OpenBao, source: String, field: String) throws -> OpenBaoEndpoint {
    try attributed(to: source) {
      OpenBaoEndpoint(
        address: server.address, login: try login(server, source: source, field: field), namespace: server.namespace,
        caCertificates: try mounts.caBundle(server.caBundle, field: "\(field).caBundle"),
        tlsServerName: server.tlsServerName)
    }
  }

  private func login(_ given: Source.OpenBao, source: String, field: String) throws -> OpenBaoEndpoint.Login {
    var server = given
    // A source without a login of its own has the policy's.
    if server.loginFields.isEmpty {
      server.tokenSecretRef = plan.spec.tokenSecretRef
      server.jwtAuthRole = plan.spec.jwtAuthRole
    }
    switch server.login {
    case .token(let reference):
      return .token(try secret(reference, key: "token", field: "\(field).tokenSecretRef"))
    case .tokenFile(let path): return .token(try mounts.text(atPath: path, field: "\(field).tokenFile"))
    case .jwt(let role, _, let mountPath):
      return .jwt(
        role: role, mountPath: mountPath, token: try mounts.token(source: source, field: "\(field).jwtAuthRole"))
    case .kubernetes(let role, _, let mountPath):
      return .kubernetes(
        role: role, mountPath: mountPath, token: try mounts.token(source: source, field: "\(field).kubernetesAuth"))
    case .appRole(let login): return try appRole(login, field: "\(field).appRole")
    case .userpass(let login):
      return .userpass(
        username: login.username,
        password: try secret(login.passwordSecretRef, key: "password", field: "\(field).userpass.passwordSecretRef"),
        mountPath: login.mountPath ?? Source.OpenBao.defaultUserpassMountPath)
    case nil:
      throw RunFailure(
        step: .prepare, reason: .invalidSpec, message: "\(field) has no login; set jwtAuthRole or tokenSecretRef")
    }
  }

  private func appRole(_ login: Source.OpenBao.AppRole, field: String) throws -> OpenBaoEndpoint.Login {
    let roleID =
      try login.roleIDSecretRef.map { try secret($0, key: "roleId", field: "\(field).roleIDSecretRef") } ?? login.roleID
    return .appRole(
      roleID: roleID ?? "",
      secretID: try login.secretIDSecretRef.map {
        try secret($0, key: "secretId", field: "\(field).secretIDSecretRef")
      },
      mountPath: login.mountPath ?? Source.OpenBao.defaultAppRoleMountPath)
  }

  private func secret(_ reference: SecretReference, key: String, field: String) throws -> String {
    try mounts.secret(reference.name, key: reference.key ?? key, field: field)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
