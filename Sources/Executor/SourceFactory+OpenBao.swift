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
      let token = try mounts.secret(reference.name, key: reference.key ?? "token", field: "\(field).tokenSecretRef")
      return .token(token.trimmingCharacters(in: .whitespacesAndNewlines))
    case .jwt(let role, _, let mountPath):
      return .jwt(
        role: role, mountPath: mountPath, token: try mounts.token(source: source, field: "\(field).jwtAuthRole"))
    case .tokenFile: throw Self.notBuiltIn("\(field).tokenFile", source: source)
    case .kubernetes: throw Self.notBuiltIn("\(field).kubernetesAuth", source: source)
    case .appRole: throw Self.notBuiltIn("\(field).appRole", source: source)
    case .userpass: throw Self.notBuiltIn("\(field).userpass", source: source)
    case nil:
      throw RunFailure(
        step: .prepare, reason: .invalidSpec, message: "\(field) has no login; set jwtAuthRole or tokenSecretRef")
    }
  }
}
