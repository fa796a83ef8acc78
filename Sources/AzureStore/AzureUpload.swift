import NIOCore
import ObjectStore
import Synchronization

/// An upload in blocks. They are invisible until the list of them is committed, in one step.
final class AzureUpload: MultipartUpload {
  private let store: AzureStore
  let key: String
  private let id: String
  private let numbers = Mutex<Set<Int>>([])

  init(store: AzureStore, key: String, id: String) {
    self.store = store
    self.key = key
    self.id = id
  }

  func uploadPart(_ number: Int, body: ByteBuffer) async throws {
    let request = store.requests.putBlock(key, id: BlockID(upload: id, number: number), body: body)
    guard (1...maximumPartCount).contains(number) else {
      throw ObjectStoreError(
        .configuration, operation: request.operation, message: "part numbers go from 1 to \(maximumPartCount)")
    }
    let answer = try await store.transport.send(request, expecting: 201)
    try store.transport.checkEcho(answer, request)
    numbers.withLock { _ = $0.insert(number) }
  }

  /// Repeating it after it took effect is no error: see ``AzureRequests/putBlockList(_:ids:date:)``.
  func complete() async throws {
    let numbers = numbers.withLock { $0.sorted() }
    let ids = numbers.map { BlockID(upload: id, number: $0) }
    let request = store.requests.putBlockList(key, ids: ids, date: store.transport.now())
    guard !numbers.isEmpty, numbers == Array(1...numbers.count) else {
      throw ObjectStoreError(.configuration, operation: request.operation, message: "parts are missing")
    }
    do {
      let answer = try await store.transport.send(request, expecting: 201)
      try store.transport.checkEcho(answer, request)
    } catch let error as ObjectStoreError where error.code == .locked || error.code == .accessDenied {
      // A blob that may not be replaced may be ours, made by an earlier call whose answer was lost.
      guard (try? await isCommitted(ids)) == true else { throw error }
    }
  }

  private func isCommitted(_ ids: [BlockID]) async throws -> Bool {
    let request = store.requests.getBlockList(key, type: "committed")
    let answer = try await store.transport.send(request, expecting: 200)
    return try store.transport.reading(answer, request) { try AzureAnswers.blocks($0, "CommittedBlocks") }
      == ids.map(\.encoded)
  }

  func abort() async throws {
    try await store.abortUpload(OpenUpload(key: key, id: id, started: nil))
  }
}
