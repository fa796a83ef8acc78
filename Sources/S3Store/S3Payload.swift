import Crypto
import Foundation
import NIOCore
import StoreHTTP
import Synchronization

/// A request's body and its hashes, each computed once, when it is first asked for.
final class S3Payload: Sendable {
  private struct Digests {
    var sha256: [UInt8]?
    var md5: [UInt8]?
    var crc32c: CRC32C?
  }

  let bytes: ByteBuffer
  private let digests: Mutex<Digests>

  /// - Parameter sha256: Of the bytes, where it is known.
  init(_ bytes: ByteBuffer, sha256: [UInt8]? = nil) {
    self.bytes = bytes
    digests = Mutex(Digests(sha256: sha256))
  }

  var sha256Hex: String { SigV4.hex(sha256) }
  var sha256Base64: String { Data(sha256).base64EncodedString() }
  var md5Hex: String { SigV4.hex(md5) }
  var md5Base64: String { Data(md5).base64EncodedString() }

  var crc32cBase64: String {
    digests.withLock { digests in
      let crc = digests.crc32c ?? CRC32C(bytes)
      digests.crc32c = crc
      return crc.base64
    }
  }

  private var sha256: [UInt8] {
    digests.withLock { digests in
      let hash = digests.sha256 ?? bytes.withUnsafeReadableBytes { Array(SHA256.hash(data: $0)) }
      digests.sha256 = hash
      return hash
    }
  }

  private var md5: [UInt8] {
    digests.withLock { digests in
      let hash = digests.md5 ?? bytes.withUnsafeReadableBytes { Array(Insecure.MD5.hash(data: $0)) }
      digests.md5 = hash
      return hash
    }
  }
}
