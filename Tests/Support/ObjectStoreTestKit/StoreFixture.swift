public import NIOCore
public import ObjectStore

/// A store for one check: nothing else uses its prefix.
public struct StoreFixture: Sendable {
  public var store: any ObjectStore
  /// Ends in a slash.
  public var prefix: String
  /// What every part but the last must have, in bytes: 5 MiB with S3.
  public var minimumPartSize: Int
  /// How many objects fill more than one page of a listing.
  public var moreThanAPage: Int

  public init(store: any ObjectStore, minimumPartSize: Int = 1, moreThanAPage: Int = 10) {
    self.store = store
    prefix = "conformance/\(String(UInt64.random(in: .min ... .max), radix: 16))/"
    self.minimumPartSize = minimumPartSize
    self.moreThanAPage = moreThanAPage
  }

  func key(_ name: String) -> String { prefix + name }

  /// The whole object.
  func bytes(_ name: String, range: Range<Int64>? = nil) async throws -> ByteBuffer {
    var content = ByteBuffer()
    try await store.get(key(name), range: range) { content.writeImmutableBuffer($0) }
    return content
  }

  func names() async throws -> [String] {
    try await store.listAll(prefix: prefix).map { String($0.key.dropFirst(prefix.count)) }
  }
}

/// A promise of ``ObjectStore`` that was not kept.
public struct ConformanceFailure: Error, CustomStringConvertible {
  public var description: String
}

func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) throws {
  if !condition { throw ConformanceFailure(description: "\(file):\(line): \(message())") }
}

func requireEqual<Value: Equatable>(
  _ left: Value, _ right: Value, file: StaticString = #fileID, line: UInt = #line
) throws {
  if left != right { throw ConformanceFailure(description: "\(file):\(line): \(left) is not \(right)") }
}

/// Runs `body`, which must fail with that code.
func requireError(
  _ code: ObjectStoreError.Code, file: StaticString = #fileID, line: UInt = #line, _ body: () async throws -> Void
) async throws {
  do {
    try await body()
  } catch let error as ObjectStoreError where error.code == code {
    if error.isRetryable {
      throw ConformanceFailure(description: "\(file):\(line): \(code) is not worth another try: \(error)")
    }
    return
  } catch {
    throw ConformanceFailure(description: "\(file):\(line): \(code) expected, not \(error)")
  }
  throw ConformanceFailure(description: "\(file):\(line): no error where \(code) was expected")
}

/// Bytes that depend on their place, so that parts which changed places or got lost are found.
public func patternedBytes(_ count: Int, seed: UInt64 = 1) -> ByteBuffer {
  var random = SplitMix64(state: seed)
  // Few calls for each MiB: debug builds are slow. Each block begins with a number of its own.
  let block = (0..<min(count, 4096)).map { _ in UInt8.random(in: 0...255, using: &random) }
  var buffer = ByteBuffer()
  buffer.reserveCapacity(count + 4096 + 8)
  while buffer.readableBytes < count {
    buffer.writeInteger(random.next())
    buffer.writeBytes(block)
  }
  return buffer.getSlice(at: 0, length: count) ?? ByteBuffer()
}
