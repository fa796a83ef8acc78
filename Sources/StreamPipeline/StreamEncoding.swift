public import Age

/// One encoding of a stored artifact, by its name in the manifest.
public enum StreamEncoding: String, Sendable, Hashable, CaseIterable {
  case zstd
  case age

  /// What it adds to a file's name, with the dot.
  public var fileSuffix: String {
    switch self {
    case .zstd: ".zst"
    case .age: ".age"
    }
  }

  /// The encodings of a manifest, in the order in which they were applied.
  ///
  /// - Throws: `unsupportedEncoding` for an unknown name and for another order than zstd, then age.
  public static func parse(_ names: [String]) throws -> [StreamEncoding] {
    let encodings = try names.map { name in
      guard let encoding = StreamEncoding(rawValue: name) else {
        throw StreamPipelineError(
          .unsupportedEncoding, "the encoding `\(name)` is not known to this version (zstd and age are)")
      }
      return encoding
    }
    try check(encodings)
    return encodings
  }

  static func check(_ encodings: [StreamEncoding]) throws {
    guard [[], [.zstd], [.age], [.zstd, .age]].contains(encodings) else {
      throw StreamPipelineError(
        .unsupportedEncoding,
        "the encodings \(encodings.map(\.rawValue)) are not zstd and age, each at most once and in this order")
    }
  }
}

public enum StreamCompression: Sendable, Hashable {
  case none
  /// Level 1 to 19; policies use ``ZstdCompressor/defaultLevel`` unless told otherwise.
  case zstd(level: Int)
}

/// `none` has to be written out, so that a forgotten list of recipients is an error and not a readable backup.
public enum StreamEncryption: Sendable, Hashable {
  case none
  case age([AgeRecipient])
}

/// How plain bytes become stored bytes.
public struct EncodeSettings: Sendable, Hashable {
  public var compression: StreamCompression
  public var encryption: StreamEncryption

  public init(compression: StreamCompression = .zstd(level: ZstdCompressor.defaultLevel), encryption: StreamEncryption)
  {
    self.compression = compression
    self.encryption = encryption
  }

  /// For the manifest, in the order in which they are applied.
  public var encodings: [StreamEncoding] {
    (compression == .none ? [] : [.zstd]) + (encryption == .none ? [] : [.age])
  }
}

/// What passed through an encoding pipeline.
public struct EncodedSummary: Sendable, Hashable {
  public var plainBytes: Int64
  /// Lower-case hex.
  public var plainSHA256: String
  public var storedBytes: Int64
  /// Lower-case hex.
  public var storedSHA256: String

  public init(plain: StreamDigest, stored: StreamDigest) {
    plainBytes = plain.bytes
    plainSHA256 = plain.sha256
    storedBytes = stored.bytes
    storedSHA256 = stored.sha256
  }
}

/// How stored bytes become plain bytes again, and what must come out.
public struct DecodeSettings: Sendable {
  /// In the order in which they were applied.
  public var encodings: [StreamEncoding]
  public var identities: [AgeIdentity]
  /// What the manifest says of the stored bytes; nil members are not checked.
  public var stored: StreamExpectation
  /// What the manifest says of the plain bytes; nil members are not checked.
  public var plain: StreamExpectation
  /// See ``ZstdDecompressor/init(maximumWindowLog:)``.
  public var maximumWindowLog: Int
  /// Backups are never armored; files of people may be.
  public var armor: AgeArmorHandling

  public init(
    encodings: [StreamEncoding], identities: [AgeIdentity] = [], stored: StreamExpectation = .init(),
    plain: StreamExpectation = .init(), maximumWindowLog: Int = ZstdDecompressor.defaultMaximumWindowLog,
    armor: AgeArmorHandling = .binary
  ) {
    self.encodings = encodings
    self.identities = identities
    self.stored = stored
    self.plain = plain
    self.maximumWindowLog = maximumWindowLog
    self.armor = armor
  }
}

public struct StreamExpectation: Sendable, Hashable {
  public var bytes: Int64?
  /// Hex.
  public var sha256: String?

  public init(bytes: Int64? = nil, sha256: String? = nil) {
    self.bytes = bytes
    self.sha256 = sha256
  }
}
