import NIOHTTP1
import ObjectStore
import StoreHTTP

extension AzureStore {
  /// Whether the container takes immutability policies and legal holds of single blobs: version-level immutability, which
  /// is a setting of the container or the account.
  /// https://learn.microsoft.com/rest/api/storageservices/get-container-properties
  /// - Throws: ``ObjectStoreError/Code/accessDenied`` where the credentials may not ask.
  public func allowsLocks() async throws -> Bool {
    let answer = try await transport.send(requests.containerProperties(), expecting: 200)
    return answer.headers.first(name: "x-ms-immutable-storage-with-versioning-enabled")?.lowercased() == "true"
  }
}
