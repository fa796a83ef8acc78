import Foundation
import ObjectStore

/// Where requests of one bucket go.
struct S3Endpoint: Sendable, Hashable {
  var scheme: String
  /// With the port where it is not the scheme's own; the `Host` header.
  var host: String
  /// Encoded, before the key: empty, or like `/prefix/bucket`.
  var basePath: String

  /// - Throws: ``ObjectStoreError/Code/configuration`` where endpoint, bucket or region cannot be.
  init(_ configuration: S3Configuration, region: String) throws {
    let bucket = configuration.bucket
    guard Self.isName(bucket, extra: ".-_"), bucket.count >= 3 else {
      throw Self.error("the bucket \"\(bucket)\" is no bucket name: letters, digits, dots and hyphens, no slash")
    }
    guard Self.isName(region, extra: "-") else {
      throw Self.error("the region \"\(region)\" is no region name")
    }
    let text = Self.text(configuration, region: region)
    let url = text.contains("://") ? text : "https://\(text)"
    guard let parts = URLComponents(string: url), let host = parts.percentEncodedHost, !host.isEmpty,
      let scheme = parts.scheme?.lowercased(), scheme == "https" || scheme == "http",
      parts.query == nil, parts.fragment == nil, parts.user == nil
    else {
      throw Self.error("the endpoint \"\(text)\" is no URL such as https://s3.example.org or http://10.0.0.1:9000")
    }
    var prefix = parts.percentEncodedPath
    while prefix.hasSuffix("/") { prefix.removeLast() }
    let isDefaultPort = parts.port == nil || parts.port == (scheme == "https" ? 443 : 80)
    let port = isDefaultPort ? "" : ":\(parts.port ?? 0)"
    let usePath =
      configuration.usePathStyle || Self.isAddress(host) || (scheme == "https" && bucket.contains("."))
    self.scheme = scheme
    self.host = (usePath ? "" : "\(bucket).") + host + port
    basePath = prefix + (usePath ? "/\(bucket)" : "")
  }

  /// Encoded path of a key, or of the bucket.
  func path(_ key: String?) -> String {
    guard let key else { return basePath.isEmpty ? "/" : basePath }
    return "\(basePath)/\(URIEncoding.encode(key, keepSlashes: true))"
  }

  func url(_ request: S3Request) -> String {
    let query = URIEncoding.query(request.query)
    return "\(scheme)://\(host)\(path(request.key))\(query.isEmpty ? "" : "?\(query)")"
  }

  static func aws(region: String) -> String {
    "https://s3.\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")"
  }

  /// Whether the bucket's region decides about the host.
  static func isAWS(_ configuration: S3Configuration) -> Bool {
    guard let endpoint = configuration.endpoint else { return true }
    let url = endpoint.contains("://") ? endpoint : "https://\(endpoint)"
    let host = URLComponents(string: url)?.host?.lowercased() ?? ""
    return host.hasSuffix(".amazonaws.com") || host.hasSuffix(".amazonaws.com.cn")
  }

  /// A special endpoint of AWS (FIPS, dual stack, a VPC's) names its region, which the bucket may turn out not to be in.
  private static func text(_ configuration: S3Configuration, region: String) -> String {
    guard let endpoint = configuration.endpoint else { return configuration.regionalEndpoint(region) }
    guard region != configuration.region, isAWS(configuration) else { return endpoint }
    let moved = endpoint.replacingOccurrences(of: ".\(configuration.region).", with: ".\(region).")
    return moved == endpoint ? configuration.regionalEndpoint(region) : moved
  }

  private static func isName(_ text: String, extra: String) -> Bool {
    !text.isEmpty && text.count <= 255
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || extra.contains($0)) }
  }

  private static func isAddress(_ host: String) -> Bool {
    host.hasPrefix("[") || host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
  }

  private static func error(_ message: String) -> ObjectStoreError {
    ObjectStoreError(.configuration, operation: "S3 configuration", message: message)
  }
}

/// Percent-encoding as SigV4 wants it: every byte but the unreserved ones, in capitals.
enum URIEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  static func encode(_ text: String, keepSlashes: Bool = false) -> String {
    var result: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        result.append(byte)
      case UInt8(ascii: "/") where keepSlashes:
        result.append(byte)
      default:
        result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Canonical, which is also how it is sent: encoded, sorted by name.
  static func query(_ items: [(name: String, value: String)]) -> String {
    items.map { (encode($0.name), encode($0.value)) }.sorted { $0 < $1 }.map { "\($0)=\($1)" }
      .joined(separator: "&")
  }

  /// What a listing with `encoding-type=url` holds: percent-encoding, and a plus for a space.
  static func decode(_ text: String) -> String? {
    text.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
  }
}
