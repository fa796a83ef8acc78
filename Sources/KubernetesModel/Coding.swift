public import Foundation

extension JSONEncoder {
  /// Writes what the Kubernetes API reads: RFC 3339 times, sorted keys (equal values give equal bytes).
  public static var kubernetes: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}

extension JSONDecoder {
  /// Reads what the Kubernetes API writes.
  public static var kubernetes: JSONDecoder { JSONDecoder() }
}
