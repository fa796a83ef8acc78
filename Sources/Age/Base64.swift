/// Base64 (RFC 4648 section 4) that accepts canonical spellings only, since age rejects all others.
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
    return table
  }()

  /// The unpadded text of `bytes`, as the header wants it.
  static func encodeUnpadded(_ bytes: some Collection<UInt8>) -> String {
    let source = Array(bytes)
    let text = [UInt8](unsafeUninitializedCapacity: (source.count + 2) / 3 * 4) { target, count in
      count = source.withUnsafeBytes { encode($0, into: UnsafeMutableRawBufferPointer(target), padded: false) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of unpadded `text`, or nil where it is not canonical.
  static func decodeUnpadded(_ text: some Collection<UInt8>) -> [UInt8]? {
    let source = Array(text)
    var valid = false
    let bytes = [UInt8](unsafeUninitializedCapacity: source.count / 4 * 3 + 3) { target, count in
      let decoded = source.withUnsafeBytes { decode($0, into: UnsafeMutableRawBufferPointer(target), padded: false) }
      valid = decoded != nil
      count = decoded ?? 0
    }
    return valid ? bytes : nil
  }

  /// Writes the text of `source` and returns its length. `target` has room for 4 bytes for each started group of 3.
  static func encode(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, padded: Bool
  ) -> Int {
    alphabet.withUnsafeBufferPointer { alphabet in
      var read = 0
      var written = 0
      func put(_ symbol: UInt32) {
        target[written] = alphabet[Int(symbol & 63)]
        written += 1
      }
      while read + 3 <= source.count {
        let group = UInt32(source[read]) << 16 | UInt32(source[read + 1]) << 8 | UInt32(source[read + 2])
        put(group >> 18)
        put(group >> 12)
        put(group >> 6)
        put(group)
        read += 3
      }
      let rest = source.count - read
      guard rest > 0 else { return written }
      let group = UInt32(source[read]) << 16 | (rest == 2 ? UInt32(source[read + 1]) << 8 : 0)
      put(group >> 18)
      put(group >> 12)
      if rest == 2 { put(group >> 6) }
      for _ in 0..<(padded ? 3 - rest : 0) {
        target[written] = UInt8(ascii: "=")
        written += 1
      }
      return written
    }
  }

  /// Writes the bytes of `source` and returns how many, or nil where it is not canonical.
  static func decode(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, padded: Bool
  ) -> Int? {
    var length = source.count
    if padded {
      guard length.isMultiple(of: 4) else { return nil }
      for _ in 0..<2 where length > 0 && source[length - 1] == UInt8(ascii: "=") { length -= 1 }
    }
    guard length % 4 != 1 else { return nil }
    return values.withUnsafeBufferPointer { values in
      var read = 0
      var written = 0
      while read < length {
        let symbols = min(4, length - read)
        var group: UInt32 = 0
        for offset in 0..<symbols {
          let value = values[Int(source[read + offset])]
          guard value != 0xFF else { return nil }
          group |= UInt32(value) << UInt32(18 - 6 * offset)
        }
        // Bits of the last symbol that belong to no byte must be zero.
        guard symbols == 4 || group & (symbols == 2 ? 0xffff : 0xff) == 0 else { return nil }
        for offset in 0..<(symbols - 1) {
          target[written] = UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * offset))
          written += 1
        }
        read += symbols
      }
      return written
    }
  }
}
