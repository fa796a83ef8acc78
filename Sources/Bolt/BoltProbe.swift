/// A question about a database's content that is answered while it is checked.
///
/// A stream cannot be sought in, so that what is to be known has to be asked before its bytes pass. At most 64 probes
/// for one check; more are not answered.
public struct BoltProbe: Sendable, Hashable {
  public enum Step: Sendable, Hashable {
    case name([UInt8])
    case any
  }

  public enum Question: Sendable, Hashable {
    /// The value of the key at the path, at most ``BoltProbe/maximumValueSize`` bytes. The path ends in a name.
    case value
    /// How many keys and buckets there are at the path; with `equals`, only keys with that value.
    case count(equals: [UInt8]?)
    /// The last key in the bucket at the path, at most 64 bytes of it. The path ends in a name.
    case lastKey
    /// Values of keys at the path, at most ``BoltProbe/maximumSampleSize`` bytes each. Where there are more than `limit` it is
    /// not said which, and where the file holds many more keys of that name elsewhere, there may be none.
    case samples(limit: Int)
  }

  public static let maximumValueSize = 1024
  public static let maximumSampleSize = 8192

  /// From the root: names of buckets, and at the end of a key or bucket.
  public var path: [Step]
  public var question: Question

  public init(_ path: [Step], _ question: Question) {
    self.path = path
    self.question = question
  }

  /// The value of a key, for example `.value("meta", "snapshotId")`.
  public static func value(_ path: String...) -> BoltProbe {
    BoltProbe(path.map { .name(Array($0.utf8)) }, .value)
  }

  /// How many keys and buckets a bucket holds.
  public static func entries(_ path: String...) -> BoltProbe {
    BoltProbe(path.map { .name(Array($0.utf8)) } + [.any], .count(equals: nil))
  }

  /// In a path of ``count(_:equals:)``: any name.
  public static let anyName = "*"

  /// How many keys or buckets match a path in which ``anyName`` matches every name.
  public static func count(_ path: String..., equals value: [UInt8]? = nil) -> BoltProbe {
    BoltProbe(path.map { $0 == anyName ? .any : .name(Array($0.utf8)) }, .count(equals: value))
  }

  /// Some values of the keys that match a path in which ``anyName`` matches every name.
  public static func samples(_ path: String..., limit: Int = 16) -> BoltProbe {
    BoltProbe(path.map { $0 == anyName ? .any : .name(Array($0.utf8)) }, .samples(limit: limit))
  }

  public static func lastKey(_ path: String...) -> BoltProbe {
    BoltProbe(path.map { .name(Array($0.utf8)) }, .lastKey)
  }
}

public enum BoltAnswer: Sendable, Hashable {
  case bytes([UInt8])
  case count(Int)
  case samples([[UInt8]])
}
