import Foundation
public import KubernetesModel

extension ValidationIssue {
  /// What a person has to change where JSON did not decode as a policy, Backup, RestoreRequest or plan.
  ///
  /// - Parameters:
  ///   - error: A `DecodingError`; any other error becomes an issue without a field.
  ///   - object: What was decoded, where it is at hand: Foundation does not say where a whole number was expected and a
  ///     fraction found, so it is looked up.
  public init(decodingError error: any Error, object: JSONValue? = nil) {
    guard let error = error as? DecodingError else {
      self.init(field: "", message: "cannot be read: \(error)")
      return
    }
    switch error {
    case .keyNotFound(let key, let context):
      self.init(field: Self.path(context.codingPath + [key]), message: "is required")
    case .valueNotFound(_, let context):
      self.init(field: Self.path(context.codingPath), message: "is null; give it a value or leave it out")
    case .typeMismatch(let type, let context):
      self.init(
        field: Self.path(context.codingPath),
        message: "has the wrong type; it must be \(Self.typeName(type, field: context.codingPath.last?.stringValue))")
    case .dataCorrupted(let context) where context.codingPath.isEmpty && object.flatMap(Self.fraction) != nil:
      self.init(field: object.flatMap(Self.fraction) ?? "", message: "must be a whole number within 64 bits")
    case .dataCorrupted(let context):
      self.init(field: Self.path(context.codingPath), message: Self.corruption(context))
    @unknown default:
      self.init(field: "", message: "cannot be read")
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce("") { path, key in
      if let index = key.intValue { return "\(path)[\(index)]" }
      return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
    }
  }

  /// The path of the first number that no 64-bit integer holds; none of our fields takes another.
  private static func fraction(in value: JSONValue) -> String? {
    switch value {
    case .number: return ""
    case .array(let items):
      for (index, item) in items.enumerated() {
        if let path = fraction(in: item) {
          return "[\(index)]" + (path.isEmpty || path.hasPrefix("[") ? path : ".\(path)")
        }
      }
    case .object(let members):
      for (key, member) in members.sorted(by: { $0.key < $1.key }) {
        if let path = fraction(in: member) { return key + (path.isEmpty || path.hasPrefix("[") ? path : ".\(path)") }
      }
    default: break
    }
    return nil
  }

  private static func typeName(_ type: any Any.Type, field: String?) -> String {
    if field == "partSize" { return "a number of bytes or a quantity such as 20Mi" }
    let name = String(describing: type)
    return switch name {
    case "String": "text (in quotes where it looks like a number or a time)"
    case "Bool": "true or false"
    case "Int", "Int32", "Int64": "a whole number"
    case "Double": "a number"
    case "NameSelection": "All, None or a list of names"
    default: name.hasPrefix("Array") ? "a list" : "an object"
    }
  }

  private static func corruption(_ context: DecodingError.Context) -> String {
    guard let field = context.codingPath.last else { return "is not JSON: \(context.debugDescription)" }
    // Foundation words it as `Cannot initialize Provider from invalid String value ftp`.
    if let range = context.debugDescription.range(of: "invalid String value "),
      let known = knownValues[field.stringValue]
    {
      return "\(Syntax.quoted(String(context.debugDescription[range.upperBound...]))) is not known; use "
        + known.joined(separator: ", ")
    }
    if context.debugDescription.contains("not representable") { return "must be a whole number within 64 bits" }
    return "cannot be read: \(context.debugDescription)"
  }

  private static let knownValues: [String: [String]] = [
    "provider": Target.Provider.allCases.map(\.rawValue),
    "checksum": Target.Checksum.allCases.map(\.rawValue),
    "cloud": Target.Azure.Cloud.allCases.map(\.rawValue),
    "accessTier": Target.Azure.AccessTier.allCases.map(\.rawValue),
    "compression": Compression.allCases.map(\.rawValue),
    "deletionPolicy": Backup.DeletionPolicy.allCases.map(\.rawValue),
    "conflictPolicy": RestoreRequest.ConflictPolicy.allCases.map(\.rawValue),
    "snapshot": Source.OpenZiti.Snapshot.allCases.map(\.rawValue),
    "retrieval": Source.OpenZiti.Retrieval.allCases.map(\.rawValue),
    "api": Source.Etcd.API.allCases.map(\.rawValue),
  ]
}
