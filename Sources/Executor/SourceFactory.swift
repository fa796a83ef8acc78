internal import Foundation
internal import HoldfastAPI
public import JobPlan
internal import OpenBaoSource
public import SnapshotSource

/// Makes the sources and destinations of a plan, with their secrets read from the mounts.
public struct SourceFactory: Sendable {
  let plan: Plan
  let mounts: Mounts

  public init(plan: Plan, mounts: Mounts) {
    self.plan = plan
    self.mounts = mounts
  }

  /// - Throws: ``RunFailure`` of step `prepare`.
  public func sources() throws -> [any SnapshotSource] {
    try plan.spec.sources.enumerated().map { index, source in
      let kind = source.kinds.first ?? .openBao
      guard let server = source.openBao ?? source.vault else {
        throw RunFailure(
          step: .prepare, reason: .invalidSpec, message: "spec.sources[\(index)] has no kind", source: source.name)
      }
      let field = "spec.sources[\(index)].\(kind.rawValue)"
      return OpenBaoSource(
        name: source.name, kind: kind.rawValue, endpoint: try endpoint(server, source: source.name, field: field))
    }
  }

  /// Where an artifact goes: to what the restore names for its source, else to where it came from.
  public func destination(source: String, kind: String, force: Bool) throws -> any SnapshotDestination {
    guard SourceKind(rawValue: kind) != nil else {
      throw RunFailure(
        step: .preflight, reason: .unsupportedFormat,
        message: "the backup's source \(source) is of kind \(kind), which this version cannot restore", source: source)
    }
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
    do {
      return OpenBaoEndpoint(
        address: server.address, login: try login(server, source: source, field: field), namespace: server.namespace,
        caCertificates: try mounts.caBundle(server.caBundle, field: "\(field).caBundle"),
        tlsServerName: server.tlsServerName)
    } catch var failure as RunFailure {
      failure.source = source
      throw failure
    }
  }

  private func login(_ server: Source.OpenBao, source: String, field: String) throws -> OpenBaoEndpoint.Login {
    // A source without a login of its own has the policy's.
    let hasOwn = server.tokenSecretRef != nil || server.jwtAuthRole != nil
    if let reference = hasOwn ? server.tokenSecretRef : plan.spec.tokenSecretRef {
      let token = try mounts.secret(reference.name, key: reference.key ?? "token", field: "\(field).tokenSecretRef")
      return .token(token.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    guard let role = hasOwn ? server.jwtAuthRole : plan.spec.jwtAuthRole else {
      throw RunFailure(
        step: .prepare, reason: .invalidSpec, message: "\(field) has no login; set jwtAuthRole or tokenSecretRef")
    }
    return .jwt(
      role: role, mountPath: server.jwtMountPath ?? Source.OpenBao.defaultJWTMountPath,
      token: try mounts.token(source: source, field: "\(field).jwtAuthRole"))
  }
}
