internal import Foundation
internal import KubernetesModel
internal import NIOCore
internal import Yams

/// Reads one YAML document as a JSON value: the other way of ``YAMLWriter``, and what people make of its files by hand.
struct YAMLReader {
  /// - Throws: ``ResourceSetError`` with `invalidMember`.
  static func value(_ bytes: ByteBuffer, member: String) throws -> JSONValue {
    guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
      throw ResourceSetError(.invalidMember, "it is not UTF-8", member: member)
    }
    do {
      guard let node = try Yams.compose(yaml: text) else { return .null }
      var reader = YAMLReader(text)
      return try reader.value(node, depth: 0)
    } catch let error as ResourceSetError {
      throw ResourceSetError(error.code, error.message, member: member)
    } catch {
      // The parser's error quotes the line, which may be a Secret's.
      throw ResourceSetError(.invalidMember, "it is not YAML that can be read", member: member)
    }
  }

  /// Empty where no text of the document can begin with a byte order mark.
  private let lines: [Substring]
  /// Every value takes up a byte of text. Aliases, which we never write, let a few lines stand for gigabytes of values.
  private var budget: Int

  private init(_ text: String) {
    lines = text.contains("\\ufeff") ? text.split(separator: "\n", omittingEmptySubsequences: false) : []
    budget = text.utf8.count + 16
  }

  private mutating func value(_ node: Node, depth: Int) throws -> JSONValue {
    guard depth < 512 else { throw ResourceSetError(.invalidMember, "it is nested more than 512 deep") }
    budget -= 1
    guard budget >= 0 else { throw ResourceSetError(.invalidMember, "its aliases stand for more than it has room for") }
    switch node {
    case .scalar(let scalar): return self.scalar(scalar)
    case .sequence(let items):
      var array: [JSONValue] = []
      for item in items { array.append(try value(item, depth: depth + 1)) }
      return .array(array)
    case .mapping(let members):
      var object: [String: JSONValue] = [:]
      for (key, member) in members {
        guard case .scalar(let name) = key else {
          throw ResourceSetError(.invalidMember, "a key is not text")
        }
        object[text(name)] = try value(member, depth: depth + 1)
      }
      return .object(object)
    case .alias: throw ResourceSetError(.invalidMember, "it holds an alias")
    }
  }

  /// Only what is bare can be something else than text; the JSON schema of YAML 1.2 decides.
  private func scalar(_ scalar: Node.Scalar) -> JSONValue {
    guard scalar.style == .plain || scalar.style == .any else { return .string(text(scalar)) }
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

  /// The parser drops a byte order mark at the beginning of a text, which files in ConfigMaps can have; we write it as an
  /// escape, so that it is found where the text stands.
  private func text(_ scalar: Node.Scalar) -> String {
    guard !lines.isEmpty, let mark = scalar.mark, lines.indices.contains(mark.line - 1) else { return scalar.string }
    let begin = lines[mark.line - 1].unicodeScalars.dropFirst(mark.column - 1)
    return begin.starts(with: "\"\\ufeff".unicodeScalars) ? "\u{FEFF}" + scalar.string : scalar.string
  }
}
