import Foundation
import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle

/// Serves `/healthz`, `/readyz` and `/metrics` over plain HTTP. None of them says anything secret.
///
/// - `/healthz` is 200 as long as the process answers.
/// - `/readyz` is 200, or 503 with the reason why not.
/// - `/metrics` is Prometheus's text format 0.0.4, or OpenMetrics 1.0.0 for a client that would rather have that.
///
/// Stops on graceful shutdown, also where a client keeps its connection. Put it first in a `ServiceGroup`: groups stop
/// from the last to the first, and a probe should be answered until the end.
public struct HealthServer: Service {
  /// Seconds until a connection on which nothing happens is closed; longer than usual between two scrapes.
  private static let idleSeconds: Int64 = 90

  private let host: String?
  private let port: Int
  private let metrics: PrometheusMetrics
  private let notReady: @Sendable () async -> String?
  private let onBound: @Sendable (Int) async -> Void
  private let logger: Logger

  /// - Parameters:
  ///   - host: The address to listen on; nil for every address, IPv6 and IPv4.
  ///   - port: 0 picks a free one; the log tells which.
  ///   - metrics: Those that `MetricsSystem` was bootstrapped with.
  ///   - notReady: Why the process is not ready; nil where it is.
  ///   - onBound: Called once with the port when the server accepts connections.
  public init(
    host: String? = nil, port: Int, metrics: PrometheusMetrics, logger: Logger,
    notReady: @escaping @Sendable () async -> String?, onBound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) {
    self.host = host
    self.port = port
    self.metrics = metrics
    self.logger = logger
    self.notReady = notReady
    self.onBound = onBound
  }

  /// - Throws: ``HealthServerError`` where the address cannot be bound.
  public func run() async throws {
    let address = host ?? Self.everyAddress
    // Hummingbird tells of its start and of each connection; only this server's own line is of use.
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let application = Application(
      router: router, server: .http1(configuration: .init(idleTimeout: .seconds(Self.idleSeconds))),
      configuration: ApplicationConfiguration(address: .hostname(address, port: port)),
      onServerRunning: { [logger, onBound] channel in
        let bound = channel.localAddress?.port ?? 0
        logger.info(
          "Health and metrics are served.", metadata: ["http.host": "\(address)", "http.port": "\(bound)"])
        await onBound(bound)
      }, logger: quiet)
    do {
      try await application.run()
    } catch let error as IOError {
      throw HealthServerError(
        code: .addressUnavailable,
        message: "cannot serve health and metrics on \(address) port \(port): "
          + "\(String(cString: strerror(error.errnoCode))); choose another port",
        cause: error)
    }
  }

  private var router: Router<BasicRequestContext> {
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.get("healthz") { _, _ in Self.answer("ok\n") }
    router.get("readyz") { [notReady] _, _ in
      guard let reason = await notReady() else { return Self.answer("ok\n") }
      return Self.answer("not ready: \(reason)\n", status: .serviceUnavailable)
    }
    router.get("metrics") { [metrics] request, _ in
      let format = MetricsFormat.wanted(accept: request.headers[values: .accept])
      return Self.answer(Self.scrape(metrics, format), type: format.contentType)
    }
    return router
  }

  /// Family by family: of a thousand policies a scrape is 2 MB.
  private static func scrape(_ metrics: PrometheusMetrics, _ format: MetricsFormat) -> ResponseBody {
    ResponseBody { body in
      var writer = MetricsTextWriter(format: format)
      ProcessMetrics.read()?.write(to: &writer)
      for family in metrics.familyNames {
        metrics.write(family, to: &writer)
        try await body.write(ByteBuffer(string: writer.takeText()))
      }
      writer.finish()
      try await body.write(ByteBuffer(string: writer.takeText()))
      try await body.finish(nil)
    }
  }

  private static func answer(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    answer(ResponseBody(byteBuffer: ByteBuffer(string: text)), status: status, type: "text/plain; charset=utf-8")
  }

  private static func answer(_ body: ResponseBody, status: HTTPResponse.Status = .ok, type: String) -> Response {
    Response(status: status, headers: [.contentType: type, .cacheControl: "no-store"], body: body)
  }

  /// A socket for IPv6's any-address takes IPv4 too; a kernel without IPv6 has no such file, or an empty one.
  private static var everyAddress: String {
    let addresses = (try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8)) ?? ""
    return addresses.isEmpty ? "0.0.0.0" : "::"
  }
}

/// Why the server does not run.
public struct HealthServerError: Error, CustomStringConvertible {
  public struct Code: Sendable, Hashable {
    private let name: String
    /// Another process has the port, or the address is not one of this machine: configure another one.
    public static let addressUnavailable = Code(name: "addressUnavailable")
  }

  public let code: Code
  public let message: String
  public let cause: (any Error)?

  public var description: String { message }
}
