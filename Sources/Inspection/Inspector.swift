public import Age
public import NIOCore
internal import StreamPipeline

/// Says what a file is and whether it is sound, through layers of age and zstd.
///
/// It needs no key but the identities it is given, no network and no home. Memory is bounded for any file: a few MiB, and for
/// databases what `BoltStreamChecker` takes. Any bytes end in a report; only a file that cannot be read is an error.
public struct Inspector: Sendable {
  /// Layers within layers: nobody stores more than two.
  private static let maximumLayers = 8

  private let identities: [AgeIdentity]

  public init(identities: [AgeIdentity] = []) { self.identities = identities }

  /// - Throws: ``InputError``, or `CancellationError`.
  public func inspect(_ input: FileInput) async throws -> InspectionReport {
    var report = InspectionReport()
    do {
      try await examine(input, file: input.regularFile, into: &report)
    } catch let error as AgeError {
      take(error, &report)
    } catch let error as StreamPipelineError {
      if error.code == .windowTooLarge {
        report.giveUp(error.message)
      } else {
        report.fail(.init(code: "\(error.code)", message: error.message, member: "zstd"))
      }
    }
    report.size = input.byteCount
    return report
  }

  /// The same for bytes that come from elsewhere, which are read to their end. What is around them (age, zstd) may be opened
  /// already.
  /// - Throws: What the sequence throws.
  public func inspect<Source: AsyncSequence & Sendable>(
    stream: Source
  ) async throws -> InspectionReport where Source.Element == ByteBuffer {
    var report = InspectionReport()
    try await examine(stream, file: nil, into: &report)
    return report
  }

  /// - Parameter file: The path of a plain file, which can be read again.
  private func examine<Source: AsyncSequence & Sendable>(
    _ source: Source, file: String?, into report: inout InspectionReport
  ) async throws where Source.Element == ByteBuffer {
    let head = try await Head(source)
    let format = ArtifactFormat.detect(head.bytes)
    switch format {
    case .age:
      report.kind = .age
      guard !identities.isEmpty else {
        report.giveUp("it is encrypted with age; give the identity that opens it")
        return try await head.drain()
      }
      try await open("age", DecodeSettings(encodings: [.age], identities: identities, armor: .detect), head, &report)
    case .zstd:
      report.kind = .zstd
      let settings = DecodeSettings(
        encodings: [.zstd], identities: [], maximumWindowLog: ZstdDecompressor.highestMaximumWindowLog)
      try await open("zstd", settings, head, &report)
    case .bbolt:
      try await run(BoltArtifactCheck(path: file), .bbolt, head, &report)
    case .raftArchive: try await run(RaftArtifactCheck(), .raftArchive, head, &report)
    case .resourceSet: try await run(ResourceSetArtifactCheck(), .resourceSet, head, &report)
    case .tar: try await run(TarArtifactCheck(), .tar, head, &report)
    case .json: try await run(ManifestArtifactCheck(), .manifest, head, &report)
    case .gzip, .empty, .unknown:
      report.kind = format == .gzip ? .gzip : .unknown
      report.giveUp(Self.reason(format))
      try await head.drain()
    }
  }

  private static func reason(_ format: ArtifactFormat) -> String {
    switch format {
    case .empty: "there are no bytes"
    case .gzip: "this is gzip data, but no Raft snapshot of OpenBao or Vault"
    default: "this is none of the formats that are known"
    }
  }

  private func open<Source: AsyncSequence & Sendable>(
    _ layer: String, _ settings: DecodeSettings, _ head: Head<Source>, _ report: inout InspectionReport
  ) async throws where Source.Element == ByteBuffer {
    guard report.layers.count < Self.maximumLayers else {
      report.giveUp("there are more than \(Self.maximumLayers) layers")
      return try await head.drain()
    }
    report.layers.append(layer)
    _ = try await withDecodedStream(settings, of: head) { stream in
      try await examine(stream, file: nil, into: &report)
    }
  }

  private func run<Check: ArtifactCheck, Source: AsyncSequence & Sendable>(
    _ check: Check, _ kind: InspectionReport.Kind, _ head: Head<Source>, _ report: inout InspectionReport
  ) async throws where Source.Element == ByteBuffer {
    var check = check
    report.kind = kind
    var size: Int64 = 0
    var wantsMore = true
    for try await bytes in head {
      size += Int64(bytes.readableBytes)
      // What is left is read all the same: only then are the layers around it known to be whole.
      if wantsMore { wantsMore = check.consume(bytes, &report) }
    }
    if !report.layers.isEmpty { report.plainSize = size }
    check.finish(&report)
  }

  private func take(_ error: AgeError, _ report: inout InspectionReport) {
    switch error.code {
    case .noIdentityMatched, .unsupportedIdentity, .unsupportedRecipient, .workFactorTooHigh, .identityInvalid:
      report.giveUp(error.message)
    default:
      report.fail(.init(code: "\(error.code)", message: error.message, member: "age"))
    }
  }
}

/// A stream whose beginning has been looked at.
struct Head<Source: AsyncSequence & Sendable>: AsyncSequence, Sendable where Source.Element == ByteBuffer {
  typealias Element = ByteBuffer

  /// At least as much as is needed to tell the format, or all there is.
  let bytes: ByteBuffer
  /// Goes on behind ``bytes``: an iterator of a source begins where the last one stopped.
  private let rest: Source

  init(_ source: Source) async throws {
    var bytes = ByteBuffer()
    var iterator = source.makeAsyncIterator()
    while bytes.readableBytes < ArtifactFormat.headSize, let next = try await iterator.next() {
      bytes.writeImmutableBuffer(next)
    }
    self.bytes = bytes
    rest = source
  }

  func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(head: bytes.readableBytes > 0 ? bytes : nil, rest: rest.makeAsyncIterator())
  }

  struct AsyncIterator: AsyncIteratorProtocol {
    var head: ByteBuffer?
    var rest: Source.AsyncIterator

    mutating func next() async throws -> ByteBuffer? {
      if let head {
        self.head = nil
        return head
      }
      return try await rest.next()
    }
  }

  /// Reads the rest to nowhere: a layer around it ends in an error if nobody reads its content.
  func drain() async throws {
    for try await _ in rest {}
  }
}
