import Foundation
import NIOCore
import ObjectStore
import StoreHTTP

/// A request as a value, before it is authorized.
struct AzureRequest: Sendable {
  /// What it needs the right for.
  enum Action: Sendable {
    case read, write, delete, list, readContainer

    /// Letter in a SAS token's `sp`.
    var letter: Character {
      switch self {
      case .read: "r"
      case .write: "w"
      case .delete: "d"
      case .list: "l"
      case .readContainer: "r"
      }
    }

    /// https://learn.microsoft.com/azure/role-based-access-control/permissions/storage
    var dataAction: String {
      switch self {
      case .read, .list: "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
      case .write: "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"
      case .delete: "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete"
      case .readContainer: "Microsoft.Storage/storageAccounts/blobServices/containers/read"
      }
    }
  }

  var method: String
  /// nil for the container.
  var key: String?
  var query: [(name: String, value: String)] = []
  var headers: [(name: String, value: String)] = []
  var body: ByteBuffer?
  /// For messages: `PUT azure://account/container/key`.
  var operation: String
  var action: Action

  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Builds the requests of one container. https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
struct AzureRequests: Sendable {
  var configuration: AzureConfiguration
  var location: String { "azure://\(configuration.storageAccount)/\(configuration.container)" }

  /// A header of a blob that only exists so that its blocks could be dropped.
  static let abortedHeader = "x-ms-meta-holdfastaborted"

  func put(_ key: String, body: ByteBuffer, condition: WriteCondition, date: Date) -> AzureRequest {
    var request = AzureRequest(
      method: "PUT", key: key,
      headers: [
        (name: "x-ms-blob-type", value: "BlockBlob"), (name: "content-type", value: "application/octet-stream"),
        (name: "x-ms-content-crc64", value: CRC64.header(body)),
      ] + blobHeaders(date), body: body, operation: "PUT \(location)/\(key)", action: .write)
    if condition == .ifAbsent { request.headers.append((name: "if-none-match", value: "*")) }
    return request
  }

  func putBlock(_ key: String, id: BlockID, body: ByteBuffer) -> AzureRequest {
    AzureRequest(
      method: "PUT", key: key, query: [(name: "comp", value: "block"), (name: "blockid", value: id.encoded)],
      headers: [(name: "x-ms-content-crc64", value: CRC64.header(body))] + scopeHeaders, body: body,
      operation: id.number == 0 ? "start upload of \(location)/\(key)" : "part \(id.number) of \(location)/\(key)",
      action: .write)
  }

  /// Makes the blob of its blocks. Repeating it after it took effect does the same again, since `Latest` also finds
  /// blocks that are committed.
  func putBlockList(_ key: String, ids: [BlockID], date: Date) -> AzureRequest {
    let body = ByteBuffer(string: Self.blockList(ids))
    return AzureRequest(
      method: "PUT", key: key, query: [(name: "comp", value: "blocklist")],
      headers: [
        (name: "content-type", value: "application/xml"), (name: "x-ms-content-crc64", value: CRC64.header(body)),
        (name: "x-ms-blob-content-type", value: "application/octet-stream"),
      ] + blobHeaders(date), body: body, operation: "complete upload of \(location)/\(key)", action: .write)
  }

  /// Makes an empty blob, where there is none, and thereby drops the key's blocks. Without a lock: it is deleted next.
  func putNoBlocks(_ key: String, upload: String) -> AzureRequest {
    let body = ByteBuffer(string: Self.blockList([]))
    return AzureRequest(
      method: "PUT", key: key, query: [(name: "comp", value: "blocklist")],
      headers: [
        (name: "content-type", value: "application/xml"), (name: "x-ms-content-crc64", value: CRC64.header(body)),
        (name: "if-none-match", value: "*"), (name: Self.abortedHeader, value: upload),
      ] + scopeHeaders, body: body, operation: "abort upload of \(location)/\(key)", action: .write)
  }

  private static func blockList(_ ids: [BlockID]) -> String {
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>"
      + ids.map { "<Latest>\($0.encoded)</Latest>" }.joined() + "</BlockList>"
  }

  func getBlockList(_ key: String, type: String) -> AzureRequest {
    AzureRequest(
      method: "GET", key: key,
      query: [(name: "comp", value: "blocklist"), (name: "blocklisttype", value: type)],
      operation: "list blocks of \(location)/\(key)", action: .read)
  }

  /// - Parameter etag: Reads only this version.
  func get(_ key: String, range: Range<Int64>?, etag: String? = nil) -> AzureRequest {
    var request = AzureRequest(method: "GET", key: key, operation: "GET \(location)/\(key)", action: .read)
    if let range {
      request.headers.append((name: "x-ms-range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
    }
    if let etag { request.headers.append((name: "if-match", value: etag)) }
    return request
  }

  func head(_ key: String) -> AzureRequest {
    AzureRequest(method: "HEAD", key: key, operation: "HEAD \(location)/\(key)", action: .read)
  }

  func list(prefix: String, marker: String?, pageSize: Int, isUncommitted: Bool = false) -> AzureRequest {
    var query = [(name: "restype", value: "container"), (name: "comp", value: "list")]
    if !prefix.isEmpty { query.append((name: "prefix", value: prefix)) }
    if isUncommitted { query.append((name: "include", value: "uncommittedblobs")) }
    if let marker { query.append((name: "marker", value: marker)) }
    query.append((name: "maxresults", value: "\(pageSize)"))
    return AzureRequest(
      method: "GET", query: query,
      operation: isUncommitted ? "list uploads of \(location)/\(prefix)" : "LIST \(location)/\(prefix)", action: .list)
  }

  func containerProperties() -> AzureRequest {
    AzureRequest(
      method: "HEAD", query: [(name: "restype", value: "container")], operation: "HEAD \(location)",
      action: .readContainer)
  }

  /// - Parameter etag: Deletes only this version.
  func delete(_ key: String, etag: String? = nil) -> AzureRequest {
    AzureRequest(
      method: "DELETE", key: key, headers: etag.map { [(name: "if-match", value: $0)] } ?? [],
      operation: "DELETE \(location)/\(key)", action: .delete)
  }

  private var scopeHeaders: [(name: String, value: String)] {
    configuration.encryptionScope.map { [(name: "x-ms-encryption-scope", value: $0)] } ?? []
  }

  private func blobHeaders(_ date: Date) -> [(name: String, value: String)] {
    var headers = scopeHeaders
    if let tier = configuration.accessTier { headers.append((name: "x-ms-access-tier", value: tier.rawValue)) }
    if let immutability = configuration.immutability {
      let until = date.addingTimeInterval(immutability.retention / .seconds(1))
      headers.append((name: "x-ms-immutability-policy-until-date", value: HTTPDate.format(until)))
      headers.append((name: "x-ms-immutability-policy-mode", value: immutability.mode.rawValue))
    }
    if configuration.legalHold { headers.append((name: "x-ms-legal-hold", value: "true")) }
    if !configuration.tags.isEmpty {
      let tags = configuration.tags.sorted { $0.key < $1.key }
        .map { "\(AzureEncoding.encode($0.key))=\(AzureEncoding.encode($0.value))" }
      headers.append((name: "x-ms-tags", value: tags.joined(separator: "&")))
    }
    return headers
  }
}
