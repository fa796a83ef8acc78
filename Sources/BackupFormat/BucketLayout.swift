/// Where a policy's objects are in the bucket:
///
///     <pathPrefix>/<namespace>/<policy>/<id>/<source>.<extension>[.zst][.age]
///     <pathPrefix>/<namespace>/<policy>/<id>/manifest.json
public struct BucketLayout: Sendable, Hashable {
  public static let manifestName = "manifest.json"

  /// Ends in `/`: everything below belongs to one policy.
  public let policyPrefix: String

  /// - Parameter pathPrefix: Slashes at either end do not matter; may be empty.
  public init(pathPrefix: String?, namespace: String, policy: String) {
    let trimmed = (pathPrefix ?? "").split(separator: "/", omittingEmptySubsequences: true).joined(separator: "/")
    self.policyPrefix = (trimmed.isEmpty ? "" : trimmed + "/") + "\(namespace)/\(policy)/"
  }

  /// Ends in `/`.
  public func prefix(of id: BackupID) -> String { "\(policyPrefix)\(id)/" }

  public func manifestKey(of id: BackupID) -> String { prefix(of: id) + Self.manifestName }

  /// - Parameters:
  ///   - fileExtension: The plain format's, for example `snap`; without a dot.
  ///   - encodings: As in ``Manifest/Artifact/encodings``.
  public func artifactKey(of id: BackupID, source: String, fileExtension: String, encodings: [String]) -> String {
    let suffixes = encodings.map { $0 == "zstd" ? ".zst" : ".\($0)" }.joined()
    return "\(prefix(of: id))\(source).\(fileExtension)\(suffixes)"
  }

  /// The id and the rest of a key below this policy's prefix; nil for any other key.
  public func parse(_ key: String) -> (id: BackupID, name: String)? {
    guard key.hasPrefix(policyPrefix) else { return nil }
    let rest = key.dropFirst(policyPrefix.count)
    guard let slash = rest.firstIndex(of: "/"), let id = BackupID(String(rest[..<slash])) else { return nil }
    let name = String(rest[rest.index(after: slash)...])
    return name.isEmpty ? nil : (id, name)
  }
}
