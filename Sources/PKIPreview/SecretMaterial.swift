internal import CertManagerSource
internal import Crypto
internal import CryptoExtras
internal import Foundation
public import KubernetesModel
internal import SwiftASN1
internal import X509

/// What of a Secret decides about the Certificate that is written into it. The private key itself is not kept.
public struct SecretMaterial: Sendable {
  enum Key: Sendable {
    case missing
    /// Why it cannot be read; nothing of the key.
    case invalid(String)
    case valid(KeyFacts)
  }

  enum Chain: Sendable {
    case missing
    case invalid(String)
    /// The leaf first; never empty.
    case valid([Certificate])
  }

  var key: Key
  var chain: Chain
  /// Of `ca.crt`; empty where it is missing or cannot be read.
  var authority: [Certificate]
  /// Those of `cert-manager.io` alone.
  var annotations: [String: String]

  /// - Parameter secret: As the API gives it, `data` in base64. Nothing in it is trusted.
  public init(secret: JSONValue) {
    annotations = secret.annotations.filter { $0.key.hasPrefix("cert-manager.io/") }
    key = Self.key(of: secret)
    let isMissing = (secret[path: "data", "tls.crt"]?.stringValue ?? "").isEmpty
    do {
      let certificates = try ChainCheck.certificates("tls.crt", of: secret)
      chain = certificates.isEmpty ? .missing : .valid(certificates)
    } catch {
      chain = isMissing ? .missing : .invalid("\(error)")
    }
    authority = (try? ChainCheck.certificates("ca.crt", of: secret)) ?? []
  }

  private static func key(of secret: JSONValue) -> Key {
    guard let text = secret[path: "data", "tls.key"]?.stringValue, !text.isEmpty else { return .missing }
    guard let data = Data(base64Encoded: text) else { return .invalid("tls.key is not base64") }
    do {
      // cert-manager takes the first document, whatever follows it.
      guard let document = try PEMDocument.parseMultiple(pemString: String(decoding: data, as: UTF8.self)).first else {
        return .invalid("tls.key holds no PEM document")
      }
      return .valid(KeyFacts(try Certificate.PrivateKey(pemDocument: document).publicKey))
    } catch {
      // The error may quote what it could not read.
      return .invalid("tls.key holds no private key that can be read")
    }
  }

  var certificates: [Certificate] {
    if case .valid(let certificates) = chain { certificates } else { [] }
  }
}

/// What a private key is, told by its public one.
struct KeyFacts: Sendable, Hashable {
  enum Algorithm: String, Sendable, Hashable {
    case rsa = "RSA"
    case ecdsa = "ECDSA"
    case ed25519 = "Ed25519"
  }

  var publicKey: Certificate.PublicKey
  /// nil for one that cert-manager does not make.
  var algorithm: Algorithm?
  /// Bits of the modulus, or of the curve.
  var size: Int

  init(_ publicKey: Certificate.PublicKey) {
    self.publicKey = publicKey
    if let rsa = _RSA.Signing.PublicKey(publicKey) {
      (algorithm, size) = (.rsa, rsa.keySizeInBits)
    } else if P256.Signing.PublicKey(publicKey) != nil {
      (algorithm, size) = (.ecdsa, 256)
    } else if P384.Signing.PublicKey(publicKey) != nil {
      (algorithm, size) = (.ecdsa, 384)
    } else if P521.Signing.PublicKey(publicKey) != nil {
      (algorithm, size) = (.ecdsa, 521)
    } else if Curve25519.Signing.PublicKey(publicKey) != nil {
      (algorithm, size) = (.ed25519, 256)
    } else {
      (algorithm, size) = (nil, 0)
    }
  }
}
