public import NIOCore
public import NIOHTTP1

/// A request as it goes out: signed, encoded.
public struct StoreHTTPRequest: Sendable {
  public var method: String
  /// Encoded.
  public var url: String
  public var headers: [(name: String, value: String)]
  /// nil for none; a method that has a body by nature (PUT, POST) then sends an empty one.
  public var body: ByteBuffer?
  /// What is being done, for messages: `PUT s3://bucket/key`.
  public var operation: String

  public init(
    method: String, url: String, headers: [(name: String, value: String)] = [], body: ByteBuffer? = nil,
    operation: String
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.operation = operation
  }
}

/// A whole answer.
public struct StoreHTTPAnswer: Sendable {
  public var status: Int
  public var headers: HTTPHeaders
  public var body: ByteBuffer

  public init(status: Int, headers: HTTPHeaders, body: ByteBuffer) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  public var isSuccess: Bool { (200...299).contains(status) }
}
