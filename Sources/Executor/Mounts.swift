internal import Foundation
internal import HoldfastAPI
internal import JobPlan

/// Secrets, ConfigMaps and tokens as files below one folder: see `MountLayout`. Read when a run starts, and not again.
public struct Mounts: Sendable {
  /// Far more than any credential, and little enough to read at once.
  private static let limit = 1 << 20

  public let root: String

  public init(root: String) { self.root = root }

  func path(_ relative: String) -> String { "\(root)/\(relative)" }

  func volume(_ claim: String) -> String { path(MountLayout.volume(claim: claim)) }

  /// The text of a key that must be there.
  ///
  /// - Parameter field: What refers to it, for example `target.credentialsSecretRef`.
  /// - Throws: ``RunFailure`` with reason SecretNotFound that names the Secret, the key and the field.
  func secret(_ name: String, key: String, field: String) throws -> String {
    try text("Secret", name, key, in: MountLayout.secret(name), field: field)
  }

  /// nil where the key does not exist.
  func optionalSecret(_ name: String, key: String, field: String) throws -> String? {
    try content(at: path("\(MountLayout.secret(name))/\(key)"), what: "key \(key) of Secret \(name)", field: field)
  }

  func caBundle(_ bundle: CABundle?, field: String) throws -> String? {
    if let reference = bundle?.secretRef {
      return try secret(reference.name, key: reference.key, field: "\(field).secretRef")
    }
    guard let reference = bundle?.configMapRef else { return nil }
    return try text(
      "ConfigMap", reference.name, reference.key, in: MountLayout.configMap(reference.name),
      field: "\(field).configMapRef")
  }

  /// The projected token of a source.
  func token(source: String, field: String) throws -> String {
    let file = path("\(MountLayout.token(source: source))/token")
    guard let text = try content(at: file, what: "the service account token", field: field), !text.isEmpty else {
      throw RunFailure(
        step: .prepare, reason: .secretNotFound,
        message: "there is no service account token at \(file), which \(field) needs", source: source)
    }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The text of a file that a plan names by its path in the executor's own filesystem.
  func text(atPath path: String, field: String) throws -> String {
    guard let text = try content(at: path, what: "the file \(path)", field: field) else {
      throw RunFailure(
        step: .prepare, reason: .secretNotFound, message: "the file \(path), which \(field) names, does not exist")
    }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The file of the target's token. The kubelet renews it, so that who uses it reads it each time.
  var targetToken: String { path("\(MountLayout.targetToken)/\(MountLayout.tokenFile)") }

  private func text(_ kind: String, _ name: String, _ key: String, in folder: String, field: String) throws -> String {
    guard let text = try content(at: path("\(folder)/\(key)"), what: "key \(key) of \(kind) \(name)", field: field)
    else {
      let hasFolder = ((try? FileManager.default.contentsOfDirectory(atPath: path(folder))) ?? []).isEmpty == false
      throw RunFailure(
        step: .prepare, reason: .secretNotFound,
        message: hasFolder
          ? "\(kind) \(name), which \(field) names, has no key \(key); add it"
          : "\(kind) \(name), which \(field) names, does not exist here; create it with the key \(key)")
    }
    return text
  }

  private func content(at path: String, what: String, field: String) throws -> String? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? handle.close() }
      let data = try handle.read(upToCount: Self.limit) ?? Data()
      guard let text = String(data: data, encoding: .utf8) else {
        throw RunFailure(step: .prepare, reason: .invalidSpec, message: "\(what), which \(field) names, is not text")
      }
      return text
    } catch let failure as RunFailure {
      throw failure
    } catch {
      throw RunFailure(
        step: .prepare, reason: .secretNotFound, message: "\(what), which \(field) names, cannot be read: \(error)",
        cause: error)
    }
  }
}
