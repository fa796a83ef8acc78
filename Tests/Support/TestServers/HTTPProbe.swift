import AsyncHTTPClient
public import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// One plain HTTP exchange with a test server.
public struct HTTPProbe: Sendable {
  public struct Answer: Sendable {
    public var status: Int
    public var body: Data
    public var text: String { String(decoding: body, as: UTF8.self) }
  }

  public static func send(
    _ method: String, _ url: String, headers: [String: String] = [:], body: Data? = nil,
    timeout: Duration = .seconds(20)
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: url)
    request.method = HTTPMethod(rawValue: method)
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body { request.body = .bytes(ByteBuffer(data: body)) }
    let response = try await HTTPClient.shared.execute(request, timeout: TimeAmount(timeout))
    let content = try await response.body.collect(upTo: 64 << 20)
    return Answer(status: Int(response.status.code), body: Data(buffer: content))
  }

  /// The status of a GET, nil where nothing answers.
  public static func status(_ url: String) async -> Int? {
    try? await send("GET", url, timeout: .seconds(2)).status
  }
}
