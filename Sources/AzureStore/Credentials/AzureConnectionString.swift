import Foundation
internal import ObjectStore

/// A connection string of a storage account, in all its forms. Descriptions never show its secrets.
/// https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string
public struct AzureConnectionString: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  public var storageAccount: String
  /// nil for that of the public cloud.
  public var endpoint: String?
  public var credentials: AzureCredentials

  /// The account of every emulator; its key is published, so no secret.
  /// https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
  public static let developmentAccount = "devstoreaccount1"
  public static let developmentKey =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

  private static let known = [
    "DefaultEndpointsProtocol", "AccountName", "AccountKey", "EndpointSuffix", "BlobEndpoint", "SharedAccessSignature",
    "UseDevelopmentStorage", "DevelopmentStorageProxyUri", "BlobSecondaryEndpoint", "QueueEndpoint", "TableEndpoint",
    "FileEndpoint", "QueueSecondaryEndpoint", "TableSecondaryEndpoint", "FileSecondaryEndpoint", "DfsEndpoint",
  ]

  /// - Throws: ``ObjectStoreError/Code/configuration`` that names the part that is wrong or missing.
  public init(_ text: String) throws {
    let parts = try Self.parts(text)
    if let flag = parts["UseDevelopmentStorage"] {
      guard flag.lowercased() == "true" else {
        throw Self.error("UseDevelopmentStorage can only be true")
      }
      try self.init(developmentProxy: parts["DevelopmentStorageProxyUri"])
      return
    }
    let credentials = try Self.credentials(parts)
    let endpoint = try Self.endpoint(parts)
    guard let account = parts["AccountName"] ?? endpoint.flatMap(Self.account(of:)) else {
      throw Self.error("it has no AccountName, and BlobEndpoint does not begin with the account's name")
    }
    self.init(storageAccount: account, endpoint: endpoint, credentials: credentials)
  }

  private init(developmentProxy: String?) throws {
    var address = "http://127.0.0.1:10000"
    if let developmentProxy {
      guard let url = URLComponents(string: developmentProxy), let scheme = url.scheme, let host = url.host else {
        throw Self.error("DevelopmentStorageProxyUri is no URL such as http://azurite.dev.svc")
      }
      address = "\(scheme)://\(host):\(url.port ?? 10000)"
    }
    self.init(
      storageAccount: Self.developmentAccount, endpoint: "\(address)/\(Self.developmentAccount)",
      credentials: .accountKey(try AzureAccountKey(base64: Self.developmentKey)))
  }

  private init(storageAccount: String, endpoint: String?, credentials: AzureCredentials) {
    self.storageAccount = storageAccount
    self.endpoint = endpoint
    self.credentials = credentials
  }

  private static func parts(_ text: String) throws -> [String: String] {
    var parts: [String: String] = [:]
    let pieces = text.trimmingCharacters(in: .whitespacesAndNewlines).split(separator: ";")
    guard !pieces.isEmpty else { throw error("it is empty") }
    for (index, piece) in pieces.enumerated() {
      let sides = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = sides[0].trimmingCharacters(in: .whitespacesAndNewlines)
      // What is there is not repeated: it may be a piece of a key.
      guard sides.count == 2, let known = Self.known.first(where: { $0.lowercased() == name.lowercased() }) else {
        throw error(
          "part \(index + 1) of \(pieces.count) is not Name=value with a known name (AccountName, AccountKey, "
            + "BlobEndpoint, SharedAccessSignature, EndpointSuffix, DefaultEndpointsProtocol, UseDevelopmentStorage …)")
      }
      guard parts[known] == nil else { throw error("\(known) is there twice") }
      let value = sides[1].trimmingCharacters(in: .whitespacesAndNewlines)
      guard !value.isEmpty else { throw error("\(known) is empty") }
      parts[known] = value
    }
    return parts
  }

  private static func credentials(_ parts: [String: String]) throws -> AzureCredentials {
    do {
      switch (parts["AccountKey"], parts["SharedAccessSignature"]) {
      case (let key?, _):
        guard parts["AccountName"] != nil else { throw error("AccountKey needs AccountName") }
        return .accountKey(try AzureAccountKey(base64: key))
      case (nil, let token?): return .sas(try AzureSASToken(token))
      case (nil, nil): throw error("it has neither AccountKey nor SharedAccessSignature")
      }
    } catch let error as ObjectStoreError where !error.message.hasPrefix("the connection string") {
      throw Self.error(error.message)
    }
  }

  private static func endpoint(_ parts: [String: String]) throws -> String? {
    let scheme = parts["DefaultEndpointsProtocol"]?.lowercased()
    guard scheme == nil || scheme == "https" || scheme == "http" else {
      throw error("DefaultEndpointsProtocol must be https or http")
    }
    if let endpoint = parts["BlobEndpoint"] {
      guard let url = URLComponents(string: endpoint), url.scheme != nil, url.host?.isEmpty == false else {
        throw error("BlobEndpoint is no URL such as https://account.blob.core.windows.net")
      }
      return endpoint
    }
    guard let account = parts["AccountName"] else {
      throw error("it has neither AccountName nor BlobEndpoint")
    }
    if scheme == nil, parts["EndpointSuffix"] == nil { return nil }
    let suffix = parts["EndpointSuffix"] ?? AzureCloud.publicCloud.endpointSuffix
    return "\(scheme ?? "https")://\(account).blob.\(suffix)"
  }

  /// Of `https://account.blob.…` or `http://127.0.0.1:10000/account`.
  private static func account(of endpoint: String) -> String? {
    guard let url = URLComponents(string: endpoint), let host = url.host else { return nil }
    if let first = url.path.split(separator: "/").first { return String(first) }
    let labels = host.split(separator: ".")
    return labels.count > 2 && !labels.allSatisfy({ Int($0) != nil }) ? labels.first.map(String.init) : nil
  }

  private static func error(_ message: String) -> ObjectStoreError {
    .azureConfiguration("the connection string is malformed: \(message)")
  }

  public var description: String { "AzureConnectionString(\(storageAccount), \(credentials))" }
  public var customMirror: Mirror { Mirror(self, children: ["storageAccount": storageAccount]) }
}
