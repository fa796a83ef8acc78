import Crypto
import CZlib
import Foundation
import NIOCore

/// Builds archives as OpenBao writes them, and ones that it would not.
struct RaftArchive {
  struct File {
    var name: String
    var content: [UInt8]
  }

  static let meta = """
    {"Version":1,"ID":"bolt-snapshot","Index":42,"Term":3,"Peers":"","Configuration":{"Servers":[\
    {"Suffrage":0,"ID":"node-b","Address":"b:8201"},{"Suffrage":0,"ID":"node-a","Address":"a:8201"}]},"Size":9}
    """

  var files: [File]
  var endBlocks = 2
  var trailer: [UInt8] = []

  /// - Parameter stateSize: Bytes that do not compress.
  init(stateSize: Int = 3_000, seed: UInt64 = 1) {
    var generator = SeededGenerator(seed: seed)
    let state = (0..<stateSize).map { _ in UInt8.random(in: 0...255, using: &generator) }
    files = [File(name: "meta.json", content: Array(Self.meta.utf8)), File(name: "state.bin", content: state)]
    files.append(File(name: "SHA256SUMS", content: Self.sums(files)))
    files.append(File(name: "SHA256SUMS.sealed", content: [1, 2, 3]))
  }

  static func sums(_ files: [File]) -> [UInt8] {
    Array(files.map { "\(hex(SHA256.hash(data: $0.content)))  \($0.name)\n" }.joined().utf8)
  }

  func with(_ change: (inout RaftArchive) -> Void) -> RaftArchive {
    var copy = self
    change(&copy)
    return copy
  }

  var tar: [UInt8] {
    var bytes: [UInt8] = []
    for file in files {
      bytes += Self.header(file.name, size: file.content.count)
      bytes += file.content
      bytes += [UInt8](repeating: 0, count: (512 - file.content.count % 512) % 512)
    }
    return bytes + [UInt8](repeating: 0, count: 512 * endBlocks) + trailer
  }

  var gzip: [UInt8] { Self.gzip(tar) }

  static func header(_ name: String, size: Int, type: UInt8 = 0x30, sizeField: [UInt8]? = nil) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ bytes: [UInt8], at offset: Int) { block.replaceSubrange(offset..<(offset + bytes.count), with: bytes) }
    func octal(_ value: Int, digits: Int) -> [UInt8] {
      let text = String(value, radix: 8)
      return Array((String(repeating: "0", count: digits - text.count) + text).utf8) + [0]
    }
    put(Array(name.utf8), at: 0)
    put(octal(0o600, digits: 7), at: 100)
    put(sizeField ?? octal(size, digits: 11), at: 124)
    block[156] = type
    put(Array("ustar".utf8) + [0, 0x30, 0x30], at: 257)
    put([UInt8](repeating: 0x20, count: 8), at: 148)
    let sum = block.reduce(0) { $0 + Int($1) }
    put(octal(sum, digits: 6) + [0x20], at: 148)
    return block
  }

  static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    guard
      deflateInit2_(
        &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        == Z_OK
    else { return [] }
    defer { deflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 64)
    var input = bytes
    let capacity = output.count
    let left = input.withUnsafeMutableBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(source.count)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(capacity)
        _ = deflate(&stream, Z_FINISH)
        return Int(stream.avail_out)
      }
    }
    return Array(output.prefix(capacity - left))
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
