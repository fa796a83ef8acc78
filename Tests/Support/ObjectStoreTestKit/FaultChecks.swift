import NIOCore
public import ObjectStore

/// The kind of a store's error.
public func code(_ error: any Error) -> ObjectStoreError.Code? { (error as? ObjectStoreError)?.code }

/// What every store does behind a ``FaultProxy``.
public struct FaultChecks: Sendable {
  private let store: RetryingStore
  private let proxy: FaultProxy

  /// - Parameter store: Through the proxy, with retries.
  public init(_ store: RetryingStore, behind proxy: FaultProxy) {
    self.store = store
    self.proxy = proxy
  }

  /// The proxy refuses everything: each call asks once.
  public func refusalsAreNotRetried(_ expected: ObjectStoreError.Code) async throws {
    let calls: [@Sendable (RetryingStore) async throws -> Void] = [
      { try await $0.put("a", body: ByteBuffer()) }, { _ = try await $0.getBytes("a", upTo: 1) },
      { _ = try await $0.startUpload("a") }, { _ = try await $0.list(prefix: "", startingAfter: nil) },
    ]
    for call in calls {
      let before = proxy.log.count
      try await requireError(expected) { try await call(store) }
      try requireEqual(proxy.log.count, before + 1)
    }
  }

  /// A download that breaks twice goes on where it broke.
  /// - Parameters:
  ///   - direct: The same store past the proxy.
  ///   - isDownload: Of all requests, those that carry an object's bytes to us.
  public func aDownloadGoesOn(
    after fault: Fault, by rules: FaultRules, past direct: some ObjectStore,
    _ isDownload: @escaping @Sendable (ProxiedRequest) -> Bool
  ) async throws {
    let body = patternedBytes(300_000)
    try await direct.put("a", body: body)
    rules.add(fault, times: 2, where: isDownload)
    if case .endAnswerEarly = fault {
      // Without a length nobody can tell that it is short, so it is refused.
      do {
        _ = try await store.getBytes("a", upTo: 1 << 20)
        try require(false, "a short answer was taken")
      } catch let error as ObjectStoreError {
        try requireEqual(error.code, .integrity)
      }
      return
    }
    var content = ByteBuffer()
    let size = try await store.get("a", range: nil) { content.writeImmutableBuffer($0) }
    try requireEqual(size, 300_000)
    try require(content == body, "other bytes came")
  }
}
