internal import Foundation
internal import HoldfastAPI
internal import JobPlan
internal import KubernetesModel
internal import OpenZitiSource
internal import SnapshotSource

extension SourceFactory {
  func openZitiDestination(
    source: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> any SnapshotDestination {
    let selections = plan.restore?.sources
    let index = selections?.firstIndex { $0.name == source }
    let destination = index.flatMap { selections?[$0].openZiti }
    let field = index.map { "restore.sources[\($0)].openZiti" } ?? "restore of \(source)"
    func refusal(_ issues: [ValidationIssue]) -> RunFailure {
      RunFailure(step: .preflight, reason: .invalidSpec, message: issues.summary(), source: source)
    }
    if let issues = destination?.issues(field, isPlan: true), !issues.isEmpty { throw refusal(issues) }
    let origin = plan.spec.sources.first { $0.name == source }?.openZiti
    let place: OpenZitiPlace
    do {
      place = try OpenZitiPlace(source: source, destination: destination, origin: origin)
    } catch { throw refusal([error]) }
    let configuration = OpenZitiDestinationConfiguration(
      namespace: plan.policy.namespace, way: way(place), owner: owner(place),
      proof: try proof(place, field: "\(field).managementAPI"), timeout: place.timeout,
      ownPod: RunIdentity(environment: environment).pod,
      request: "\(plan.policy.namespace)/\(plan.restore?.request ?? "by-hand")")
    if case .file = place.way {
      return try OpenZitiDestination(name: source, configuration: configuration, client: nil)
    }
    do {
      return try OpenZitiDestination(name: source, configuration: configuration, client: try cluster.client())
    } catch var failure as RunFailure {
      failure.step = .preflight
      throw failure
    }
  }

  private var restoresObjects: Bool {
    plan.spec.sources.contains { source in
      (source.certManager != nil || source.resources != nil)
        && plan.restore?.sources?.contains { $0.name == source.name } ?? true
    }
  }

  private func way(_ place: OpenZitiPlace) -> OpenZitiDestinationConfiguration.Way {
    switch place.way {
    case .file(let path): return .file(path)
    case .cluster(let selector, let container, let databasePath, let command):
      return .cluster(
        OpenZitiConfiguration.Pods(namespace: plan.policy.namespace, selector: selector, container: container),
        databasePath: databasePath, command: command)
    case .claim(let claim, let path, let workload):
      let creation = claim.create.map { create in
        "with \(create.storage)" + (create.storageClassName.map { " of class \($0)" } ?? "")
      }
      return .claim(
        .init(name: claim.claimName, folder: mounts.volume(claim.claimName), path: path, creation: creation),
        workload: workload.map { .init(kind: $0.kind == .deployment ? .deployment : .statefulSet, name: $0.name) })
    }
  }

  private func owner(_ place: OpenZitiPlace) -> OpenZitiDestinationConfiguration.Owner {
    .init(
      user: place.runAsUser.flatMap { UInt32(exactly: $0) }, group: place.runAsGroup.flatMap { UInt32(exactly: $0) },
      mode: place.fileMode)
  }

  /// A login that somebody named has to be there, but where the same restore may bring its Secret back; the one of a release
  /// is used where it is.
  private func proof(_ place: OpenZitiPlace, field: String) throws -> OpenZitiDestinationConfiguration.Proof {
    guard let api = place.managementAPI else {
      return .init(endpoint: nil, isRequired: false, reason: "openZiti.managementAPI is not set")
    }
    do {
      return .init(endpoint: try endpoint(api, field: field), isRequired: place.needsProof)
    } catch let failure as RunFailure
      where !place.needsProof || failure.reason == .secretNotFound && restoresObjects
    {
      return .init(endpoint: nil, isRequired: false, reason: failure.message)
    }
  }
}
