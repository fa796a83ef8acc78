import Foundation
import NIOHTTP1
public import ObjectStore
import StoreHTTP
import Synchronization

extension AzureStore {
  /// Drops all blocks of the key that are not committed, of whichever upload: Azure has one heap of them for each key.
  ///
  /// There is no request for that. Committing an empty list where there is no blob drops the blocks, and leaves an empty
  /// blob, which is then deleted as that very version. So a key without a blob has an empty one for a moment; a crash in
  /// between leaves it, marked, as debris. An upload of the same key that goes on meanwhile fails when it completes.
  ///
  /// - Where deletion is not allowed (a write-only SAS token) nothing is written and ``ObjectStoreError/Code/accessDenied``
  ///   says that Azure drops the blocks by itself, a week after the last came.
  /// - Where the container's own immutability policy would keep the empty blob, nothing is done, for the same reason.
  /// - Where the key has a blob, its blocks stay until the next write or for a week; the blob is left alone.
  public func abortUpload(_ upload: OpenUpload) async throws {
    let operation = "abort upload of \(location)/\(upload.key)"
    guard try await mayDelete(upload.key, operation), try await !containerKeepsAll() else { return }
    let answer: StoreHTTPAnswer
    do {
      answer = try await transport.send(
        requests.putNoBlocks(upload.key, upload: upload.id), expecting: 201)
    } catch let error as ObjectStoreError where error.code == .alreadyExists {
      return
    }
    guard let etag = answer.headers.first(name: "etag"), !etag.isEmpty else {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: operation, message: "the store's answer has no ETag")
    }
    try await deleteEmpty(upload.key, etag: etag)
  }

  /// Asks before anything is written, by a deletion of a version that cannot be.
  /// - Returns: Whether the key has no blob. The one that an abort left whose answer was lost is removed.
  private func mayDelete(_ key: String, _ operation: String) async throws -> Bool {
    let probe = requests.delete(key, etag: "\"0x0\"")
    do {
      _ = try await transport.send(probe, expecting: 202)
      return false
    } catch let error as ObjectStoreError where error.code == .notFound {
      return true
    } catch var error as ObjectStoreError where error.code == .accessDenied {
      error.operation = operation
      error.message =
        "its blocks stay, invisible, until Azure drops them a week after the last came; to drop them at once, "
        + "deletion must be allowed: \(error.message)"
      throw error
    } catch let error as ObjectStoreError where [.integrity, .locked].contains(error.code) && !error.isRetryable {
      return try await removeRemains(key)
    }
  }

  /// Removes the empty blob of an abort that did not come to its end, and nothing else.
  /// - Returns: Whether there was no blob at all.
  private func removeRemains(_ key: String) async throws -> Bool {
    do {
      let answer = try await transport.send(requests.head(key), expecting: 200)
      guard answer.headers.first(name: AzureRequests.abortedHeader) != nil,
        answer.headers.first(name: "content-length") == "0", let etag = answer.headers.first(name: "etag")
      else { return false }
      try await deleteEmpty(key, etag: etag)
      return false
    } catch let error as ObjectStoreError where error.code == .notFound {
      return true
    }
  }

  private func deleteEmpty(_ key: String, etag: String) async throws {
    do {
      _ = try await transport.send(requests.delete(key, etag: etag), expecting: 202)
    } catch let error as ObjectStoreError where error.code == .notFound {
      return
    } catch let error as ObjectStoreError where error.code == .integrity && !error.isRetryable {
      // Someone made an object of the key meanwhile.
      return
    }
  }

  /// Whether a policy or legal hold of the container keeps each blob. Where asking is not allowed (a SAS token for the
  /// container) it is taken not to.
  private func containerKeepsAll() async throws -> Bool {
    if let known = keepsAll.withLock({ $0 }) { return known }
    var answer = false
    do {
      let headers = try await transport.send(requests.containerProperties(), expecting: 200).headers
      answer = ["x-ms-has-immutability-policy", "x-ms-has-legal-hold"].contains {
        headers.first(name: $0)?.lowercased() == "true"
      }
    } catch let error as ObjectStoreError where error.code == .accessDenied {
      answer = false
    }
    keepsAll.withLock { $0 = answer }
    return answer
  }
}
