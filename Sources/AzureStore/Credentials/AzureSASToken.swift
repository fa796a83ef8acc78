public import Foundation
internal import ObjectStore
internal import StoreHTTP

/// A shared access signature: rights on a container or an account until a moment, in a query string. Descriptions show
/// the rights and their end, never the signature.
/// https://learn.microsoft.com/rest/api/storageservices/create-service-sas
public struct AzureSASToken: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  /// Decoded, in the token's order.
  let items: [Item]

  struct Item: Sendable, Hashable {
    var name: String
    var value: String
  }

  /// - Parameter text: As Azure shows it: with or without `?`, or the whole "Blob SAS URL", of which the query counts.
  /// - Throws: ``ObjectStoreError/Code/configuration`` that names the part that is missing.
  public init(_ text: String) throws {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    let query =
      text.contains("?") ? String(text[text.index(after: text.firstIndex(of: "?") ?? text.startIndex)...]) : text
    let parts = query.split(separator: "&")
    items = try parts.enumerated().map { index, part in
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      // A plus is one: only a form would mean a space by it, and a signature that lost its encoding has pluses.
      guard sides.count == 2, let value = String(sides[1]).removingPercentEncoding else {
        throw ObjectStoreError.azureConfiguration(
          "the SAS token's part \(index + 1) of \(parts.count) is not name=value; copy the whole token again")
      }
      return Item(name: String(sides[0]), value: value)
    }
    for (name, meaning) in [("sv", "version"), ("sig", "signature")] where self[name]?.isEmpty != false {
      throw ObjectStoreError.azureConfiguration(
        "the SAS token has no \(name) (\(meaning)); copy the whole token again, from sv= to the end of sig=")
    }
  }

  subscript(name: String) -> String? { items.first { $0.name == name }?.value }

  /// Letters of `sp`; nil where a stored access policy of the container holds them.
  public var permissions: String? { self["sp"] }

  /// nil where a stored access policy of the container says it.
  public var expires: Date? { self["se"].flatMap(Self.date) }

  /// nil for at once.
  public var starts: Date? { self["st"].flatMap(Self.date) }

  /// ISO 8601 to the second, the minute or the day.
  private static func date(_ text: String) -> Date? {
    for suffix in ["", "T00:00:00Z", ":00Z"] {
      let whole = suffix == ":00Z" && text.hasSuffix("Z") ? text.dropLast() + suffix : text + suffix
      if let date = HeaderValues.isoDate(whole) { return date }
    }
    return nil
  }

  public var description: String {
    let end = expires.map { "until \($0.formatted(.iso8601))" } ?? "by a stored access policy"
    return "the SAS token (permissions \(permissions ?? "of a stored access policy"), \(end))"
  }
  public var customMirror: Mirror {
    Mirror(self, children: ["permissions": permissions ?? "", "signature": "<redacted>"])
  }
}
