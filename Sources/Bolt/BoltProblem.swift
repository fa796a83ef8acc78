/// One thing that is wrong with a file.
public struct BoltProblem: Sendable, Hashable, CustomStringConvertible {
  /// The kind of damage. More codes may come: keep a `default`.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private let name: String

    private init(_ name: String) { self.name = name }

    public var description: String { name }

    /// No meta page has bbolt's magic number: this is another kind of file.
    public static let notBolt = Code("notBolt")
    /// A meta page fails its checksum or holds what cannot be. Fatal where both do.
    public static let metaInvalid = Code("metaInvalid")
    /// The file is shorter than its meta page says.
    public static let truncated = Code("truncated")
    /// A reference, or a page's overflow, leads outside the database.
    public static let pageOutOfBounds = Code("pageOutOfBounds")
    /// A page is reached in two ways, or round in a circle.
    public static let pageReferencedTwice = Code("pageReferencedTwice")
    /// A page is in use and in the free list.
    public static let pageFreed = Code("pageFreed")
    /// The free list names a page twice.
    public static let pageFreedTwice = Code("pageFreedTwice")
    /// A page is neither in use nor in the free list.
    public static let pageUnreachable = Code("pageUnreachable")
    /// A page that is in use is no branch or leaf page, or says that it is another page.
    public static let pageTypeInvalid = Code("pageTypeInvalid")
    /// A page holds no element where there must be one.
    public static let pageEmpty = Code("pageEmpty")
    /// An element's key or value lies outside its page, or not where bbolt puts it.
    public static let elementInvalid = Code("elementInvalid")
    /// A key is empty or too long.
    public static let keyInvalid = Code("keyInvalid")
    /// Keys are not in order, within a page, across pages or against the parent's keys.
    public static let keyOrder = Code("keyOrder")
    /// A nested bucket's header or inline page cannot be.
    public static let bucketInvalid = Code("bucketInvalid")
    /// The free list's page cannot be one.
    public static let freelistInvalid = Code("freelistInvalid")
    /// The hash that follows an etcd snapshot's database is not that of its bytes.
    public static let hashMismatch = Code("hashMismatch")
    /// Checking would take more memory than allowed: the file is neither known to be sound nor unsound.
    public static let limitReached = Code("limitReached")
  }

  public var code: Code
  /// The page concerned.
  public var page: UInt64?
  public var message: String

  public init(_ code: Code, page: UInt64?, _ message: String) {
    self.code = code
    self.page = page
    self.message = message
  }

  public var description: String { message }
}
