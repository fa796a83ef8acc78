internal import Bolt
internal import NIOCore
internal import ResourceSet

/// What a file begins with.
enum ArtifactFormat {
  case age, zstd
  case bbolt, raftArchive, resourceSet, tar, json
  case gzip
  case empty
  case unknown

  /// The bytes that ``detect(_:)`` wants; fewer where the file is shorter.
  static let headSize = BoltStreamChecker.headSize

  private static let ageBinary = Array("age-encryption.org/".utf8)
  private static let ageArmor = Array("-----BEGIN AGE ENCRYPTED FILE-----".utf8)
  private static let zstdMagic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
  private static let gzipMagic: [UInt8] = [0x1F, 0x8B]

  static func detect(_ head: ByteBuffer) -> ArtifactFormat {
    let bytes = head.readableBytesView
    guard !bytes.isEmpty else { return .empty }
    let text = bytes.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    if bytes.starts(with: ageBinary) || text.starts(with: ageArmor) { return .age }
    if bytes.starts(with: zstdMagic) || isSkippableFrame(bytes) { return .zstd }
    if bytes.starts(with: gzipMagic) { return isRaftArchive(head) ? .raftArchive : .gzip }
    if BoltStreamChecker.recognizes(head: head) { return .bbolt }
    if isTar(Array(bytes.prefix(512))) { return isResourceSet(bytes) ? .resourceSet : .tar }
    if text.first == UInt8(ascii: "{") { return .json }
    return .unknown
  }

  /// RFC 8878, 3.1.2: a zstd stream may begin with frames that hold no data.
  private static func isSkippableFrame(_ bytes: ByteBufferView) -> Bool {
    let start = Array(bytes.prefix(4))
    return start.count == 4 && start[0] & 0xF0 == 0x50 && Array(start[1...]) == [0x2A, 0x4D, 0x18]
  }

  /// A gzip'd tar whose first member is one of those of a Raft snapshot.
  private static func isRaftArchive(_ head: ByteBuffer) -> Bool {
    let block = GzipHead.inflate(head, limit: 512)
    guard isTar(block) else { return false }
    let name = String(decoding: block.prefix(100).prefix { $0 != 0 }, as: UTF8.self)
    return ["meta.json", "state.bin", "SHA256SUMS", "SHA256SUMS.sealed"].contains(name)
  }

  /// Its first member names the format.
  private static func isResourceSet(_ bytes: ByteBufferView) -> Bool {
    let start = String(decoding: bytes.prefix(8 << 10), as: UTF8.self)
    return start.hasPrefix(ResourceSetFormat.header) && start.contains(ResourceSetFormat.identifier)
  }

  /// By the checksum of the first header, which the oldest tars have too (POSIX.1-2017, pax, "ustar Interchange Format").
  private static func isTar(_ block: [UInt8]) -> Bool {
    guard block.count == 512, block[0] != 0 else { return false }
    let digits = block[148..<156].drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
    guard !digits.isEmpty else { return false }
    let expected = digits.reduce(0) { $0 * 8 + Int($1 - 0x30) }
    let sum = block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 0x20 : Int($1.element)) }
    return sum == expected
  }
}
