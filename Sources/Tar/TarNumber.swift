/// Numbers of header blocks and pax records.
enum TarNumber {
  /// Reads octal digits between spaces and NULs, or GNU's base-256 (first bit set, big-endian, two's complement).
  /// - Returns: nil where it is no number, or one that 64 bits do not hold.
  static func decode(_ field: ArraySlice<UInt8>) -> Int64? {
    guard let first = field.first else { return nil }
    if first & 0x80 != 0 { return decodeBinary(field) }
    var digits = field.drop { $0 == UInt8(ascii: " ") || $0 == 0 }
    while let last = digits.last, last == UInt8(ascii: " ") || last == 0 { digits = digits.dropLast() }
    var value: Int64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit), value <= Int64.max >> 3 else { return nil }
      value = value << 3 | Int64(digit - UInt8(ascii: "0"))
    }
    return value
  }

  private static func decodeBinary(_ field: ArraySlice<UInt8>) -> Int64? {
    // 0x80 stands for a positive number, 0xff for a negative one; the rest of the first byte is part of it.
    let isNegative = field.first.map { $0 & 0x40 != 0 } ?? false
    var bytes = Array(field)
    bytes[0] = isNegative ? bytes[0] : bytes[0] & 0x7f
    let fill: UInt8 = isNegative ? 0xff : 0
    let (high, low) = (bytes.dropLast(8), bytes.suffix(8))
    guard high.allSatisfy({ $0 == fill }) else { return nil }
    let value = Int64(bitPattern: low.reduce(UInt64(fill == 0 ? 0 : UInt64.max)) { $0 << 8 | UInt64($1) })
    return (value < 0) == isNegative ? value : nil
  }

  /// Octal digits and a NUL where they fit, else base-256.
  static func encode(_ value: Int64, width: Int) -> [UInt8] {
    if value >= 0, value < 1 << (3 * (width - 1)) {
      let digits = String(value, radix: 8)
      return Array(String(repeating: "0", count: width - 1 - digits.utf8.count).utf8) + Array(digits.utf8) + [0]
    }
    var bytes = (0..<width).map { index in
      let shift = 8 * (width - 1 - index)
      return shift < 64 ? UInt8(truncatingIfNeeded: value >> Int64(shift)) : (value < 0 ? 0xff : 0)
    }
    bytes[0] |= 0x80
    return bytes
  }

  /// Whether ``encode(_:width:)`` needs no more than octal digits.
  static func fitsOctal(_ value: Int64, width: Int) -> Bool { value >= 0 && value < 1 << (3 * (width - 1)) }

  /// A whole decimal number; no sign but `-`, no spaces.
  static func decimal(_ text: some Collection<UInt8>) -> Int64? {
    guard !text.isEmpty, text.count <= 20, text.first != UInt8(ascii: "+") else { return nil }
    return Int64(String(decoding: text, as: UTF8.self))
  }

  /// Seconds with a fraction, as pax writes times; digits after the ninth are dropped.
  static func time(_ text: [UInt8]) -> TarEntry.Time? {
    guard text.count <= 64 else { return nil }
    let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let seconds = decimal(first) else { return nil }
    guard parts.count == 2 else { return TarEntry.Time(seconds: seconds) }
    guard parts[1].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    let padded = Array(parts[1].prefix(9)) + Array(repeating: UInt8(ascii: "0"), count: max(0, 9 - parts[1].count))
    guard let fraction = Int32(String(decoding: padded, as: UTF8.self)) else { return nil }
    guard first.first == UInt8(ascii: "-"), fraction > 0 else {
      return TarEntry.Time(seconds: seconds, nanoseconds: fraction)
    }
    // -1.25 is 2 seconds before the epoch and 0.75 after that.
    guard seconds > Int64.min else { return nil }
    return TarEntry.Time(seconds: seconds - 1, nanoseconds: 1_000_000_000 - fraction)
  }

  static func text(_ time: TarEntry.Time) -> String {
    guard time.nanoseconds > 0 else { return String(time.seconds) }
    let isNegative = time.seconds < 0
    let fraction = isNegative ? 1_000_000_000 - time.nanoseconds : time.nanoseconds
    let seconds = isNegative ? -(time.seconds + 1) : time.seconds
    var digits = String(fraction)
    digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(isNegative ? "-" : "")\(seconds).\(digits)"
  }
}
