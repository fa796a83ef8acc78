import ArgumentParser
import Foundation
import KubernetesClient
import KubernetesModel

/// One command at work: an API server, a namespace and a terminal.
struct Session: Sendable {
  let client: KubernetesClient
  let namespace: String
  let server: String
  let console: Console
  /// This moment.
  var now: @Sendable () -> Date = { Date() }

  /// ` -n NAMESPACE`, for commands that messages name.
  var flag: String { " -n \(namespace)" }
}

/// The program's own version, set where the program starts.
enum PluginVersion {
  @TaskLocal static var current = "unknown"
}

/// The global flags, called as kubectl calls them.
struct ClusterOptions: ParsableArguments {
  @Option(
    name: [.customShort("n", allowingJoined: true), .long],
    help: "The namespace. Default: the context's, or the pod's own.")
  var namespace: String?

  @Option(help: "The kubeconfig's context to use.")
  var context: String?

  @Option(help: "The kubeconfig file. Default: KUBECONFIG, a pod's own account, ~/.kube/config.")
  var kubeconfig: String?

  /// - Throws: `KubernetesError` with `configuration`.
  func configuration(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> ClientConfiguration {
    var file = kubeconfig
    // A context is a thing of kubeconfig files, also where a pod's own account would come first.
    if context != nil, file == nil, (environment["KUBECONFIG"] ?? "").isEmpty, let home = environment["HOME"] {
      file = "\(home)/.kube/config"
    }
    var configuration = try ClientConfiguration.load(
      kubeconfig: file, context: context, environment: environment, allowsExecPlugin: true)
    configuration.userAgent = "kubectl-holdfast/\(PluginVersion.current)"
    if let namespace { configuration.defaultNamespace = namespace }
    return configuration
  }

  /// Runs a command's body with a connection; says what went wrong, with what to do.
  ///
  /// - Throws: `ExitCode` where the exit is not ``CommandExit/done``.
  func run(_ body: (Session) async throws -> CommandExit) async throws {
    let console = Console.standard()
    var server: String?
    var exit = CommandExit.failed
    do {
      var configuration = try configuration()
      server = configuration.server
      var keepFresh: (@Sendable () async -> Void)?
      if let plugin = configuration.execPlugin {
        keepFresh = try await CredentialPlugin(plugin: plugin).prepare(&configuration)
      }
      exit = try await connected(configuration, keepFresh, console, body)
    } catch let code as ExitCode {
      throw code
    } catch {
      let failure = PluginFailure(error, server: server)
      failure.show(on: console)
      exit = failure.exit
    }
    if exit != .done { throw exit.code }
  }
}

extension ClusterOptions {
  private func connected(
    _ configuration: ClientConfiguration, _ keepFresh: (@Sendable () async -> Void)?, _ console: Console,
    _ body: (Session) async throws -> CommandExit
  ) async throws -> CommandExit {
    try await withThrowingTaskGroup(of: Void.self) { group in
      if let keepFresh { group.addTask { await keepFresh() } }
      defer { group.cancelAll() }
      return try await KubernetesClient.withClient(
        configuration: configuration, retry: RetryPolicy(maxAttempts: 4, deadline: .seconds(15))
      ) { client in
        try await body(
          Session(
            client: client, namespace: configuration.defaultNamespace, server: configuration.server, console: console))
      }
    }
  }
}

extension PluginFailure {
  func show(on console: Console) {
    for (index, line) in lines.enumerated() { console.note(line, index == 0 ? .bad : .plain) }
  }
}
