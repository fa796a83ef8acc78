import ArgumentParser
import Foundation
import Logging
import Sandbox
import ServiceLifecycle
import UnixSignals

@main
struct HoldfastSandbox: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "holdfast-sandbox",
    abstract: "A throw-away Kubernetes API server, for trying Holdfast and for its tests.",
    discussion: """
      It listens on 127.0.0.1 only, demands the token of the kubeconfig that it writes, and keeps everything in memory: a
      restart forgets it all. Pods run as local processes of your user, with no isolation. SIGTERM or SIGINT ends it and
      everything that it has started.
      """)

  @Option(help: "The port to listen on; 0 picks a free one.")
  var port = 0

  @Option(help: "Where to write a kubeconfig (mode 0600).")
  var kubeconfig: String

  @Option(help: "A directory for the volumes and logs of pods.")
  var dataDir: String

  @Option(
    name: .customLong("image"),
    help: "What stands for an image: NAME=COMMAND, the command split at spaces. Can be given several times.")
  var images: [String] = []

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel = "warning"

  func run() async throws {
    guard let level = Logger.Level(rawValue: logLevel) else {
      throw ValidationError(
        "'\(logLevel)' is not a log level; use trace, debug, info, notice, warning, error or critical")
    }
    var logger = Logger(label: "holdfast-sandbox", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = level
    let server = try SandboxServer(
      configuration: .init(
        port: port, kubeconfig: kubeconfig, dataDirectory: dataDir, images: try imageMap()), logger: logger
    ) { address in
      // Not by `print`, which keeps the line back where the output is a pipe.
      FileHandle.standardOutput.write(Data("holdfast-sandbox listens on \(address.url)\n".utf8))
    }
    try await ServiceGroup(
      configuration: .init(
        services: [.init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    ).run()
  }

  private func imageMap() throws -> ImageMap {
    var commands: [String: [String]] = [:]
    for text in images {
      guard let equals = text.firstIndex(of: "=") else {
        throw ValidationError("'\(text)' is not NAME=COMMAND")
      }
      let command = text[text.index(after: equals)...].split(separator: " ").map(String.init)
      guard !command.isEmpty, equals != text.startIndex else { throw ValidationError("'\(text)' is not NAME=COMMAND") }
      commands[String(text[..<equals])] = command
    }
    return ImageMap(commands)
  }
}
