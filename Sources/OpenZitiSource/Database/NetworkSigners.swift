import SwiftASN1
import X509

/// Who signed certificates that a controller's database holds.
enum NetworkSigners {
  /// - Parameter values: As the storage writes them: PEM, maybe with a chain behind the certificate.
  /// - Returns: The authority key identifiers (RFC 5280, 4.2.1.1) in hexadecimal, each once, sorted. What cannot be read, or
  ///   has no such identifier, is left out.
  static func keyIDs(_ values: [[UInt8]]) -> [String] {
    var found: Set<String> = []
    for value in values {
      guard let text = TypedValue(value)?.text, let document = try? PEMDocument.parseMultiple(pemString: text).first,
        let certificate = try? Certificate(pemDocument: document),
        let identifier = try? certificate.extensions.authorityKeyIdentifier?.keyIdentifier
      else { continue }
      found.insert(identifier.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined())
    }
    return found.sorted()
  }
}
