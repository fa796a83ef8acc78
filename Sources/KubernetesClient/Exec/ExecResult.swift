public import NIOCore

/// How a command in a pod ended. That it ended at all is known from the server's status, never guessed.
public struct ExecResult: Sendable, Hashable {
  /// 0 to 255; 128 + n where the signal n ended it.
  public var exitCode: Int32
  /// What the command wrote to its standard error, cut in the middle where it is long.
  public var stderr: BoundedOutput
  /// Bytes that `stdout` was given.
  public var stdoutBytes: Int64

  public init(exitCode: Int32, stderr: BoundedOutput = BoundedOutput(limit: 0), stdoutBytes: Int64 = 0) {
    self.exitCode = exitCode
    self.stderr = stderr
    self.stdoutBytes = stdoutBytes
  }
}

/// The first and the last bytes of an output of any length.
public struct BoundedOutput: Sendable, Hashable {
  private let limit: Int
  private var head: [UInt8] = []
  private var tail: [UInt8] = []

  /// Bytes in all.
  public private(set) var byteCount: Int64 = 0

  /// - Parameter limit: Bytes that are kept of the start, and as many of the end.
  public init(limit: Int) { self.limit = limit }

  /// The text with what was left out said in its middle. Control characters but line feeds and tabs are escaped.
  public var text: String {
    let omitted = byteCount - Int64(head.count) - Int64(tail.count)
    guard omitted > 0 else { return Self.readable(head + tail) }
    return "\(Self.readable(head)) … (\(omitted) bytes left out) … \(Self.readable(tail))"
  }

  public mutating func append(_ bytes: ByteBuffer) { append(bytes.readableBytesView) }

  mutating func append(_ bytes: some Collection<UInt8>) {
    byteCount += Int64(bytes.count)
    let room = bytes.prefix(limit - head.count)
    head += room
    let rest = bytes.dropFirst(room.count)
    if rest.count >= limit {
      tail = Array(rest.suffix(limit))
    } else {
      tail += rest
      if tail.count > limit { tail.removeFirst(tail.count - limit) }
    }
  }

  private static func readable(_ bytes: [UInt8]) -> String {
    var text = ""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      let isHidden =
        [.control, .format].contains(scalar.properties.generalCategory) && scalar != "\n" && scalar != "\t"
      text += isHidden ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
    return text
  }
}
