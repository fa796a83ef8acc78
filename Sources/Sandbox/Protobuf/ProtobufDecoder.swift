import Foundation
import KubernetesModel

/// Turns an API object in Kubernetes' protobuf form into JSON: four magic bytes, a `runtime.Unknown` with the type, and
/// the object in it (https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding).
enum ProtobufDecoder {
  static let mediaType = "application/vnd.kubernetes.protobuf"
  private static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]
  /// Far above any API type; hostile input must not overflow the stack.
  private static let maximumDepth = 64

  static func decode(_ bytes: [UInt8]) throws(APIError) -> JSONValue {
    guard bytes.starts(with: magic) else {
      throw .badRequest("error decoding the request body: it does not begin with the protobuf magic 'k8s\\0'")
    }
    do throws(ProtobufReader.FormatError) {
      return try object(bytes[magic.count...])
    } catch {
      throw .badRequest("error decoding the protobuf request body: \(error.message)")
    }
  }

  private static func object(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.FormatError) -> JSONValue {
    var reader = ProtobufReader(bytes)
    var apiVersion = ""
    var kind = ""
    var raw = ArraySlice<UInt8>()
    while let (number, value) = try reader.next() {
      guard case .bytes(let content) = value else { continue }
      switch number {
      case 1:
        var type = ProtobufReader(content)
        while let (member, text) = try type.next() {
          guard case .bytes(let name) = text else { continue }
          if member == 1 { apiVersion = String(decoding: name, as: UTF8.self) }
          if member == 2 { kind = String(decoding: name, as: UTF8.self) }
        }
      case 2: raw = content
      default: break
      }
    }
    guard ProtobufSchema.shared.messages[kind] != nil else {
      throw ProtobufReader.FormatError(message: "the sandbox reads no protobuf of kind '\(kind)'; send JSON")
    }
    var members = try message(raw, kind, depth: 0)
    members["apiVersion"] = .string(apiVersion)
    members["kind"] = .string(kind)
    return .object(members)
  }

  private static func message(_ bytes: ArraySlice<UInt8>, _ type: String, depth: Int) throws(ProtobufReader.FormatError)
    -> [String: JSONValue]
  {
    guard depth < maximumDepth else { throw ProtobufReader.FormatError(message: "nested too deeply") }
    let fields = ProtobufSchema.shared.messages[type] ?? [:]
    var members: [String: JSONValue] = [:]
    var reader = ProtobufReader(bytes)
    while let (number, value) = try reader.next() {
      guard let field = fields[number] else { continue }
      switch field.shape {
      case .single:
        members[field.name] = try single(value, field, depth: depth)
      case .list:
        // An empty string is an item of a list, while as a member it stands for nothing.
        let item = try single(value, field, depth: depth) ?? .string("")
        members[field.name] = .array((members[field.name]?.arrayValue ?? []) + [item])
      case .map:
        guard case .bytes(let entry) = value else { continue }
        let (key, content) = try mapEntry(entry, field, depth: depth)
        members[field.name, default: .object([:])][key] = content
      case .inline:
        guard case .bytes(let content) = value else { continue }
        members.merge(try message(content, field.message, depth: depth + 1)) { _, new in new }
      }
    }
    return members
  }

  private static func mapEntry(
    _ bytes: ArraySlice<UInt8>, _ field: ProtobufSchema.Field, depth: Int
  ) throws(ProtobufReader.FormatError) -> (String, JSONValue) {
    var reader = ProtobufReader(bytes)
    var key = ""
    var content: JSONValue?
    while let (number, value) = try reader.next() {
      if number == 1, case .bytes(let name) = value { key = String(decoding: name, as: UTF8.self) }
      if number == 2 { content = try single(value, field, depth: depth) }
    }
    return (key, content ?? .string(""))
  }

  /// - Returns: nil for a zero value that JSON leaves out: Go writes members of a struct that are not set as such.
  private static func single(
    _ value: ProtobufReader.Value, _ field: ProtobufSchema.Field, depth: Int
  ) throws(ProtobufReader.FormatError) -> JSONValue? {
    switch (field.type, value) {
    case ("s", .bytes(let bytes)): return bytes.isEmpty ? nil : .string(String(decoding: bytes, as: UTF8.self))
    case ("y", .bytes(let bytes)): return .string(Data(bytes).base64EncodedString())
    case ("b", .varint(let number)): return .bool(number != 0)
    case ("i", .varint(let number)):
      let isZeroUnset = ["hostPort", "generation", "observedGeneration"].contains(field.name)
      return number == 0 && isZeroUnset ? nil : .integer(Int64(bitPattern: number))
    case ("d", .fixed64(let bits)): return .number(Double(bitPattern: bits))
    case ("t", .bytes(let bytes)): return try time(bytes)
    case ("q", .bytes(let bytes)): return try quantity(bytes)
    case ("x", .bytes(let bytes)): return try intOrString(bytes)
    case ("r", .bytes(let bytes)): return try raw(bytes)
    case ("m", .bytes(let bytes)): return .object(try message(bytes, field.message, depth: depth + 1))
    default: throw ProtobufReader.FormatError(message: "field \(field.name) has another wire type")
    }
  }

  private static func time(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.FormatError) -> JSONValue? {
    var reader = ProtobufReader(bytes)
    var date: Double?
    while let (number, value) = try reader.next() {
      guard case .varint(let part) = value else { continue }
      if number == 1 { date = (date ?? 0) + Double(Int64(bitPattern: part)) }
      if number == 2 { date = (date ?? 0) + Double(Int32(truncatingIfNeeded: part)) / 1e9 }
    }
    return date.map { .string(RFC3339.format(Date(timeIntervalSince1970: $0), fractionDigits: 0)) }
  }

  private static func quantity(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.FormatError) -> JSONValue? {
    var reader = ProtobufReader(bytes)
    while let (number, value) = try reader.next() {
      if number == 1, case .bytes(let text) = value { return .string(String(decoding: text, as: UTF8.self)) }
    }
    return .string("0")
  }

  private static func intOrString(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.FormatError) -> JSONValue? {
    var reader = ProtobufReader(bytes)
    var isString = false
    var number: Int64 = 0
    var text = ""
    while let (member, value) = try reader.next() {
      switch (member, value) {
      case (1, .varint(let type)): isString = type == 1
      case (2, .varint(let integer)): number = Int64(Int32(truncatingIfNeeded: integer))
      case (3, .bytes(let string)): text = String(decoding: string, as: UTF8.self)
      default: break
      }
    }
    return isString ? .string(text) : .integer(number)
  }

  private static func raw(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.FormatError) -> JSONValue? {
    var reader = ProtobufReader(bytes)
    while let (number, value) = try reader.next() {
      if number == 1, case .bytes(let json) = value { return try? JSONValue(parsing: Data(json)) }
    }
    return nil
  }
}
