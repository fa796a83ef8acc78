public import KubernetesClient
import KubernetesModel
import KubernetesRuntime
public import Logging
import Metrics
public import ServiceLifecycle

/// The operator as one service: informers, controllers and Events, behind leader election where it is configured.
///
/// Runs until graceful shutdown. Throws where it can no longer lead; the process should then end and be started again.
public struct HoldfastOperator: Service {
  public let health = OperatorHealth()
  private let client: KubernetesClient
  private let configuration: OperatorConfiguration
  private let instance: String
  private let logger: Logger

  /// - Parameter instance: Which process this is, for Events: the pod's name.
  public init(client: KubernetesClient, configuration: OperatorConfiguration, instance: String, logger: Logger) {
    self.client = client
    self.configuration = configuration
    self.instance = instance
    self.logger = logger
  }

  public func run() async throws {
    guard let election = configuration.leaderElection else { return try await work() }
    let options = LeaderElector.Options(
      lease: ObjectKey(namespace: election.namespace, name: election.leaseName), identity: election.identity)
    health.standBy()
    leading.record(0)
    try await LeaderElector(client, options: options, logger: logger) { try await work() }.run()
  }

  private var leading: Gauge { Gauge(label: "holdfast_operator_leading") }

  private func work() async throws {
    leading.record(1)
    defer { leading.record(0) }
    let events = EventRecorder(client, component: "holdfast-operator", instance: instance, logger: logger)
    var sinks: [any EventSink & Service] = [events]
    if let notifications = configuration.notifications { sinks.append(notifier(notifications)) }
    let context = OperatorContext(
      client: client, configuration: configuration, events: EventSinks(sinks: sinks), logger: logger)
    let controllers = Controllers(context)
    health.watch(controllers.informers)
    // Stopped in reverse order: first the controllers, then what they read, and last what they told.
    let services: [any Service] = sinks + controllers.informers.map(\.service) + controllers.controllers
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }, logger: logger))
    try await group.run()
  }

  private func notifier(_ notifications: OperatorConfiguration.Notifications) -> Notifier {
    let identity = ClusterIdentity(client)
    let options = Notifier.Options(
      urlFile: notifications.urlFile, format: notifications.format,
      reasons: NotificationReasons(notifications.reasons))
    // Which cluster it is helps; a notification does not wait for it.
    return Notifier(options, poster: HTTPWebhookPoster(), cluster: { try? await identity.value() }, logger: logger)
  }
}
