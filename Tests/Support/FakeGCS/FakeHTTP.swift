import Foundation
public import NIOCore
public import NIOHTTP1

/// A request as the fake sees it.
public struct FakeRequest: Sendable {
  public var method: String
  /// As sent, with the query.
  public var uri: String
  public var headers: HTTPHeaders
  public var body: ByteBuffer

  /// Decoded segments of the path.
  var path: [String] {
    uri.prefix { $0 != "?" }.split(separator: "/").map { String($0).removingPercentEncoding ?? String($0) }
  }

  var query: [String: String] { Self.form(String(uri.drop { $0 != "?" }.dropFirst()), plusIsSpace: false) }

  /// A body of `application/x-www-form-urlencoded`.
  var form: [String: String] { Self.form(String(buffer: body), plusIsSpace: true) }

  /// The body as an object, empty where it is none.
  var json: [String: Any] { Self.object(Data(body.readableBytesView)) }

  static func object(_ data: Data) -> [String: Any] {
    (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
  }

  private static func form(_ text: String, plusIsSpace: Bool) -> [String: String] {
    var items: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
        (plusIsSpace ? String($0).replacingOccurrences(of: "+", with: " ") : String($0)).removingPercentEncoding ?? ""
      }
      items[sides[0]] = sides.count > 1 ? sides[1] : ""
    }
    return items
  }
}

/// What the fake says.
public struct FakeAnswer: Sendable {
  public var status: Int
  public var headers: HTTPHeaders = [:]
  public var body = ByteBuffer()

  public init(_ status: Int, headers: HTTPHeaders = [:], body: ByteBuffer = ByteBuffer()) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  static func json(_ object: [String: Any], status: Int = 200, headers: HTTPHeaders = [:]) -> FakeAnswer {
    let data = (try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])) ?? Data()
    var headers = headers
    headers.replaceOrAdd(name: "content-type", value: "application/json; charset=UTF-8")
    return FakeAnswer(status, headers: headers, body: ByteBuffer(bytes: data))
  }

  /// https://cloud.google.com/storage/docs/json_api/v1/status-codes
  static func error(_ status: Int, _ reason: String, _ message: String) -> FakeAnswer {
    let item: [String: Any] = ["domain": "global", "reason": reason, "message": message]
    return json(["error": ["code": status, "message": message, "errors": [item]] as [String: Any]], status: status)
  }

  /// https://www.rfc-editor.org/rfc/rfc6749#section-5.2
  static func oauth(_ error: String, _ description: String, status: Int = 400) -> FakeAnswer {
    json(["error": error, "error_description": description], status: status)
  }
}
