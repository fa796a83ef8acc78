public import KubernetesModel

/// An object of a list or a watch that may not be of the shape it should have.
///
/// Its name is known in any case, so that a program can report the broken object instead of stopping.
public struct Decoded<Object: KubernetesObject>: Sendable {
  /// Of one that cannot be read.
  private let brokenMetadata: KeptMetadata?
  /// The failure has the code `decoding` and names the field.
  public let result: Result<Object, KubernetesError>

  public init(_ json: JSONValue) {
    do {
      result = .success(try Object(json: json))
      brokenMetadata = nil
    } catch {
      result = .failure(.decoding(error, operation: "read \(Object.resource.plural) \(json.key)"))
      brokenMetadata = KeptMetadata(json.objectMeta)
    }
  }

  public init(_ object: Object) {
    result = .success(object)
    brokenMetadata = nil
  }

  public var metadata: ObjectMeta { object?.metadata ?? brokenMetadata?.value ?? ObjectMeta() }
  public var key: ObjectKey { ObjectKey(metadata) }
  public var object: Object? { try? result.get() }
  public var failure: KubernetesError? { if case .failure(let error) = result { error } else { nil } }
}

extension ObjectList {
  /// The objects that could be read.
  public func objects<Object>() -> [Object] where Item == Decoded<Object> { items.compactMap(\.object) }

  /// Why the others could not.
  public func failures<Object>() -> [KubernetesError] where Item == Decoded<Object> { items.compactMap(\.failure) }
}
