import Foundation
import HoldfastAPI
import JobPlan
import KubernetesClient
import KubernetesModel

/// cert-manager's controller, where a restore scaled it to zero: it does not stay there because the restore's Job died.
///
/// The executor puts it back itself, whatever happens to the restore; only one that is killed cannot. Then, or where it says
/// that it could not, a Job of its own does it, before the restore's rights are taken back. What was done stands on the
/// Deployment, so that the Job may run any number of times, and changes nothing where nothing is to be done.
extension RestoreReconciler {
  enum PutBack: Sendable, Hashable {
    case waiting
    /// With what a person should read; nil where nothing was to be done.
    case done(String?)
  }

  /// - Parameter phase: How the restore ended.
  func putBackControllers(
    of request: RestoreRequest, after phase: RestoreRequest.Phase
  ) async throws -> PutBack {
    let pauses = (request.spec.sources ?? []).contains { ($0.certManager ?? $0.resources)?.pausedController != nil }
    // A restore that says that it went well has put it back.
    guard pauses, phase != .completed, let claim = request.status?.claim else { return .done(nil) }
    let name = ObjectNames.unpauseJob(restoreJob: claim.job)
    do {
      guard let job = try await client.find(Job.self, name, in: request.metadata.namespace ?? "") else {
        let resolved = try await RestoreResolver(context: context).resolve(request)
        let objects = resolved.objects(
          for: request, in: context, clusterID: try await context.clusterID.value())
        try await client.create(try objects.unpauseJob())
        return .waiting
      }
      guard job.state.isFinished else { return .waiting }
      let observation = RunObservation(job: job, pods: try await client.pods(of: job))
      if job.state == .complete {
        let told = observation.results(of: .unpause).last?.warnings ?? []
        return .done(told.isEmpty ? nil : "afterwards " + told.joined(separator: "; "))
      }
      guard case .failed(let reason, let message) = job.state else { return .waiting }
      return .done(Self.byHand(request, observation.failure(of: .unpause, reason: reason, message: message).message))
    } catch let error as KubernetesError where error.code == .alreadyExists {
      return .waiting
    } catch let error as KubernetesError where [.forbidden, .invalid, .badRequest].contains(error.code) {
      return .done(Self.byHand(request, "\(error)"))
    } catch let stop as RestoreStop {
      return .done(Self.byHand(request, stop.failure.message))
    } catch let error as JobPlanError {
      return .done(Self.byHand(request, "\(error)"))
    }
  }

  private static func byHand(_ request: RestoreRequest, _ why: String) -> String {
    let places = (request.spec.sources ?? []).compactMap { ($0.certManager ?? $0.resources)?.pausedController }
    let commands = Set(
      places.map {
        "kubectl -n \($0.namespace) scale deployment "
          + "\($0.name ?? RestoreRequest.ObjectDestination.Controller.defaultName) --replicas=1"
      })
    return
      "cert-manager's controller may still be at zero, and could not be scaled back (\(why)); look at it, and run: "
      + commands.sorted().joined(separator: "; ")
  }

  /// A request that is deleted while its Job runs: its pods are told to stop, and put back what they have scaled while they
  /// still may.
  func isEnding(_ request: ObjectKey) async throws -> Bool {
    let pods = try await client.all(
      Pod.self, in: request.namespace ?? "", labels: [HoldfastAPI.restoreLabel: ObjectLabels.value(request.name)])
    return pods.contains { pod in
      guard ["Pending", "Running"].contains(pod.status?.phase ?? "Pending") else { return false }
      // The garbage collector has yet to come; or the pod was orphaned, and ends by itself.
      guard let told = pod.metadata.deletionTimestamp?.date else { return true }
      // One on a node that is gone never ends.
      return context.now().timeIntervalSince(told) < 60
    }
  }
}
