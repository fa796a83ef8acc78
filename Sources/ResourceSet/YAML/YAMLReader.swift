internal import Foundation
internal import KubernetesModel
internal import NIOCore
internal import Yams

/// Reads one YAML document as a JSON value: the other way of ``YAMLWriter``, and what people make of its files by hand.
enum YAMLReader {
  /// - Throws: ``ResourceSetError`` with `invalidMember`.
  static func value(_ bytes: ByteBuffer, member: String) throws -> JSONValue {
    guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
      throw ResourceSetError(.invalidMember, "it is not UTF-8", member: member)
    }
    do {
      guard let node = try Yams.compose(yaml: text) else { return .null }
      return try value(node, depth: 0)
    } catch let error as ResourceSetError {
      throw ResourceSetError(error.code, error.message, member: member)
    } catch {
      throw ResourceSetError(.invalidMember, "it is not YAML: \(error)", member: member)
    }
  }

  private static func value(_ node: Node, depth: Int) throws -> JSONValue {
    guard depth < 512 else { throw ResourceSetError(.invalidMember, "it is nested more than 512 deep") }
    switch node {
    case .scalar(let scalar): return self.scalar(scalar)
    case .sequence(let items): return .array(try items.map { try value($0, depth: depth + 1) })
    case .mapping(let members):
      var object: [String: JSONValue] = [:]
      for (key, member) in members {
        guard case .scalar(let name) = key else {
          throw ResourceSetError(.invalidMember, "a key is not text")
        }
        object[name.string] = try value(member, depth: depth + 1)
      }
      return .object(object)
    case .alias: throw ResourceSetError(.invalidMember, "it holds an alias")
    }
  }

  /// Only what is bare can be something else than text; the JSON schema of YAML 1.2 decides.
  private static func scalar(_ scalar: Node.Scalar) -> JSONValue {
    guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
    switch scalar.string {
    case "null", "~", "": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    default: break
    }
    guard let first = scalar.string.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
      return .string(scalar.string)
    }
    if let integer = Int64(scalar.string) { return .integer(integer) }
    if let number = Double(scalar.string), number.isFinite { return .number(number) }
    return .string(scalar.string)
  }
}
