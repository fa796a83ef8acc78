public import Foundation
internal import HoldfastAPI
internal import JobPlan
public import KubernetesClient
internal import KubernetesModel
import Synchronization

/// The API server that some sources read from: the pod's own, with the token among its mounts, or outside a cluster the
/// one of a kubeconfig. Connected to when it is first asked for, and closed once at the end.
public final class ClusterConnection: Sendable {
  private let mounts: Mounts
  private let environment: [String: String]
  private let kubeconfig: String?
  private let context: String?
  /// By the bytes that an answer may have; nil for the transport's own limit.
  private let transports = Mutex<[Int?: HTTPTransport]>([:])

  /// - Parameters:
  ///   - kubeconfig: A file in place of the environment's; nil for that, or the pod's own token.
  ///   - context: Of the kubeconfig, in place of its current one.
  public init(
    mounts: Mounts, environment: [String: String] = ProcessInfo.processInfo.environment, kubeconfig: String? = nil,
    context: String? = nil
  ) {
    self.mounts = mounts
    self.kubeconfig = kubeconfig
    self.context = context
    self.environment = environment
  }

  /// - Parameter answerLimit: Bytes of an answer, for callers that ask for less where one is larger.
  /// - Throws: ``RunFailure`` of step `prepare` where there is no API server to be found.
  public func client(answerLimit: Int? = nil) throws -> KubernetesClient {
    do {
      let configuration = try configuration()
      var limits = HTTPTransport.Limits()
      if let answerLimit { limits.bodySize = answerLimit }
      let http = try transports.withLock { [limits] transports in
        let http = try transports[answerLimit] ?? HTTPTransport(configuration: configuration, limits: limits)
        transports[answerLimit] = http
        return http
      }
      return KubernetesClient(
        transport: RetryingTransport(http), defaultNamespace: configuration.defaultNamespace)
    } catch {
      throw RunFailure(
        step: .prepare, reason: .invalidSpec,
        message: "this source reads an API server, and none is known: \(error)", cause: error)
    }
  }

  /// Closes the connections, where there are some.
  public func close() async {
    let open = transports.withLock { transports in
      let open = Array(transports.values)
      transports = [:]
      return open
    }
    for http in open { try? await http.shutdown() }  // The process ends, or its run has: nothing is to be saved.
  }

  private func configuration() throws -> ClientConfiguration {
    let folder = mounts.path(MountLayout.api)
    var configuration =
      kubeconfig == nil && context == nil && FileManager.default.fileExists(atPath: "\(folder)/token")
      ? try ClientConfiguration.inCluster(environment: environment, directory: folder)
      : try ClientConfiguration.load(kubeconfig: kubeconfig, context: context, environment: environment)
    configuration.userAgent = "holdfast-executor"
    return configuration
  }
}
