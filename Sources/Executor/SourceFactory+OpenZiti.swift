internal import Foundation
internal import HoldfastAPI
internal import JobPlan
internal import KubernetesModel
internal import OpenZitiSource
internal import SnapshotSource

extension SourceFactory {
  /// - Parameter field: Of the source in the plan, for example `spec.sources[0].openZiti`.
  func openZitiSource(_ given: Source.OpenZiti, name: String, field: String) throws -> any SnapshotSource {
    let spec = given.defaulted()
    if let host = spec.host { return hostSource(spec, host, name: name) }
    let pods =
      spec.needsExec
      ? spec.podSelector.map {
        OpenZitiConfiguration.Pods(
          namespace: plan.policy.namespace, selector: $0, container: spec.resolvedContainer)
      } : nil
    let configuration = OpenZitiConfiguration(
      snapshot: try snapshot(spec, field: field), retrieval: try retrieval(spec, field: field), pods: pods,
      databasePath: spec.resolvedDatabasePath, timeout: spec.resolvedTimeout,
      allowLiveCopy: spec.allowLiveCopy ?? false)
    return OpenZitiSource(
      name: name, configuration: configuration, client: spec.needsExec ? try cluster.client() : nil)
  }

  private func snapshot(_ spec: Source.OpenZiti, field: String) throws -> OpenZitiConfiguration.Snapshot {
    guard spec.resolvedSnapshot == .managementAPI else { return .agent(command: spec.agent?.command ?? ["ziti"]) }
    return .managementAPI(try endpoint(spec.managementAPI, field: "\(field).managementAPI"))
  }

  /// - Throws: ``RunFailure`` where the login, or what it names, is not there.
  func endpoint(_ api: Source.OpenZiti.ManagementAPI?, field: String) throws -> ManagementEndpoint {
    guard let api, let url = api.url else {
      throw RunFailure(step: .prepare, reason: .invalidSpec, message: "\(field).url is required; or set release")
    }
    let login: ManagementEndpoint.Login
    if let reference = api.clientCertificateSecretRef {
      let pair = try certificate(reference, field: "\(field).clientCertificateSecretRef")
      login = .certificate(pair.certificate, key: pair.key)
    } else if let reference = api.adminSecretRef {
      login = .password(
        user: try trimmed(reference.name, "admin-user", "\(field).adminSecretRef"),
        password: try trimmed(reference.name, "admin-password", "\(field).adminSecretRef"))
    } else {
      throw RunFailure(
        step: .prepare, reason: .invalidSpec,
        message: "\(field) has no login; set adminSecretRef or clientCertificateSecretRef")
    }
    return ManagementEndpoint(
      url: url, login: login, caCertificates: try mounts.caBundle(api.caBundle, field: "\(field).caBundle"),
      tlsServerName: api.tlsServerName)
  }

  private func retrieval(_ spec: Source.OpenZiti, field: String) throws -> OpenZitiConfiguration.Retrieval {
    guard spec.resolvedRetrieval == .volume else { return .exec }
    guard let claim = spec.persistentVolumeClaim else {
      throw RunFailure(
        step: .prepare, reason: .invalidSpec,
        message: "\(field).persistentVolumeClaim is required for retrieval volume; or set release")
    }
    return .folder(
      mounts.volume(claim.claimName), mountPath: claim.mountPath ?? Source.OpenZiti.defaultClaimMountPath)
  }

  /// A controller in Docker or on this machine: the command writes the file, and this machine sees it.
  private func hostSource(_ spec: Source.OpenZiti, _ host: Source.OpenZiti.Host, name: String) -> any SnapshotSource {
    func folder(_ path: String) -> String { (path as NSString).deletingLastPathComponent }
    let configuration = OpenZitiConfiguration(
      snapshot: .host(command: host.command),
      retrieval: .folder(folder(host.hostPath ?? host.snapshotPath), mountPath: folder(host.snapshotPath)),
      databasePath: spec.resolvedDatabasePath, snapshotPath: host.snapshotPath, timeout: spec.resolvedTimeout,
      allowLiveCopy: spec.allowLiveCopy ?? false)
    return OpenZitiSource(name: name, configuration: configuration)
  }
}
