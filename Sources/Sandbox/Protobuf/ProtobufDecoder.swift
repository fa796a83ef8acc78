import Foundation
import KubernetesModel

/// Reads `application/vnd.kubernetes.protobuf`, in which kubectl sends objects of built-in kinds
/// (https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding). Answers are JSON always.
enum ProtobufDecoder {
  static let mediaType = "application/vnd.kubernetes.protobuf"
  private static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

  /// - Throws: `BadRequest` where the bytes are no such object, `NotImplemented` for a kind or a field that the schema
  ///   tables lack.
  static func decode(_ bytes: [UInt8]) throws(APIError) -> JSONValue {
    guard bytes.starts(with: magic) else {
      throw .badRequest("provided data does not appear to be a protobuf message, expected prefix \(magic)")
    }
    do throws(any Error) {
      let envelope = try ProtobufMessage(bytes[4...])
      let type = try ProtobufMessage(envelope.bytes(1) ?? [])
      let (apiVersion, kind) = (type.text(1) ?? "", type.text(2) ?? "")
      guard let schema = BuiltInSchemas.shared.type(apiVersion: apiVersion, kind: kind) else {
        throw APIError.notImplemented("protobuf bodies of \(apiVersion) \(kind)")
      }
      var object = try message(envelope.bytes(2) ?? [], schema, kind)
      object["apiVersion"] = .string(apiVersion)
      object["kind"] = .string(kind)
      return object
    } catch {
      throw error as? APIError ?? .badRequest("the request body is no well-formed protobuf message")
    }
  }

  private static func message(_ bytes: ArraySlice<UInt8>, _ schema: Schema, _ path: String) throws(any Error)
    -> JSONValue
  {
    let message = try ProtobufMessage(bytes)
    var embedded: [Int: ProtobufMessage] = [:]
    var known: Set<Int> = []
    var members: [String: JSONValue] = [:]
    for (name, property) in schema.properties {
      guard let first = property.protobufPath.first, let last = property.protobufPath.last else { continue }
      known.insert(first)
      var source = message
      if property.protobufPath.count > 1 {
        guard let inner = message.bytes(first) else { continue }
        source = try embedded[first] ?? ProtobufMessage(inner)
        embedded[first] = source
        for number in property.protobufPath.dropFirst().dropLast() {
          source = try ProtobufMessage(source.bytes(number) ?? [])
        }
      }
      guard let values = source.fields[last], let value = try field(values, property, "\(path).\(name)") else {
        continue
      }
      members[name] = value
    }
    for (number, values) in message.fields where !known.contains(number) && values.contains(where: \.isSet) {
      throw APIError.notImplemented("field \(number) of \(path) in protobuf")
    }
    return .object(members)
  }

  /// - Returns: Nil for a zero value that Go's JSON would leave out.
  private static func field(
    _ values: [ProtobufMessage.Value], _ schema: Schema, _ path: String
  ) throws(any Error) -> JSONValue? {
    if schema.type == .array, let items = schema.items {
      var elements: [JSONValue] = []
      for value in values {
        if items.type == .integer, case .bytes(var packed) = value {
          while !packed.isEmpty { elements.append(.integer(Int64(bitPattern: try ProtobufMessage.varint(&packed)))) }
        } else {
          elements.append(try element(value, items, path))
        }
      }
      return .array(elements)
    }
    if let additional = schema.additionalProperties {
      var members: [String: JSONValue] = [:]
      for case .bytes(let bytes) in values {
        let entry = try ProtobufMessage(bytes)
        members[entry.text(1) ?? ""] = try entry[2].map { try element($0, additional, path) } ?? .string("")
      }
      return .object(members)
    }
    guard let last = values.last else { return nil }
    let value = try element(last, schema, path)
    return schema.isPointer || !value.isZero ? value : nil
  }

  private static func element(_ value: ProtobufMessage.Value, _ schema: Schema, _ path: String) throws(any Error)
    -> JSONValue
  {
    switch value {
    case .varint(let number):
      return schema.type == .boolean ? .bool(number != 0) : .integer(Int64(bitPattern: number))
    case .fixed64(let bits): return .number(Double(bitPattern: bits))
    case .fixed32(let bits): return .number(Double(Float(bitPattern: bits)))
    case .bytes(let bytes):
      if schema.isIntOrString {
        let message = try ProtobufMessage(bytes)
        return message.integer(1) == 1 ? .string(message.text(3) ?? "") : .integer(message.integer(2) ?? 0)
      }
      if schema.format == "quantity" { return .string(try ProtobufMessage(bytes).text(1) ?? "0") }
      if schema.format == "date-time" { return try time(bytes) }
      if schema.format == "byte" { return .string(Data(bytes).base64EncodedString()) }
      if schema.type == .string { return .string(String(decoding: bytes, as: UTF8.self)) }
      if schema.type == .object { return try message(bytes, schema, path) }
      return try raw(bytes, path)
    }
  }

  private static func time(_ bytes: ArraySlice<UInt8>) throws(any Error) -> JSONValue {
    let message = try ProtobufMessage(bytes)
    guard let seconds = message.integer(1) else { return "" }
    let nanoseconds = message.integer(2) ?? 0
    let date = Date(timeIntervalSince1970: Double(seconds) + Double(nanoseconds) / 1e9)
    return .string(RFC3339.format(date, fractionDigits: nanoseconds == 0 ? 0 : 6))
  }

  /// `FieldsV1` and `RawExtension` carry JSON; other types that the tables call `any` cannot be read.
  private static func raw(_ bytes: ArraySlice<UInt8>, _ path: String) throws(any Error) -> JSONValue {
    if bytes.isEmpty { return [:] }
    guard let text = try ProtobufMessage(bytes).bytes(1), let value = try? JSONReader.parse(text).value else {
      throw APIError.notImplemented("\(path) in protobuf")
    }
    return value
  }
}

extension ProtobufMessage.Value {
  /// Go writes fields that are no pointers even where they are zero.
  fileprivate var isSet: Bool {
    switch self {
    case .varint(let value): value != 0
    case .fixed64(let value): value != 0
    case .fixed32(let value): value != 0
    case .bytes(let bytes): !bytes.isEmpty
    }
  }
}

extension JSONValue {
  fileprivate var isZero: Bool {
    switch self {
    case .null, .bool(false), .integer(0), .string(""): true
    case .number(let value): value == 0
    case .array(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    default: false
    }
  }
}
