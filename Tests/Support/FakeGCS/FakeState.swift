public import Foundation
public import NIOCore
import NIOHTTP1
import StoreHTTP

/// What the fake knows, and how it behaves.
public struct FakeState: Sendable {
  public var buckets: [String: FakeBucket] = [:]
  /// The most that a page of a listing has.
  public var pageSize = 1000
  /// Of the pages of a listing, every second is empty, as Google's may be.
  public var hasEmptyPages = false
  /// How many of a chunk's bytes are kept, of so many that are new; Google keeps multiples of 256 KiB.
  public var keeps: @Sendable (Int) -> Int = { $0 }
  /// Corrupts what uploads end with, as a server would whose disk is broken.
  public var storesOtherBytes = false
  /// Keys of KMS that cannot be used.
  public var disabledKeys: Set<String> = []
  /// Open uploads, by id.
  public internal(set) var uploads: [String: FakeUpload] = [:]

  /// Whether requests need a token.
  public var requiresToken = false
  /// What an account may do; one that is not listed may do everything.
  public var permissions: [String: Set<String>] = [:]
  var tokens: [String: FakeToken] = [:]
  var keys: [String: FakeServiceAccount] = [:]
  /// How long a token lasts, in seconds.
  public var tokenLifetime = 3600
  /// The tokens of another provider that are taken, with the subject of each; nil where the provider is unknown.
  public var subjects: [String: String] = [:]
  /// Of the workload identity pool.
  public var audience = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/cluster"
  /// Who may act as an account.
  public var impersonators: [String: Set<String>] = [:]
  public var refreshTokens: Set<String> = []
  /// The account of the machine, nil where it has none.
  public var machineAccount: String?

  public let endpoint: String
  let now: @Sendable () -> Date
  var nextGeneration: Int64
  var nextID = 1

  init(endpoint: String, now: @escaping @Sendable () -> Date) {
    self.endpoint = endpoint
    self.now = now
    nextGeneration = Int64(now().timeIntervalSince1970 * 1e6)
  }

  mutating func makeID(_ prefix: String) -> String {
    defer { nextID += 1 }
    return "\(prefix)-\(nextID)-\(String(UInt64.random(in: .min ... .max), radix: 36))"
  }

  mutating func answer(_ request: FakeRequest) -> FakeAnswer {
    let path = request.path
    switch path.first {
    case "token", "computeMetadata", "subject-token", "v1": return token(request)
    case "upload" where path.count == 6 && path[3] == "b" && path[5] == "o": return upload(request, bucket: path[4])
    case "download" where path.starts(with: ["download", "storage", "v1", "b"]):
      return storage(request, Array(path.dropFirst(3)))
    case "storage" where path.starts(with: ["storage", "v1", "b"]): return storage(request, Array(path.dropFirst(2)))
    default: return FakeAnswer(404, body: ByteBuffer(string: "Not Found"))
    }
  }

  static func isoDate(_ date: Date) -> String {
    date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  static func httpDate(_ date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return formatter.string(from: date)
  }
}

public struct FakeBucket: Sendable {
  public var objects: [String: FakeObject] = [:]
  public var isRequesterPays = false
  /// Whether objects may have a retention of their own.
  public var hasObjectRetention = true
  /// Keeps every object for so long, in seconds.
  public var retentionPeriod: TimeInterval?

  public init(isRequesterPays: Bool = false, hasObjectRetention: Bool = true, retentionPeriod: TimeInterval? = nil) {
    self.isRequesterPays = isRequesterPays
    self.hasObjectRetention = hasObjectRetention
    self.retentionPeriod = retentionPeriod
  }
}

public struct FakeObject: Sendable {
  public var body: ByteBuffer
  public var generation: Int64
  public var created: Date
  public var contentType = "application/octet-stream"
  public var contentEncoding: String?
  public var storageClass = "STANDARD"
  public var kmsKeyName: String?
  public var retentionMode: String?
  public var retainUntil: Date?
  public var isHeldTemporarily = false
  public var isHeldForEvent = false

  var crc32c: String { CRC32C(body).base64 }
}

public struct FakeUpload: Sendable {
  var bucket: String
  var name: String
  var metadata: FakeMetadata
  var query: [String: String]
  var declaredSize: Int?
  public var received = ByteBuffer()
  var created: FakeObject?
  var isCancelled = false
}

/// What a writer says about an object.
struct FakeMetadata: Sendable {
  var name: String?
  var contentType: String?
  var contentEncoding: String?
  var crc32c: String?
  var md5Hash: String?
  var storageClass: String?
  var retentionMode: String?
  var retainUntil: Date?
  var isHeldTemporarily = false
  var isHeldForEvent = false

  init(_ json: [String: Any]) {
    func text(_ key: String) -> String? { json[key] as? String }
    name = text("name")
    contentType = text("contentType")
    contentEncoding = text("contentEncoding")
    crc32c = text("crc32c")
    md5Hash = text("md5Hash")
    storageClass = text("storageClass")
    if let retention = json["retention"] as? [String: Any] {
      retentionMode = retention["mode"] as? String ?? ""
      retainUntil = (retention["retainUntilTime"] as? String).flatMap(HeaderValues.isoDate)
    }
    isHeldTemporarily = json["temporaryHold"] as? Bool ?? false
    isHeldForEvent = json["eventBasedHold"] as? Bool ?? false
  }
}
