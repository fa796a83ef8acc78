import Foundation
import KubernetesModel
import NIOCore
import Yams

/// Reads the body of a request as a value.
enum RequestBodyParser {
  /// - Parameter mediaType: Nil counts as JSON.
  /// - Throws: `UnsupportedMediaType` for other formats, `BadRequest` for text that is none.
  static func parse(
    _ buffer: ByteBuffer, mediaType: MediaType?
  ) throws(APIError) -> (value: JSONValue, duplicates: [String]) {
    switch mediaType?.name ?? "application/json" {
    case "application/json", "application/json-patch+json", "application/merge-patch+json",
      "application/strategic-merge-patch+json", "application/x-www-form-urlencoded", "*/*":
      do throws(JSONReader.SyntaxError) {
        return try JSONReader.parse(buffer.readableBytesView)
      } catch {
        throw .badRequest("error decoding the request body: \(error.message)")
      }
    case ProtobufDecoder.mediaType: return (try ProtobufDecoder.decode(Array(buffer.readableBytesView)), [])
    case "application/yaml", "application/apply-patch+yaml":
      if let json = try? JSONReader.parse(buffer.readableBytesView) { return json }
      return (try yaml(String(buffer: buffer)), [])
    case let name:
      throw APIError(
        code: 415, reason: .unsupportedMediaType,
        message: "the body of the request was in an unknown format (\(name)) - accepted media types include: "
          + "application/json, application/yaml, application/vnd.kubernetes.protobuf")
    }
  }

  private static func yaml(_ text: String) throws(APIError) -> JSONValue {
    do {
      guard let node = try Yams.compose(yaml: text) else { throw APIError.badRequest("the request body is empty") }
      return try value(node)
    } catch {
      throw error as? APIError ?? .badRequest("error converting YAML to JSON: \(error)")
    }
  }

  private static func value(_ node: Node) throws -> JSONValue {
    switch node {
    case .mapping(let mapping):
      var members: [String: JSONValue] = [:]
      for (key, member) in mapping { members[key.string ?? ""] = try value(member) }
      return .object(members)
    case .sequence(let sequence): return .array(try sequence.map(value))
    case .scalar(let scalar):
      if scalar.style == .singleQuoted || scalar.style == .doubleQuoted { return .string(scalar.string) }
      if node.null != nil { return .null }
      if let flag = node.bool, ["true", "false"].contains(scalar.string.lowercased()) { return .bool(flag) }
      if let integer = node.int { return .integer(Int64(integer)) }
      if let number = node.float, number.isFinite { return .number(number) }
      return .string(scalar.string)
    case .alias: throw APIError.badRequest("YAML aliases are not supported")
    }
  }
}
