import ArgumentParser
import Executor
import Foundation
import HealthServer
import JobPlan
import KubernetesClient
import KubernetesRuntime
import Logging
import Metrics
import Operator
import ServiceLifecycle
import UnixSignals

/// Runs the operator. Only wiring: what it does is in the target `Operator`, and so is what it can be told.
struct OperatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "operator", abstract: "Run the operator in a cluster.",
    discussion: """
      In a pod it uses the pod's ServiceAccount; elsewhere --kubeconfig, KUBECONFIG or ~/.kube/config. It reads no \
      Secret. It serves /healthz, /readyz and /metrics.

      Everything can be said by a flag, by the environment variable in brackets, or in a YAML file (--config or \
      \(OperatorSettings.fileVariable)) under the key that follows it; a flag goes before a variable, and that before the file. \
      A variable for a list is separated by commas.
      """)

  @Option(help: ArgumentHelp("A YAML file of settings. [\(OperatorSettings.fileVariable)]", valueName: "file"))
  var config: String?

  @OptionGroup(title: "Cluster") var cluster: ClusterOptions
  @OptionGroup(title: "Executor pods") var executor: ExecutorOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Leader election") var election: LeaderElectionOptions
  @OptionGroup(title: "Notifications") var notifications: NotificationOptions
  @OptionGroup(title: "Health, metrics, log") var service: ServiceOptions

  func validate() throws { _ = try settings() }

  /// - Throws: `ValidationError` with everything that is wrong.
  private func settings() throws -> OperatorSettings {
    let given = [
      cluster.given, executor.given, work.given, election.given, notifications.given, service.given,
    ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }
    do {
      return try OperatorSettings(
        flags: given.compactMapValues { $0.isEmpty ? nil : $0 }, environment: ProcessInfo.processInfo.environment,
        file: config)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() async throws {
    ProcessSetup.releaseStartPages()
    let settings = try settings()
    let logger = LogOptions.logger(
      "holdfast.operator", level: Logger.Level(rawValue: settings.text(.logLevel) ?? "") ?? .info,
      format: LogFormat(rawValue: settings.text(.logFormat) ?? "") ?? .text)
    let metrics = PrometheusMetrics(help: OperatorMetrics.help)
    MetricsSystem.bootstrap(metrics)
    Gauge(label: "holdfast_build_info", dimensions: [("version", HoldfastVersion.current)]).record(1)
    do {
      let cluster = try ClientConfiguration.load(
        kubeconfig: settings.text(.kubeconfig), context: settings.text(.context))
      let http = try HTTPTransport(configuration: cluster)
      let client = KubernetesClient(
        transport: RetryingTransport(MetricsTransport(http)), defaultNamespace: cluster.defaultNamespace)
      do {
        try await serve(client, settings, metrics, logger)
      } catch {
        try? await http.shutdown()  // The first error is the one that tells something.
        throw error
      }
      try await http.shutdown()
    } catch {
      logger.error("The operator ends.", metadata: ["error": "\(error)"])
      throw ExitCode.failure
    }
  }

  private func serve(
    _ client: KubernetesClient, _ settings: OperatorSettings, _ metrics: PrometheusMetrics, _ logger: Logger
  ) async throws {
    let instance = ProcessInfo.processInfo.environment["POD_NAME"] ?? ProcessInfo.processInfo.hostName
    let configuration = OperatorConfiguration(
      settings, ownNamespace: client.defaultNamespace, identity: LeaderElector.Options.uniqueIdentity())
    let holdfast = HoldfastOperator(client: client, configuration: configuration, instance: instance, logger: logger)
    let health = HealthServer(
      host: settings.text(.healthHost), port: Int(settings.number(.healthPort)), metrics: metrics, logger: logger,
      notReady: { holdfast.health.notReady })
    logger.notice(
      "The operator starts.",
      metadata: [
        "version": "\(HoldfastVersion.current)", "executor.image": "\(configuration.executor.image)",
        "namespaces": "\(configuration.namespaces.isEmpty ? "all" : configuration.namespaces.joined(separator: ","))",
        "namespaces.trusted": "\(configuration.trustedNamespaces.sorted().joined(separator: ","))",
        "notifications": "\(configuration.notifications == nil ? "off" : settings.text(.notificationsFormat) ?? "")",
      ])
    var group = ServiceGroupConfiguration(
      services: [
        .init(service: health),
        // Losing the lease ends the process, so that it starts anew as a follower.
        .init(service: holdfast, successTerminationBehavior: .gracefullyShutdownGroup),
        .init(service: StartPagesRelease(health: holdfast.health)),
      ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    group.maximumGracefulShutdownDuration = .seconds(25)
    try await ServiceGroup(configuration: group).run()
  }
}

/// Lets go of what the start has read of the program's file, once the start is over: a quarter of what the operator
/// would have in memory from then on.
private struct StartPagesRelease: Service {
  let health: OperatorHealth

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while health.notReady != nil { try await Task.sleep(for: .seconds(1)) }
      ProcessSetup.releaseStartPages()
    }
    try await gracefulShutdown()
  }
}
