import CCRC32C
import NIOCore
import StoreHTTP
import Testing

@Suite struct CRC32CTests {
  /// RFC 3720, appendix B.4, and the check value that catalogues of CRCs give.
  @Test func publishedValuesComeOut() {
    #expect(CRC32C(ByteBuffer(repeating: 0, count: 32)).value == 0x8a91_36aa)
    #expect(CRC32C(ByteBuffer(repeating: 0xff, count: 32)).value == 0x62a8_ab43)
    #expect(CRC32C(ByteBuffer(bytes: 0..<32)).value == 0x46dd_794e)
    #expect(CRC32C(ByteBuffer(bytes: (0..<32).reversed())).value == 0x113f_db5c)
    #expect(CRC32C(ByteBuffer(string: "123456789")).value == 0xe306_9283)
    #expect(CRC32C().value == 0)
    #expect(CRC32C(ByteBuffer()).value == 0)
  }

  private func bytes(_ count: Int) -> [UInt8] {
    var state: UInt64 = 1
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
  }

  /// Around the lengths at which the three streams begin and end, from aligned and other addresses.
  @Test func instructionAndTablesAgree() {
    let all = bytes(3 * 4096 * 2 + 3 * 256 + 100)
    let lengths = [
      0, 1, 7, 8, 9, 255, 767, 768, 769, 775, 3 * 4096 - 1, 3 * 4096, 3 * 4096 + 1, 3 * 4096 + 768, 24_576,
    ]
    all.withUnsafeBytes { all in
      for length in lengths + [all.count - 3] {
        for offset in 0..<3 {
          let part = UnsafeRawBufferPointer(rebasing: all[offset..<offset + length])
          let fast = holdfast_crc32c(17, part.baseAddress, part.count)
          #expect(fast == holdfast_crc32c_portable(17, part.baseAddress, part.count), "\(length) from \(offset)")
        }
      }
    }
  }

  @Test func piecesGiveWhatTheWholeGives() {
    let all = bytes(50_000)
    let whole = CRC32C(ByteBuffer(bytes: all))
    for piece in [1, 13, 1000, 12_289] {
      var crc = CRC32C()
      for start in stride(from: 0, to: all.count, by: piece) {
        crc.update(ByteBuffer(bytes: all[start..<min(start + piece, all.count)]))
      }
      #expect(crc == whole)
    }
  }

  @Test func base64IsBigEndian() {
    let crc = CRC32C(ByteBuffer(string: "123456789"))
    #expect(crc.base64 == "4waSgw==")
    #expect(CRC32C.value(base64: "4waSgw==") == 0xe306_9283)
    #expect(CRC32C.value(base64: "4waS") == nil)
    #expect(CRC32C.value(base64: "nonsense!") == nil)
  }
}
