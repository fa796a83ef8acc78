public import Foundation

extension Manifest {
  /// 1 MiB: more than 16 artifacts with their facts need, and small enough to read a thousand.
  public static let maximumBytes = 1 << 20

  /// The manifest as the object's bytes: JSON in UTF-8 with sorted members, one a line, and a line feed at the end.
  /// Equal manifests give equal bytes.
  ///
  /// - Throws: ``ManifestError`` where ``decode(_:)`` would refuse the result.
  public func encode() throws(ManifestError) -> Data {
    try validate()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    let data: Data
    do {
      data = try encoder.encode(WithPlaceholder(manifest: self)) + Data([0x0A])
    } catch {
      throw ManifestError(code: .malformed, message: "the manifest cannot be written as JSON", cause: error)
    }
    guard data.count <= Self.maximumBytes else { throw Self.tooLarge(data.count) }
    return try Self.sealed(data)
  }

  /// Reads a manifest of this major format. Members that this version does not know are ignored.
  ///
  /// - Throws: ``ManifestError``. Keys are checked against the namespace, policy and id that the manifest itself names;
  ///   use ``validate(in:id:)`` to bind them to the place it was read from.
  public static func decode(_ data: Data) throws(ManifestError) -> Manifest {
    guard data.count <= maximumBytes else { throw tooLarge(data.count) }
    try checkFormat(of: data)
    let manifest: Manifest
    do {
      manifest = try JSONDecoder().decode(Manifest.self, from: data)
    } catch {
      throw ManifestError(code: .malformed, message: "the manifest \(describe(error))", cause: error)
    }
    try manifest.validate()
    return manifest
  }

  /// Reads a manifest that was found at `layout.manifestKey(of: id)` and binds it to that place.
  public static func decode(_ data: Data, in layout: BucketLayout, id: BackupID) throws(ManifestError) -> Manifest {
    let manifest = try decode(data)
    try manifest.validate(in: layout, id: id)
    return manifest
  }

  /// Decides by the format's number alone, before anything else of a later format can get in the way.
  private static func checkFormat(of data: Data) throws(ManifestError) {
    struct Header: Decodable {
      var formatVersion: String
      var holdfastVersion: String?
    }
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: data)
    } catch {
      throw ManifestError(code: .malformed, message: "the manifest \(describe(error))", cause: error)
    }
    let shown = header.formatVersion.prefix(16)
    guard let major = majorVersion(of: header.formatVersion) else {
      throw ManifestError(code: .invalidField, message: "formatVersion '\(shown)' is not a version such as 1.0")
    }
    guard major == majorVersion(of: currentFormatVersion) else {
      let version = header.holdfastVersion.map { "version \($0.prefix(32)) or later" } ?? "a later version"
      throw ManifestError(
        code: .unsupportedFormat,
        message: "written by a newer Holdfast (format \(shown)); use \(version)")
    }
    let minor = header.formatVersion.split(separator: ".").last.flatMap { Int($0) } ?? 0
    try checkDigest(of: data, isRequired: minor >= digestMinorVersion)
  }

  private static func majorVersion(of text: String) -> Int? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let major = Int(parts[0]), major > 0
    else { return nil }
    return major
  }

  private static func tooLarge(_ count: Int) -> ManifestError {
    ManifestError(code: .tooLarge, message: "the manifest has \(count) bytes; at most \(maximumBytes) are allowed")
  }

  private static func describe(_ error: any Error) -> String {
    func path(_ keys: [any CodingKey]) -> String {
      keys.reduce("") { text, key in
        if let index = key.intValue { return "\(text)[\(index)]" }
        return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
      }
    }
    switch error {
    case DecodingError.keyNotFound(let key, let context): return "lacks \(path(context.codingPath + [key]))"
    case DecodingError.valueNotFound(_, let context): return "has no value for \(path(context.codingPath))"
    case DecodingError.typeMismatch(_, let context):
      return context.codingPath.isEmpty ? "is not a JSON object" : "has the wrong type at \(path(context.codingPath))"
    case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "has a bad value at \(path(context.codingPath)): \(context.debugDescription)"
    default: return "is not JSON; the object is damaged or was not written by Holdfast"
    }
  }
}
