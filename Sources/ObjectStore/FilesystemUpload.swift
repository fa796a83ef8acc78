#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import NIOCore
import Synchronization

/// Parts go straight to their place in one file; its offset follows from the first part's size.
final class FilesystemUpload: MultipartUpload {
  private struct State {
    /// Size of part 1, so of every part but the last.
    var partSize: Int?
    var sizes: [Int: Int] = [:]
    /// Parts that came before the first, each in a file of its own.
    var apart: Set<Int> = []
  }

  private let staged: StagedObject
  private let store: FilesystemStore
  private let state = Mutex(State())
  var key: String { staged.key }

  init(staged: StagedObject, store: FilesystemStore) {
    self.staged = staged
    self.store = store
  }

  func uploadPart(_ number: Int, body: ByteBuffer) async throws {
    let operation = "part \(number) of \(store.location)/\(key)"
    guard (1...maximumPartCount).contains(number) else {
      throw ObjectStoreError(
        .configuration, operation: operation, message: "part numbers go from 1 to \(maximumPartCount)")
    }
    let offset: Int64? = state.withLock { state in
      if number == 1 { state.partSize = body.readableBytes }
      return state.partSize.map { Int64(number - 1) * Int64($0) }
    }
    try await store.blocking(operation) { [staged] in
      guard try FileCalls.status(staged.data) != nil else { throw Self.noSuchUpload(operation) }
      if let offset {
        try staged.write(body, to: staged.data, at: offset, flags: 0)
      } else {
        try staged.write(body, to: staged.part(number), at: 0, flags: O_CREAT | O_TRUNC)
      }
    }
    state.withLock { state in
      state.sizes[number] = body.readableBytes
      if offset == nil { state.apart.insert(number) } else { state.apart.remove(number) }
    }
  }

  func complete() async throws {
    let operation = "complete upload of \(store.location)/\(key)"
    let (sizes, apart) = state.withLock { ($0.sizes, $0.apart) }
    let partSize = sizes[1] ?? 0
    let last = sizes.count
    let isComplete =
      last > 0
      && (1...last).allSatisfy { number in
        guard let size = sizes[number] else { return false }
        return number == last ? size <= partSize : size == partSize
      }
    guard isComplete else {
      throw ObjectStoreError(
        .configuration, operation: operation, message: "parts are missing, or one before the last has another size")
    }
    try await store.blocking(operation) { [staged] in
      guard try FileCalls.status(staged.data) != nil else { throw Self.noSuchUpload(operation) }
      for number in apart { try staged.merge(number, at: Int64(number - 1) * Int64(partSize)) }
      let size = Int64(last - 1) * Int64(partSize) + Int64(sizes[last] ?? 0)
      try staged.publish(size: size, condition: .none)
      try staged.remove()
    }
  }

  func abort() async throws {
    try await store.blocking("abort upload of \(store.location)/\(key)") { [staged] in try staged.remove() }
  }

  private static func noSuchUpload(_ operation: String) -> ObjectStoreError {
    ObjectStoreError(.notFound, operation: operation, message: "no such upload; it was completed or aborted")
  }
}
