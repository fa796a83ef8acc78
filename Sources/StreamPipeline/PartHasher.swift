internal import CSHA256
internal import Synchronization

/// The SHA-256 of each part of a stored stream, known when the part's last byte has been hashed.
///
/// A store that signs each part needs it, and hashing the stream and its parts together costs hardly more than hashing
/// the stream alone. Give it to ``withEncodedStream(_:partDigests:from:body:)``, and ask for a part only after all of its
/// bytes came out.
public final class PartDigests: Sendable {
  /// In bytes; the last part is what is left.
  public let partSize: Int
  private let digests = Mutex<[Int: [UInt8]]>([:])

  /// nil where it would save nothing: the processor lacks the instructions, or the parts do not begin at whole blocks.
  public init?(partSize: Int) {
    guard partSize > 0, partSize % PartHasher.blockByteCount == 0, holdfast_sha256_pair_available() else { return nil }
    self.partSize = partSize
  }

  /// Gives a part's digest, once.
  /// - Parameter number: From 1.
  /// - Returns: 32 bytes; nil where the part is not complete.
  public func take(_ number: Int) -> [UInt8]? {
    digests.withLock { $0.removeValue(forKey: number) }
  }

  fileprivate func add(_ number: Int, _ digest: [UInt8]) {
    digests.withLock { $0[number] = digest }
  }
}

/// Hashes a stream and, beside it, each of its parts. FIPS 180-4; both see the same blocks, since parts begin at one.
struct PartHasher {
  static let blockByteCount = 64

  private typealias State = [UInt32]
  private static let initial: State = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]

  private let digests: PartDigests
  private var whole = initial
  private var part = initial
  private var partNumber = 1
  private var partByteCount = 0
  private(set) var byteCount: Int64 = 0
  /// Bytes of a block that is not whole yet.
  private var tail: [UInt8] = []

  init(_ digests: PartDigests) {
    self.digests = digests
    tail.reserveCapacity(2 * Self.blockByteCount)
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while rest.count > 0 {
      let count = min(rest.count, digests.partSize - partByteCount)
      absorb(UnsafeRawBufferPointer(rebasing: rest[..<count]))
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      partByteCount += count
      byteCount += Int64(count)
      if partByteCount == digests.partSize { endPart() }
    }
  }

  /// Ends the last part. No bytes may follow.
  mutating func finish() -> [UInt8] {
    if partByteCount > 0 { endPart() }
    return Self.digest(whole, tail: tail, byteCount: byteCount)
  }

  private mutating func endPart() {
    digests.add(partNumber, Self.digest(part, tail: tail, byteCount: Int64(partByteCount)))
    part = Self.initial
    partNumber += 1
    partByteCount = 0
  }

  private mutating func absorb(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    if !tail.isEmpty {
      let count = min(rest.count, Self.blockByteCount - tail.count)
      tail.append(contentsOf: rest[..<count])
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      guard tail.count == Self.blockByteCount else { return }
      tail.withUnsafeBytes { Self.work($0, into: &whole, and: &part) }
      tail.removeAll(keepingCapacity: true)
    }
    let count = rest.count - rest.count % Self.blockByteCount
    Self.work(UnsafeRawBufferPointer(rebasing: rest[..<count]), into: &whole, and: &part)
    tail.append(contentsOf: rest[count...])
  }

  private static func work(_ blocks: UnsafeRawBufferPointer, into first: inout State, and second: inout State) {
    guard let base = blocks.baseAddress, blocks.count > 0 else { return }
    first.withUnsafeMutableBufferPointer { first in
      second.withUnsafeMutableBufferPointer { second in
        holdfast_sha256_pair(first.baseAddress, second.baseAddress, base, blocks.count / blockByteCount)
      }
    }
  }

  /// Pads (FIPS 180-4, 5.1.1) a copy of the state.
  private static func digest(_ state: State, tail: [UInt8], byteCount: Int64) -> [UInt8] {
    var state = state
    var unused = state
    var last = tail + [0x80]
    let zeros = (2 * blockByteCount - 8 - last.count) % blockByteCount
    last += [UInt8](repeating: 0, count: zeros)
    withUnsafeBytes(of: UInt64(byteCount * 8).bigEndian) { last.append(contentsOf: $0) }
    last.withUnsafeBytes { work($0, into: &state, and: &unused) }
    return state.flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
  }
}
