import Foundation

extension Manifest {
  /// Checks what the manifest alone can tell: digests, sizes, times, and that each key lies below
  /// `<namespace>/<policy>/<id>/` and is named once.
  public func validate() throws(ManifestError) {
    for (name, text) in [("createdAt", createdAt), ("completedAt", completedAt)] where Self.date(text) == nil {
      throw Self.invalid("\(name) '\(text.prefix(40))' is not a time such as 2026-11-21T03:00:00Z")
    }
    for (name, text) in [("policy.namespace", policy.namespace), ("policy.name", policy.name)]
    where text.isEmpty || text.contains("/") {
      throw Self.invalid("\(name) '\(text.prefix(80))' is not a name")
    }
    if artifacts.isEmpty { throw Self.invalid("artifacts is empty; a backup has at least one") }
    let place = "\(policy.namespace)/\(policy.name)/\(id)/"
    var keys: Set<String> = []
    var prefixes: Set<Substring> = []
    var total: Int64 = 0
    for (index, artifact) in artifacts.enumerated() {
      let field = "artifacts[\(index)]"
      try artifact.validate(field)
      guard let prefix = Self.prefix(of: artifact.key, endingIn: place) else {
        throw Self.foreign(artifact.key, field, place)
      }
      prefixes.insert(prefix)
      guard keys.insert(artifact.key).inserted else {
        throw Self.invalid("\(field).key '\(artifact.key)' is named twice")
      }
      let (sum, overflow) = total.addingReportingOverflow(artifact.storedSize)
      guard !overflow else { throw Self.invalid("\(field).storedSize: the sum of all sizes passes 2^63 - 1") }
      total = sum
    }
    guard prefixes.count <= 1 else {
      throw ManifestError(code: .foreignKey, message: "the manifest's keys lie below different prefixes")
    }
  }

  /// Checks that the manifest belongs where it was found: its id is `id`, and every key lies below that id's prefix.
  /// Only keys of a manifest that passed may be deleted.
  public func validate(in layout: BucketLayout, id: BackupID) throws(ManifestError) {
    guard self.id == id else {
      throw Self.invalid("id is \(self.id), but the manifest was found under \(id); it was copied or renamed")
    }
    let prefix = layout.prefix(of: id)
    for (index, artifact) in artifacts.enumerated() {
      guard artifact.key.hasPrefix(prefix), Self.isObjectName(artifact.key.dropFirst(prefix.count)) else {
        throw Self.foreign(artifact.key, "artifacts[\(index)]", prefix)
      }
    }
  }

  /// The part before `place` in a key that is `<prefix><place><name>`; nil for any other key.
  private static func prefix(of key: String, endingIn place: String) -> Substring? {
    guard let slash = key.lastIndex(of: "/") else { return nil }
    let folder = key[...slash]
    guard folder.hasSuffix(place), isObjectName(key[key.index(after: slash)...]) else { return nil }
    let prefix = folder.dropLast(place.count)
    return prefix.isEmpty || prefix.hasSuffix("/") ? prefix : nil
  }

  /// A name in a backup's folder that an artifact may have.
  private static func isObjectName(_ name: Substring) -> Bool {
    !name.isEmpty && !name.contains("/") && name != "." && name != ".." && name != BucketLayout.manifestName
  }

  private static func foreign(_ key: String, _ field: String, _ place: String) -> ManifestError {
    ManifestError(
      code: .foreignKey,
      message: "\(field).key '\(key.prefix(200))' is not an object below '\(place)'; the manifest was moved or altered")
  }

  fileprivate static func invalid(_ message: String) -> ManifestError {
    ManifestError(code: .invalidField, message: message)
  }

  private static func date(_ text: String) -> Date? { try? Date.ISO8601FormatStyle(timeZone: .gmt).parse(text) }
}

extension Manifest.Artifact {
  fileprivate func validate(_ field: String) throws(ManifestError) {
    if source.isEmpty { throw Manifest.invalid("\(field).source is empty") }
    if kind.isEmpty { throw Manifest.invalid("\(field).kind is empty") }
    if Set(encodings).count != encodings.count { throw Manifest.invalid("\(field).encodings names one twice") }
    for (name, size) in [("plainSize", plainSize), ("storedSize", storedSize)] where size < 0 {
      throw Manifest.invalid("\(field).\(name) is negative (\(size))")
    }
    for (name, digest) in [("plainSHA256", plainSHA256), ("storedSHA256", storedSHA256)]
    where digest.utf8.count != 64
      || !digest.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    {
      throw Manifest.invalid("\(field).\(name) is not a SHA-256 in lower-case hex (64 characters)")
    }
  }
}
