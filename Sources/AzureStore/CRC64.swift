import Foundation
import NIOCore

/// The CRC-64 of `x-ms-content-crc64`: reflected polynomial 0x9A6C9329AC4BC9B5, all ones before and after, as
/// CRC-64/NVME. By sixteen bytes a step from tables: 2 GB/s of one core, where MD5 makes 0.75.
/// https://reveng.sourceforge.io/crc-catalogue/17plus.htm#crc.cat.crc-64-nvme
enum CRC64 {
  /// 16 tables of 256: entry `t * 256 + b` is the CRC of byte `b` followed by `t` zeros.
  private static let tables: [UInt64] = {
    var tables = [UInt64](repeating: 0, count: 16 * 256)
    for byte in 0..<256 {
      var value = UInt64(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0x9a6c_9329_ac4b_c9b5 : value >> 1 }
      tables[byte] = value
    }
    for table in 1..<16 {
      for byte in 0..<256 {
        let previous = tables[(table - 1) * 256 + byte]
        tables[table * 256 + byte] = (previous >> 8) ^ tables[Int(previous & 255)]
      }
    }
    return tables
  }()

  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    tables.withUnsafeBufferPointer { tables in
      guard let table = tables.baseAddress else { return 0 }
      var crc = ~UInt64(0)
      var offset = 0
      while offset &+ 16 <= bytes.count {
        let low = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ crc
        let high = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self))
        crc =
          table[15 &* 256 &+ Int(low & 255)] ^ table[14 &* 256 &+ Int((low >> 8) & 255)]
          ^ table[13 &* 256 &+ Int((low >> 16) & 255)] ^ table[12 &* 256 &+ Int((low >> 24) & 255)]
        crc ^=
          table[11 &* 256 &+ Int((low >> 32) & 255)] ^ table[10 &* 256 &+ Int((low >> 40) & 255)]
          ^ table[9 &* 256 &+ Int((low >> 48) & 255)] ^ table[8 &* 256 &+ Int(low >> 56)]
        crc ^=
          table[7 &* 256 &+ Int(high & 255)] ^ table[6 &* 256 &+ Int((high >> 8) & 255)]
          ^ table[5 &* 256 &+ Int((high >> 16) & 255)] ^ table[4 &* 256 &+ Int((high >> 24) & 255)]
        crc ^=
          table[3 &* 256 &+ Int((high >> 32) & 255)] ^ table[2 &* 256 &+ Int((high >> 40) & 255)]
          ^ table[256 &+ Int((high >> 48) & 255)] ^ table[Int(high >> 56)]
        offset &+= 16
      }
      while offset < bytes.count {
        crc = (crc >> 8) ^ table[Int((crc ^ UInt64(bytes[offset])) & 255)]
        offset &+= 1
      }
      return ~crc
    }
  }

  /// As the header has it: eight bytes, the lowest first, in base64.
  static func header(_ body: ByteBuffer) -> String {
    let value = body.withUnsafeReadableBytes { checksum($0) }
    return withUnsafeBytes(of: value.littleEndian) { Data($0) }.base64EncodedString()
  }
}
