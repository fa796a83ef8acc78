/// Bech32 (BIP 173) as age uses it: no limit on the length, otherwise strict.
enum Bech32 {
  enum Failure: Error {
    case mixedCase, separatorMissing, invalidCharacter, tooShort, checksum, padding
  }

  private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
    return table
  }()

  /// The human-readable part, in the case it was written, and the bytes.
  static func decode(_ text: String) throws(Failure) -> (prefix: String, bytes: [UInt8]) {
    let characters = Array(text.utf8)
    guard characters.allSatisfy({ (33...126).contains($0) }) else { throw .invalidCharacter }
    let hasUpper = characters.contains { (65...90).contains($0) }
    let hasLower = characters.contains { (97...122).contains($0) }
    guard !(hasUpper && hasLower) else { throw .mixedCase }
    guard let separator = characters.lastIndex(of: UInt8(ascii: "1")), separator > 0 else { throw .separatorMissing }
    let prefix = characters[..<separator]
    var symbols: [UInt8] = []
    for character in characters[(separator + 1)...] {
      let value = values[Int(lowercased(character))]
      guard value != 0xFF else { throw .invalidCharacter }
      symbols.append(value)
    }
    guard symbols.count >= 6 else { throw .tooShort }
    guard checksum(expand(prefix) + symbols) == 1 else { throw .checksum }
    return (String(decoding: prefix, as: UTF8.self), try regroupToBytes(symbols.dropLast(6)))
  }

  /// `prefix` decides the case: all upper or all lower.
  static func encode(prefix: String, bytes: some Sequence<UInt8>) -> String {
    let prefixBytes = Array(prefix.utf8)
    var symbols = regroupToSymbols(bytes)
    let residue = checksum(expand(prefixBytes[...]) + symbols + [UInt8](repeating: 0, count: 6)) ^ 1
    for position in 0..<6 {
      symbols.append(UInt8((residue >> UInt32(5 * (5 - position))) & 31))
    }
    let text = prefix.lowercased() + "1" + String(decoding: symbols.map { alphabet[Int($0)] }, as: UTF8.self)
    return prefix == prefix.lowercased() ? text : text.uppercased()
  }

  private static func lowercased(_ character: UInt8) -> UInt8 {
    (65...90).contains(character) ? character + 32 : character
  }

  private static func expand(_ prefix: ArraySlice<UInt8>) -> [UInt8] {
    let lower = prefix.map(lowercased)
    return lower.map { $0 >> 5 } + [0] + lower.map { $0 & 31 }
  }

  private static func checksum(_ symbols: [UInt8]) -> UInt32 {
    let generators: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
    var state: UInt32 = 1
    for symbol in symbols {
      let top = state >> 25
      state = (state & 0x1ff_ffff) << 5 ^ UInt32(symbol)
      for (bit, generator) in generators.enumerated() where (top >> UInt32(bit)) & 1 == 1 {
        state ^= generator
      }
    }
    return state
  }

  private static func regroupToBytes(_ symbols: ArraySlice<UInt8>) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var accumulator: UInt32 = 0
    var bits: UInt32 = 0
    for symbol in symbols {
      accumulator = (accumulator << 5 | UInt32(symbol)) & 0xfff
      bits += 5
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: accumulator >> bits))
      }
    }
    // A whole symbol of padding, or padding that is not zero, would give one key two spellings.
    guard bits < 5, accumulator & ((1 << bits) - 1) == 0 else { throw .padding }
    return bytes
  }

  private static func regroupToSymbols(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var symbols: [UInt8] = []
    var accumulator: UInt32 = 0
    var bits: UInt32 = 0
    for byte in bytes {
      accumulator = (accumulator << 8 | UInt32(byte)) & 0xfff
      bits += 8
      while bits >= 5 {
        bits -= 5
        symbols.append(UInt8((accumulator >> bits) & 31))
      }
    }
    if bits > 0 { symbols.append(UInt8((accumulator << (5 - bits)) & 31)) }
    return symbols
  }
}
