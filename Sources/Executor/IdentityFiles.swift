public import Age
internal import Foundation
public import HoldfastAPI

/// age identities, from a Secret or from a file of a person.
public enum IdentityFiles {
  public static let defaultKey = "identity.txt"

  /// - Returns: Empty where nothing is named; artifacts without encryption need none.
  /// - Parameter field: Where the reference stands, for messages.
  public static func load(
    _ decryption: RestoreRequest.Decryption?, from mounts: Mounts, field: String = "decryption.identitySecretRef"
  ) throws -> [AgeIdentity] {
    guard let reference = decryption?.identitySecretRef else { return [] }
    let text = try mounts.secret(reference.name, key: reference.key ?? defaultKey, field: field)
    return try parse(text, what: "Secret \(reference.name), which \(field) names")
  }

  public static func load(path: String) throws -> [AgeIdentity] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw RunFailure(step: .prepare, reason: .secretNotFound, message: "the identity file \(path) cannot be read")
    }
    return try parse(String(decoding: data, as: UTF8.self), what: path)
  }

  private static func parse(_ text: String, what: String) throws -> [AgeIdentity] {
    do {
      return try AgeIdentity.parseFile(text)
    } catch let error as AgeError {
      throw RunFailure(
        step: .prepare, reason: .decryptionFailed, message: "\(what): \(error.message)", cause: error)
    }
  }
}
