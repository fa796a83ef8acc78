internal import Crypto
import Foundation
internal import ObjectStore

/// A key of a storage account. Descriptions never show it.
public struct AzureAccountKey: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  private let bytes: [UInt8]

  /// - Parameter base64: As Azure shows it; space around it does not matter.
  /// - Throws: ``ObjectStoreError/Code/configuration`` where it is no base64.
  public init(base64: String) throws {
    let text = base64.trimmingCharacters(in: .whitespacesAndNewlines)
    guard let data = Data(base64Encoded: text), !data.isEmpty else {
      throw ObjectStoreError.azureConfiguration(
        "the account key is not base64 (it has \(text.count) characters; Azure's have 88 and end in ==); "
          + "copy key1 or key2 of the storage account again")
    }
    bytes = Array(data)
  }

  /// HMAC-SHA256 in base64.
  func sign(_ text: String) -> String {
    Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: bytes))).base64EncodedString()
  }

  public var description: String { "AzureAccountKey(<redacted>)" }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
