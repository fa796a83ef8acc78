import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Posts to a webhook.
protocol WebhookPoster: Sendable {
  /// - Returns: The HTTP status of the answer.
  func post(_ body: [UInt8], contentType: String, to url: String) async throws -> Int
  func close() async throws
}

/// Over HTTP; redirects are not followed, since they would take the message somewhere else.
struct HTTPWebhookPoster: WebhookPoster {
  private let client: HTTPClient

  init() {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.timeout = .init(connect: .seconds(5), read: .seconds(10))
    client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
  }

  func post(_ body: [UInt8], contentType: String, to url: String) async throws -> Int {
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: contentType)
    request.headers.add(name: "User-Agent", value: "holdfast")
    request.body = .bytes(body)
    let response = try await client.execute(request, timeout: .seconds(10))
    // Read to the end, within reason, so that the connection can be used again.
    _ = try? await response.body.collect(upTo: 65_536)
    return Int(response.status.code)
  }

  func close() async throws { try await client.shutdown() }
}

enum WebhookURL {
  /// - Throws: ``WebhookProblem``, which does not hold the URL.
  static func read(_ file: String) throws -> String {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw WebhookProblem("the file \(file) cannot be read; mount the Secret that holds the webhook's URL")
    }
    let url = text.trimmingCharacters(in: .whitespacesAndNewlines)
    let parts = URLComponents(string: url)
    guard ["http", "https"].contains(parts?.scheme ?? ""), !(parts?.host ?? "").isEmpty else {
      throw WebhookProblem("the file \(file) holds no http or https URL")
    }
    return url
  }
}

/// Why a notification was not delivered. Its text never holds the URL.
struct WebhookProblem: Error, CustomStringConvertible {
  let description: String
  let isWorthARetry: Bool

  init(_ description: String, isWorthARetry: Bool = true) {
    self.description = description
    self.isWorthARetry = isWorthARetry
  }

  /// A receiver that does not want it will not want it in a second either.
  init(status: Int) {
    self.init(
      "the receiver answered \(status)", isWorthARetry: status >= 500 || status == 408 || status == 429)
  }

  init(_ error: any Error) {
    // Errors of clients can quote addresses: only their kind is told.
    let kind =
      switch error {
      case let error as HTTPClientError: error.shortDescription
      case let error as IOError: "input/output error \(error.errnoCode)"
      default: "\(type(of: error))"
      }
    self.init("the receiver could not be reached: \(kind)")
  }
}
