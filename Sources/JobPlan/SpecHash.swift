internal import Crypto
public import Foundation
internal import HoldfastAPI
public import KubernetesModel

/// A digest of what the operator wants an object to be, kept in an annotation of the object. It changes when a field is
/// no longer wanted, which a comparison of the wanted fields alone would miss.
public enum SpecHash {
  /// - Returns: SHA-256 in lower-case hex, over JSON with sorted keys.
  public static func of(_ value: some Encodable) throws -> String { sha256(try JSONEncoder.kubernetes.encode(value)) }

  /// Puts the digest of the object, as it stands, on the object.
  public static func stamp(_ object: inout some KubernetesObject) throws {
    object.metadata.annotations?[HoldfastAPI.specHashAnnotation] = nil
    let hash = try of(object)
    object.metadata.annotations = (object.metadata.annotations ?? [:]).merging(
      [HoldfastAPI.specHashAnnotation: hash], uniquingKeysWith: { $1 })
  }

  public static func sha256(_ data: Data) -> String {
    SHA256.hash(data: data).map { byte in
      let text = String(byte, radix: 16)
      return byte < 16 ? "0" + text : text
    }.joined()
  }
}
