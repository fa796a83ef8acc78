import ArgumentParser
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

/// Runs the operator. Only wiring: what it does is in the target `Operator`.
struct OperatorCommand: AsyncParsableCommand {
  static let trustedNamespacesVariable = "HOLDFAST_TRUSTED_NAMESPACES"

  static let configuration = CommandConfiguration(
    commandName: "operator", abstract: "Run the operator in a cluster.",
    discussion: """
      In a pod it uses the pod's ServiceAccount; elsewhere --kubeconfig, KUBECONFIG or ~/.kube/config. It reads no \
      Secret. It serves /healthz, /readyz and /metrics.
      """)

  @Option(help: ArgumentHelp("A kubeconfig file.", valueName: "file"))
  var kubeconfig: String?

  @Option(help: ArgumentHelp("A context of the kubeconfig in place of its current one.", valueName: "name"))
  var context: String?

  @OptionGroup(title: "Executor pods") var executor: ExecutorOptions

  @Option(
    name: .customLong("namespace"),
    help: ArgumentHelp("Work in this namespace only; may be repeated. Default: all.", valueName: "name"))
  var namespaces: [String] = []

  @Option(
    name: .customLong("trusted-namespace"),
    help: ArgumentHelp(
      "Policies of this namespace may capture cluster-scoped objects and other namespaces; may be repeated. Also as a "
        + "comma-separated list in \(Self.trustedNamespacesVariable).", valueName: "name"))
  var trustedNamespaces: [String] = []

  @OptionGroup(title: "Leader election") var election: LeaderElectionOptions

  @Option(help: "Objects of one kind that are worked on at once.")
  var workers = 2

  @Option(help: "Backup objects of failed runs that are kept for each policy.")
  var failedBackupsLimit = 20

  @Option(
    help: ArgumentHelp(
      "Try each policy's target by a Job when it changes, once a day, and again where that failed.",
      valueName: "true|false"))
  var targetPreflight = true

  @Option(help: ArgumentHelp("The address for probes and metrics. Default: all.", valueName: "address"))
  var healthHost: String?

  @Option(help: "The port for probes and metrics; 0 picks a free one, which is logged.")
  var healthPort = 8080

  @OptionGroup(title: "Log") var log: LogOptions

  func validate() throws {
    guard executor.image(ProcessInfo.processInfo.environment) != nil else {
      throw ValidationError("no image for executor pods: give --executor-image or set \(ExecutorOptions.imageVariable)")
    }
    guard workers > 0, failedBackupsLimit > 0 else {
      throw ValidationError("--workers and --failed-backups-limit have to be at least 1")
    }
  }

  func run() async throws {
    let logger = log.logger("holdfast.operator")
    let metrics = PrometheusMetrics(help: OperatorMetrics.help)
    MetricsSystem.bootstrap(metrics)
    Gauge(label: "holdfast_build_info", dimensions: [("version", HoldfastVersion.current)]).record(1)
    do {
      let cluster = try ClientConfiguration.load(kubeconfig: kubeconfig, context: context)
      let http = try HTTPTransport(configuration: cluster)
      let client = KubernetesClient(
        transport: RetryingTransport(MetricsTransport(http)), defaultNamespace: cluster.defaultNamespace)
      do {
        try await serve(client, metrics, logger)
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

  private func trusted(_ environment: [String: String]) -> Set<String> {
    let listed = (environment[Self.trustedNamespacesVariable] ?? "").split(separator: ",")
    return Set(trustedNamespaces + listed.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty })
  }

  private func serve(_ client: KubernetesClient, _ metrics: PrometheusMetrics, _ logger: Logger) async throws {
    let identity = LeaderElector.Options.uniqueIdentity()
    let instance = ProcessInfo.processInfo.environment["POD_NAME"] ?? ProcessInfo.processInfo.hostName
    let configuration = OperatorConfiguration(
      executor: executor.defaults(ProcessInfo.processInfo.environment), namespaces: namespaces,
      trustedNamespaces: trusted(ProcessInfo.processInfo.environment),
      leaderElection: election.configuration(identity: identity, namespace: client.defaultNamespace),
      workers: workers, failedBackupsLimit: failedBackupsLimit, targetPreflight: targetPreflight)
    let holdfast = HoldfastOperator(client: client, configuration: configuration, instance: instance, logger: logger)
    let health = HealthServer(
      host: healthHost, port: healthPort, metrics: metrics, logger: logger, notReady: { holdfast.health.notReady })
    logger.notice(
      "The operator starts.",
      metadata: [
        "version": "\(HoldfastVersion.current)", "executor.image": "\(configuration.executor.image)",
        "namespaces": "\(namespaces.isEmpty ? "all" : namespaces.joined(separator: ","))",
        "namespaces.trusted": "\(configuration.trustedNamespaces.sorted().joined(separator: ","))",
      ])
    var group = ServiceGroupConfiguration(
      services: [
        .init(service: health),
        // Losing the lease ends the process, so that it starts anew as a follower.
        .init(service: holdfast, successTerminationBehavior: .gracefullyShutdownGroup),
      ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    group.maximumGracefulShutdownDuration = .seconds(25)
    try await ServiceGroup(configuration: group).run()
  }
}

struct ExecutorOptions: ParsableArguments {
  static let imageVariable = "HOLDFAST_EXECUTOR_IMAGE"

  @Option(
    help: ArgumentHelp(
      "The image of executor pods where a policy names none. Default: \(Self.imageVariable).", valueName: "image"))
  var executorImage: String?

  @Option(help: ArgumentHelp("Always, IfNotPresent or Never. Default: the API server's.", valueName: "policy"))
  var executorImagePullPolicy: String?

  @Option(
    name: .customLong("executor-image-pull-secret"),
    help: ArgumentHelp("A pull Secret in the policies' namespaces; may be repeated.", valueName: "name"))
  var executorImagePullSecrets: [String] = []

  @Option(help: "The group that owns volumes of filesystem targets; 0 leaves it to the platform (OpenShift).")
  var executorFsGroup: Int64 = 65_532

  func image(_ environment: [String: String]) -> String? {
    [executorImage, environment[Self.imageVariable]].compactMap(\.self).first { !$0.isEmpty }
  }

  func defaults(_ environment: [String: String]) -> ExecutorDefaults {
    ExecutorDefaults(
      image: image(environment) ?? "", imagePullPolicy: executorImagePullPolicy,
      imagePullSecrets: executorImagePullSecrets, fileSystemGroup: executorFsGroup == 0 ? nil : executorFsGroup)
  }
}

struct LeaderElectionOptions: ParsableArguments {
  @Flag(help: "Work only while holding a Lease; needed where more than one replica runs.")
  var leaderElect = false

  @Option(help: ArgumentHelp("Where the Lease is. Default: the operator's own namespace.", valueName: "name"))
  var leaderElectNamespace: String?

  @Option(help: ArgumentHelp("The Lease.", valueName: "name"))
  var leaderElectName = "holdfast-operator"

  func configuration(identity: String, namespace: String) -> OperatorConfiguration.LeaderElection? {
    guard leaderElect else { return nil }
    return OperatorConfiguration.LeaderElection(
      namespace: leaderElectNamespace ?? namespace, leaseName: leaderElectName, identity: identity)
  }
}
