internal import Crypto
internal import Foundation
public import NIOCore
public import SnapshotSource

/// Checks the bytes of a Raft snapshot of OpenBao or Vault as they pass, in constant memory.
///
/// Such a snapshot is a gzip'd tar with `meta.json`, `state.bin`, `SHA256SUMS` and, where a seal can sign it,
/// `SHA256SUMS.sealed` (github.com/hashicorp/raft-snapshot, archive.go). The gzip trailer, the end mark of the tar and the
/// digests must all hold: a body that ends too early, however cleanly, never passes.
///
/// Not for concurrent use.
public struct SnapshotArchiveVerifier {
  private static let keptLimit: Int64 = 1 << 20
  private static let entryLimit = 64
  private static let sums = "SHA256SUMS"
  private static let sealedSums = "SHA256SUMS.sealed"
  private static let required = ["meta.json", "state.bin"]

  private let operation: String
  private let inflater: GzipInflater
  private var tar = TarReader()
  private var entry: (name: String, hash: SHA256)?
  private var digests: [String: String] = [:]
  private var kept: [String: [UInt8]] = [:]

  /// - Parameter operation: For errors, for example `GET /v1/sys/storage/raft/snapshot`.
  public init(operation: String = "check of the snapshot archive") throws {
    self.operation = operation
    self.inflater = try Self.translating(operation) { try GzipInflater() }
  }

  /// - Throws: ``SnapshotSourceError`` with code `corrupt`.
  public mutating func update(_ bytes: ByteBuffer) throws {
    try Self.translating(operation) {
      try bytes.withUnsafeReadableBytes { input in
        try inflater.inflate(input) { piece in try readTar(piece) }
      }
    }
  }

  /// To be called at the end of the bytes; they are a good snapshot only if this returns.
  ///
  /// - Returns: `raftIndex`, `raftTerm` and `raftPeers`, where `meta.json` has them; `sealedSums`, whether the archive carries
  ///   the proof that a restore without force asks for, and `sealKeyID`, where it names the key of an automatic seal.
  /// - Throws: ``SnapshotSourceError`` with code `truncated` or `corrupt`.
  public mutating func finish() throws -> SnapshotFacts {
    try Self.translating(operation) {
      try inflater.finish()
      try tar.finish()
      let unlisted = try compareDigests()
      return SnapshotFacts(
        Self.facts(kept["meta.json"] ?? []).merging(SealedSums.facts(kept[Self.sealedSums])) { mine, _ in mine },
        warnings: unlisted.map { "the archive holds \($0), which its SHA256SUMS does not list" })
    }
  }

  private mutating func readTar(_ piece: UnsafeRawBufferPointer) throws {
    // The reader is moved out and back, so that its callback may change the rest of this value.
    var reader = tar
    tar = TarReader()
    defer { tar = reader }
    try reader.read(piece) { event in
      switch event {
      case .begin(let entry): try begin(entry)
      case .content(let bytes): add(bytes)
      case .end: end()
      }
    }
  }

  private mutating func begin(_ header: TarReader.Entry) throws {
    guard digests[header.name] == nil else { throw ArchiveFault.corrupt("the archive holds \(header.name) twice") }
    guard digests.count < Self.entryLimit else { throw ArchiveFault.corrupt("the archive holds too many files") }
    if [Self.sums, Self.sealedSums, "meta.json"].contains(header.name) {
      guard header.size <= Self.keptLimit else {
        throw ArchiveFault.corrupt("\(header.name) in the archive has \(header.size) bytes")
      }
      kept[header.name] = []
    }
    entry = (header.name, SHA256())
  }

  private mutating func add(_ bytes: UnsafeRawBufferPointer) {
    entry?.hash.update(bufferPointer: bytes)
    if let name = entry?.name { kept[name]?.append(contentsOf: bytes) }
  }

  private mutating func end() {
    if let entry { digests[entry.name] = Self.hex(entry.hash.finalize()) }
    entry = nil
  }

  /// - Returns: Files that are not listed.
  private func compareDigests() throws -> [String] {
    guard let text = kept[Self.sums] else { throw ArchiveFault.corrupt("the archive has no \(Self.sums)") }
    let listed = try Self.parseSums(text)
    for name in Self.required where listed[name] == nil {
      throw ArchiveFault.corrupt("\(Self.sums) does not list \(name)")
    }
    for (name, digest) in listed.sorted(by: { $0.key < $1.key }) {
      guard let found = digests[name] else { throw ArchiveFault.corrupt("the archive has no \(name)") }
      guard found == digest else {
        throw ArchiveFault.corrupt("the SHA-256 of \(name) is \(found), and \(Self.sums) says \(digest)")
      }
    }
    return digests.keys.filter { ![Self.sums, Self.sealedSums].contains($0) && listed[$0] == nil }.sorted()
  }

  /// Lines of `<hex>  <name>`, as sha256sum writes them.
  private static func parseSums(_ text: [UInt8]) throws -> [String: String] {
    var listed: [String: String] = [:]
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, parts[0].utf8.count == 64 else {
        throw ArchiveFault.corrupt("\(sums) in the archive is not well formed")
      }
      listed[parts[1].trimmingCharacters(in: .whitespaces)] = parts[0].lowercased()
    }
    return listed
  }

  private struct Meta: Decodable {
    struct Configuration: Decodable {
      struct Server: Decodable {
        var id: String?
        enum CodingKeys: String, CodingKey { case id = "ID" }
      }
      var servers: [Server]?
      enum CodingKeys: String, CodingKey { case servers = "Servers" }
    }
    var index: UInt64?
    var term: UInt64?
    var configuration: Configuration?
    enum CodingKeys: String, CodingKey {
      case index = "Index"
      case term = "Term"
      case configuration = "Configuration"
    }
  }

  private static func facts(_ meta: [UInt8]) -> [String: String] {
    // A meta.json of another shape is covered by its digest; it only tells us nothing.
    guard let meta = try? JSONDecoder().decode(Meta.self, from: Data(meta)) else { return [:] }
    var facts: [String: String] = [:]
    facts["raftIndex"] = meta.index.map(String.init)
    facts["raftTerm"] = meta.term.map(String.init)
    let peers = meta.configuration?.servers?.compactMap(\.id) ?? []
    if !peers.isEmpty { facts["raftPeers"] = peers.sorted().joined(separator: ",") }
    return facts
  }

  private static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func translating<Value>(_ operation: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let fault as ArchiveFault {
      switch fault {
      case .truncated(let detail):
        throw SnapshotSourceError(
          .truncated, operation: operation, message: "the snapshot is not complete: \(detail)", cause: fault)
      case .corrupt(let detail):
        throw SnapshotSourceError(
          .corrupt, operation: operation, message: "the snapshot failed its own checks: \(detail)", cause: fault)
      }
    }
  }
}
