public import Logging

/// How ``withUpload(to:in:options:isolation:_:)`` cuts and sends an object.
public struct UploadOptions: Sendable {
  /// Bytes of each part but the last. S3 wants at least 5 MiB. An object may have ``maximumPartCount`` parts, so 10 MiB
  /// allow 97 GiB; all parts have one size because some stores (Cloudflare R2) demand it.
  public var partSize: Int
  /// Part buffers: those being sent and the one being filled. With 1, filling and sending take turns.
  public var concurrency: Int
  /// How long dropping a failed upload may take, also after cancellation. Well below the 30 s that Kubernetes grants a
  /// pod between SIGTERM and SIGKILL.
  public var abortTimeout: Duration
  /// Gives the SHA-256 of a part, 32 bytes, by its number, where it is known when the part is full. Asked once for each.
  public var partSHA256: (@Sendable (_ number: Int) -> [UInt8]?)?
  /// Told when an upload could not be dropped.
  public var logger: Logger?

  public init(
    partSize: Int = 10 << 20, concurrency: Int = 3, abortTimeout: Duration = .seconds(10),
    partSHA256: (@Sendable (_ number: Int) -> [UInt8]?)? = nil, logger: Logger? = nil
  ) {
    self.partSize = partSize
    self.concurrency = concurrency
    self.abortTimeout = abortTimeout
    self.partSHA256 = partSHA256
    self.logger = logger
  }
}

/// What an upload stored.
public struct UploadSummary: Sendable, Hashable {
  /// In bytes.
  public var size: Int64
  /// 0 where the object went up in one request.
  public var partCount: Int

  public init(size: Int64, partCount: Int) {
    self.size = size
    self.partCount = partCount
  }
}
