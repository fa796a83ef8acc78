/// The fields of a header block and their places: POSIX.1-2017, pax, "ustar Interchange Format", and GNU tar's `tar.h`.
enum TarBlock {
  static let size = 512
  /// What tar programs write at once; archives are padded to it.
  static let recordSize = 20 * size

  static let name = 0..<100
  static let mode = 100..<108
  static let userID = 108..<116
  static let groupID = 116..<124
  static let contentSize = 124..<136
  static let modified = 136..<148
  static let checksum = 148..<156
  static let typeFlag = 156
  static let linkName = 157..<257
  static let magic = 257..<265
  static let userName = 265..<297
  static let groupName = 297..<329
  static let deviceMajor = 329..<337
  static let deviceMinor = 337..<345
  static let prefix = 345..<500

  static let posixMagic: [UInt8] = Array("ustar\u{0}00".utf8)
  static let gnuMagic: [UInt8] = Array("ustar  \u{0}".utf8)

  /// Of GNU's old sparse format: four segments, a flag that more follow, the real size.
  static let sparseSegments = 386..<482
  static let sparseHasMore = 482
  static let sparseRealSize = 483..<495
  /// Of a block that continues the map: 21 segments and the flag.
  static let sparseMoreSegments = 0..<504
  static let sparseMoreHasMore = 504

  /// Zero bytes from `size` to the next block.
  static func padding(after size: Int64) -> Int { Int((512 - size % 512) % 512) }

  /// The sum of all bytes, the checksum's own taken as spaces. Some old programs summed signed bytes.
  static func checksums(of block: [UInt8]) -> (unsigned: Int64, signed: Int64) {
    var (unsigned, signed): (Int64, Int64) = (0, 0)
    for (index, byte) in block.enumerated() {
      let value = checksum.contains(index) ? UInt8(ascii: " ") : byte
      unsigned += Int64(value)
      signed += Int64(Int8(bitPattern: value))
    }
    return (unsigned, signed)
  }
}
