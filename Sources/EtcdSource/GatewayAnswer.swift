import Foundation
import NIOCore
import SnapshotSource

/// The gateway's messages; members that a version does not send are nil.
enum GatewayAnswer {
  /// A 64-bit number, which protobuf's JSON writes as text.
  struct Number: Decodable {
    var value: UInt64

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(UInt64.self) {
        value = number
        return
      }
      let text = try container.decode(String.self)
      guard let number = UInt64(text) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no number")
      }
      value = number
    }
  }

  struct Header: Decodable {
    var clusterID: Number
    var memberID: Number
    var revision: Number?

    enum CodingKeys: String, CodingKey {
      case revision
      case clusterID = "cluster_id"
      case memberID = "member_id"
    }
  }

  struct Status: Decodable {
    var header: Header
    var version: String?
    var dbSize: Number?
    var leader: Number?
    var raftIndex: Number?
    var raftTerm: Number?
    var raftAppliedIndex: Number?
    var isLearner: Bool?
    var errors: [String]?
  }

  struct Hash: Decodable {
    var header: Header
    var hash: UInt32
  }

  struct Failure: Decodable {
    var code: Int?
    var message: String?

    enum CodingKeys: String, CodingKey { case code, message, error, grpcCode = "grpc_code" }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      code =
        try container.decodeIfPresent(Int.self, forKey: .code)
        ?? container.decodeIfPresent(Int.self, forKey: .grpcCode)
      message =
        try container.decodeIfPresent(String.self, forKey: .message)
        ?? container.decodeIfPresent(String.self, forKey: .error)
    }
  }

  /// A line of the stream.
  struct Piece: Decodable {
    struct Result: Decodable {
      var remaining: Number?
      var blob: Data?

      enum CodingKeys: String, CodingKey {
        case blob
        case remaining = "remaining_bytes"
      }
    }
    var result: Result?
    var error: Failure?
  }
}

/// Cuts a stream into lines of JSON, with a limit for each.
struct JSONLines {
  /// etcd sends 32 KiB of the database in a message, in base64.
  private static let limit = 8 << 20

  let operation: String
  private var rest = Data()

  init(operation: String) { self.operation = operation }

  mutating func split(_ bytes: ByteBuffer) throws -> [Data] {
    rest.append(contentsOf: bytes.readableBytesView)
    var lines: [Data] = []
    var start = rest.startIndex
    while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
      if end > start { lines.append(Data(rest[start..<end])) }
      start = rest.index(after: end)
    }
    rest = Data(rest[start...])
    guard rest.count <= Self.limit else {
      throw SnapshotSourceError(.corrupt, operation: operation, message: "a line of the stream is too long")
    }
    return lines
  }

  func finish() throws {
    guard rest.isEmpty else {
      throw SnapshotSourceError(.truncated, operation: operation, message: "the stream ended inside a message")
    }
  }
}
