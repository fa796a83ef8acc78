import Foundation
import ObjectStore

/// Where requests of one container go.
struct AzureEndpoint: Sendable, Hashable {
  var scheme: String
  /// With the port where it is not the scheme's own.
  var host: String
  /// Without port and brackets.
  var hostName: String
  /// Encoded, before the key: `/container`, or `/account/container` with an emulator.
  var basePath: String

  /// - Throws: ``ObjectStoreError/Code/configuration`` where account, container or endpoint cannot be.
  init(_ configuration: AzureConfiguration) throws {
    let account = configuration.storageAccount
    guard (3...24).contains(account.count), account.allSatisfy({ Self.isLowerAlphanumeric($0) }) else {
      throw ObjectStoreError.azureConfiguration(
        "\"\(account)\" is no name of a storage account: 3 to 24 lower-case letters and digits, without .blob.core…")
    }
    try Self.checkContainer(configuration.container)
    let text = configuration.endpoint ?? "https://\(account).blob.\(configuration.cloud.endpointSuffix)"
    let url = text.contains("://") ? text : "https://\(text)"
    guard let parts = URLComponents(string: url), let host = parts.percentEncodedHost, !host.isEmpty,
      let scheme = parts.scheme?.lowercased(), scheme == "https" || scheme == "http",
      parts.query == nil, parts.fragment == nil, parts.user == nil
    else {
      throw ObjectStoreError.azureConfiguration(
        "the endpoint \"\(text.prefix { $0 != "?" })\" is no URL such as https://account.blob.core.windows.net or "
          + "http://127.0.0.1:10000/devstoreaccount1")
    }
    var prefix = parts.percentEncodedPath
    while prefix.hasSuffix("/") { prefix.removeLast() }
    // An emulator has one host for all accounts and wants the account in the path.
    if prefix.isEmpty, Self.isBareOrAddress(host) { prefix = "/\(account)" }
    let isDefaultPort = parts.port == nil || parts.port == (scheme == "https" ? 443 : 80)
    self.scheme = scheme
    self.host = host + (isDefaultPort ? "" : ":\(parts.port ?? 0)")
    hostName = host.trimmingCharacters(in: ["[", "]"])
    basePath = "\(prefix)/\(configuration.container)"
  }

  /// Encoded path of a key, or of the container.
  func path(_ key: String?) -> String {
    key.map { "\(basePath)/\(AzureEncoding.encode($0, keepSlashes: true))" } ?? basePath
  }

  /// - Parameter query: With what a SAS token adds.
  func url(_ key: String?, query: [(name: String, value: String)]) -> String {
    let query = query.map { "\(AzureEncoding.encode($0.name))=\(AzureEncoding.encode($0.value))" }.joined(
      separator: "&")
    return "\(scheme)://\(host)\(path(key))\(query.isEmpty ? "" : "?\(query)")"
  }

  /// Whether a bearer token may go there: it is all that is needed to act for its owner.
  static func keepsSecrets(scheme: String?, host: String?) -> Bool {
    if scheme == "https" { return true }
    guard let host = host?.trimmingCharacters(in: ["[", "]"]) else { return false }
    return host == "localhost" || host == "::1" || (host.hasPrefix("127.") && isAddress(host))
  }

  private static func checkContainer(_ name: String) throws {
    let isFine =
      (3...63).contains(name.count) && name.allSatisfy { isLowerAlphanumeric($0) || $0 == "-" }
      && !name.hasPrefix("-") && !name.hasSuffix("-") && !name.contains("--")
    guard isFine || name == "$web" else {
      throw ObjectStoreError.azureConfiguration(
        "\"\(name)\" is no name of a container: 3 to 63 lower-case letters, digits and single hyphens between them")
    }
  }

  private static func isLowerAlphanumeric(_ character: Character) -> Bool {
    character.isASCII && (character.isNumber || ("a"..."z").contains(character))
  }

  private static func isBareOrAddress(_ host: String) -> Bool {
    host.hasPrefix("[") || isAddress(host) || !host.contains(".")
  }

  private static func isAddress(_ host: String) -> Bool {
    host.allSatisfy { $0.isNumber || $0 == "." }
  }
}

/// Percent-encoding of every byte but the unreserved ones of RFC 3986, in capitals.
enum AzureEncoding {
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
}

/// `Sat, 21 Nov 2026 11:21:19 GMT`, as `x-ms-date` and the end of an immutability policy are written.
enum HTTPDate {
  static func format(_ date: Date) -> String {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let iso = date.formatted(.iso8601)
    let sides = iso.dropLast().split(separator: "T")
    let parts = sides[0].split(separator: "-")
    let day = Int((date.timeIntervalSince1970 / 86_400).rounded(.down))
    let weekday = days[((day % 7) + 7) % 7]
    return "\(weekday), \(parts[2]) \(months[(Int(parts[1]) ?? 1) - 1]) \(parts[0]) \(sides[1]) GMT"
  }
}
