/// What an inspection found. The names of the JSON form are stable.
public struct InspectionReport: Sendable, Hashable {
  /// What a file is. More may come.
  public enum Kind: String, Sendable, Hashable, Codable {
    /// A bbolt database of something that is not known.
    case bbolt
    /// The database of an OpenZiti controller.
    case openZitiDatabase
    /// An etcd v3 snapshot, with its hash.
    case etcdSnapshot
    /// An etcd member's database as it lies on disk, or a snapshot that lost its hash.
    case etcdDatabase
    /// A Raft snapshot of OpenBao or Vault.
    case raftArchive
    /// API objects as a tar file of YAML.
    case resourceSet
    case tar
    /// The `manifest.json` of a backup.
    case manifest
    /// Encrypted, and not opened.
    case age
    case zstd
    case gzip
    case unknown
  }

  public struct Problem: Sendable, Hashable, Codable {
    /// A short fixed word, for programs.
    public var code: String
    public var message: String
    /// Of a database.
    public var page: UInt64?
    /// Of an archive, or the layer that is damaged.
    public var member: String?

    public init(code: String, message: String, page: UInt64? = nil, member: String? = nil) {
      self.code = code
      self.message = message
      self.page = page
      self.member = member
    }
  }

  public var kind: Kind
  /// What had to be opened, from the outside in: `age`, `zstd`.
  public var layers: [String] = []
  /// Bytes of the file.
  public var size: Int64 = 0
  /// Bytes within the layers; nil where there are none, or they were not opened.
  public var plainSize: Int64?
  /// Nil where it cannot be told; then ``reason`` says why.
  public var sound: Bool?
  /// Why it cannot be told.
  public var reason: String?
  public var facts: [String: String] = [:]
  /// Empty of a sound file; else at least one of an unsound one.
  public var problems: [Problem] = []
  /// All of them; ``problems`` holds the first ones.
  public var problemCount = 0
  /// What a person should know, though the file is sound.
  public var warnings: [String] = []

  public init(kind: Kind = .unknown) { self.kind = kind }

  mutating func fail(_ problem: Problem) {
    problems.append(problem)
    problemCount += 1
    sound = false
    reason = nil
  }

  mutating func giveUp(_ reason: String) {
    guard sound != false else { return }
    sound = nil
    self.reason = reason
  }
}

extension InspectionReport: Encodable {
  private enum Key: String, CodingKey {
    case kind, layers, size, plainSize, sound, reason, facts, problems, problemCount, warnings
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(kind, forKey: .kind)
    try container.encode(layers, forKey: .layers)
    try container.encode(size, forKey: .size)
    try container.encodeIfPresent(plainSize, forKey: .plainSize)
    // Always there, as null where it cannot be told.
    try container.encode(sound, forKey: .sound)
    try container.encodeIfPresent(reason, forKey: .reason)
    try container.encode(facts, forKey: .facts)
    try container.encode(problems, forKey: .problems)
    try container.encode(problemCount, forKey: .problemCount)
    try container.encode(warnings, forKey: .warnings)
  }
}
