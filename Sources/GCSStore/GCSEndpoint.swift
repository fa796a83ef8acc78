import Foundation
import ObjectStore

/// Where requests of one bucket go.
struct GCSEndpoint: Sendable, Hashable {
  var scheme: String
  /// With the port where it is not the scheme's own.
  var host: String
  /// Encoded, before `/storage/v1`: empty, or like `/prefix`.
  var basePath: String
  var bucket: String

  /// - Throws: `ObjectStoreError.Code.configuration` where endpoint or bucket cannot be.
  init(_ configuration: GCSConfiguration) throws {
    bucket = configuration.bucket
    guard
      (3...222).contains(bucket.utf8.count),
      bucket.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber || ".-_".contains($0)) })
    else {
      throw Self.error(
        "the bucket \"\(bucket)\" is no bucket name: small letters, digits, dots, hyphens and underscores, no gs://")
    }
    let text = configuration.endpoint ?? "https://storage.googleapis.com"
    let url = text.contains("://") ? text : "https://\(text)"
    guard let parts = URLComponents(string: url), let host = parts.percentEncodedHost, !host.isEmpty,
      let scheme = parts.scheme?.lowercased(), scheme == "https" || scheme == "http",
      parts.query == nil, parts.fragment == nil, parts.user == nil
    else {
      throw Self.error("the endpoint \"\(text)\" is no URL such as https://storage.example.org or http://10.0.0.1:4443")
    }
    self.scheme = scheme
    self.host = Self.authority(parts, host)
    var path = parts.percentEncodedPath
    while path.hasSuffix("/") { path.removeLast() }
    // Other tools want the API's path in it.
    if path.hasSuffix("/storage/v1") { path.removeLast("/storage/v1".count) }
    basePath = path
  }

  private static func authority(_ parts: URLComponents, _ host: String) -> String {
    let isDefault = parts.port == nil || parts.port == (parts.scheme?.lowercased() == "https" ? 443 : 80)
    return host.lowercased() + (isDefault ? "" : ":\(parts.port ?? 0)")
  }

  /// Google's own, whose promises need no proof.
  var isGoogle: Bool { scheme == "https" && (host == "googleapis.com" || host.hasSuffix(".googleapis.com")) }

  private var root: String { "\(scheme)://\(host)\(basePath)" }

  /// Of the bucket's objects, or of one.
  func objects(_ key: String? = nil) -> String {
    "\(root)/storage/v1/b/\(PercentEncoding.encode(bucket))/o\(key.map { "/\(PercentEncoding.encode($0))" } ?? "")"
  }

  var upload: String { "\(root)/upload/storage/v1/b/\(PercentEncoding.encode(bucket))/o" }

  /// The address of an upload, as `Location` gave it, on this endpoint: behind a gateway a server may call itself by
  /// another name, and the token goes only where it was configured to go.
  /// - Returns: nil where it is no URL.
  func session(location: String) -> String? {
    guard let parts = URLComponents(string: location), let query = parts.percentEncodedQuery, !query.isEmpty else {
      return nil
    }
    if let host = parts.percentEncodedHost, parts.scheme?.lowercased() == scheme,
      Self.authority(parts, host) == self.host
    {
      return location
    }
    let path = parts.percentEncodedPath
    let prefix = path.hasPrefix("\(basePath)/") ? "" : basePath
    return "\(scheme)://\(host)\(prefix)\(path)?\(query)"
  }

  private static func error(_ message: String) -> ObjectStoreError {
    ObjectStoreError(.configuration, operation: "GCS configuration", message: message)
  }
}
