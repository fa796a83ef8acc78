import Foundation

/// `SHA256SUMS.sealed`: the digests of the archive, encrypted under the seal of the cluster that wrote it. A cluster takes
/// a snapshot without force only where its own seal opens this file.
///
/// The file is a protobuf message `BlobInfo` whose field 5 is a `KeyInfo` with the key's id in field 3.
/// https://github.com/openbao/go-kms-wrapping (types.proto)
enum SealedSums {
  /// - Parameter bytes: nil where the archive has no such file.
  static func facts(_ bytes: [UInt8]?) -> [String: String] {
    guard let bytes else { return ["sealedSums": "false"] }
    var facts = ["sealedSums": "true"]
    // With unseal keys there is no key id; what is not such a message tells nothing.
    if let info = field(5, of: bytes[...]), let id = field(3, of: info), !id.isEmpty,
      let text = String(validating: id, as: UTF8.self), text.allSatisfy({ $0.isASCII && !$0.isWhitespace })
    {
      facts["sealKeyID"] = String(text.prefix(200))
    }
    return facts
  }

  /// The first length-delimited field of that number. https://protobuf.dev/programming-guides/encoding/
  private static func field(_ number: UInt64, of message: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = message
    while let tag = varint(&rest) {
      switch tag & 7 {
      case 0: guard varint(&rest) != nil else { return nil }
      case 1: rest = rest.dropFirst(8)
      case 5: rest = rest.dropFirst(4)
      case 2:
        guard let length = varint(&rest), length <= UInt64(rest.count) else { return nil }
        if tag >> 3 == number { return rest.prefix(Int(length)) }
        rest = rest.dropFirst(Int(length))
      default: return nil
      }
    }
    return nil
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }
}
