/// age X25519 recipients: Bech32 (BIP 173) with the prefix `age` and 32 bytes (https://age-encryption.org/v1).
enum AgeRecipient {
  private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

  /// What is wrong with a recipient, fit to follow a field's name, or nil. Never repeats the text: it may be a private
  /// key that was pasted by mistake.
  static func problem(_ text: String) -> String? {
    if text.uppercased().hasPrefix("AGE-SECRET-KEY-") || text.uppercased().hasPrefix("AGE-PLUGIN-") {
      return "holds a private key, which must never be in a policy; treat it as disclosed, make a new one with "
        + "age-keygen, and put its public key (age1…) here"
    }
    if text.hasPrefix("ssh-") { return "is an SSH key, which is not supported; use an X25519 recipient (age1…)" }
    if text.hasPrefix("age1pq1") {
      return "is a hybrid post-quantum recipient, which this version does not support; use an X25519 recipient (age1…)"
    }
    guard text.hasPrefix("age1") else { return "is not an age recipient; it starts with age1, as age-keygen -y prints" }
    let data = text.utf8.dropFirst(4)
    guard !data.contains(0x31) else {
      return "is a recipient of an age plugin, which is not supported; use an X25519 recipient (age1…)"
    }
    guard data.count == 58 else {
      return "is \(text.utf8.count) characters long, but an age X25519 recipient has 62; copy the whole line"
    }
    var values: [UInt8] = []
    for (index, byte) in data.enumerated() {
      guard let value = alphabet.firstIndex(of: byte) else {
        return "has a character at position \(index + 5) that no age recipient contains"
      }
      values.append(UInt8(value))
    }
    // Fifty-two characters carry 260 bits for 256: the last four must be zero.
    guard checksum(of: values) == 1, values[51] & 0x0F == 0 else {
      return "has a wrong checksum: a character is missing, changed or swapped; copy the whole line again"
    }
    return nil
  }

  /// BIP 173's polynomial over the expanded prefix `age` and the data; 1 for a valid string.
  private static func checksum(of values: [UInt8]) -> UInt32 {
    let generator: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
    let prefix = "age".utf8
    let expanded = prefix.map { $0 >> 5 } + [0] + prefix.map { $0 & 31 }
    var result: UInt32 = 1
    for value in expanded + values {
      let top = result >> 25
      result = (result & 0x1ff_ffff) << 5 ^ UInt32(value)
      for bit in 0..<5 where top >> UInt32(bit) & 1 == 1 { result ^= generator[bit] }
    }
    return result
  }
}
